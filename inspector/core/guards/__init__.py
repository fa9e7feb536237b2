"""Checks that a photo is fit to be judged."""
