"""Measurements of this computer that predict the time and memory of a training."""
