"""The method that aligns each part and models each position of it."""
