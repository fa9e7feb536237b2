"""A photo as an array: size, rotation, bit depth, measures and fingerprint."""
