"""Values and rules of inspection without Qt, torch or files."""
