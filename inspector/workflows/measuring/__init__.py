"""Measuring a method on labelled photos, and the demo."""
