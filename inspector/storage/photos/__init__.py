"""From photo files to arrays and back, and the photos that a path stands for."""
