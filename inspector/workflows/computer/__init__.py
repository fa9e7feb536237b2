"""What this computer offers: memory, libraries, weights, methods and histories."""
