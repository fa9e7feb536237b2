"""Panels on which the user sets the limits and sees what they promise."""
