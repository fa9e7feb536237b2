"""Limits computed from scores of good photos, and the error rates that they promise."""
