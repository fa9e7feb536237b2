"""Panels on which the user sets the limits and sees their promise."""
