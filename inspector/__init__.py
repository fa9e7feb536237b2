"""Inspector: train a defect detector on photos of good parts only, and use it on the line."""

__version__ = "0.1.0"
