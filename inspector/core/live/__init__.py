"""Frames, arrivals and figures of a running line."""
