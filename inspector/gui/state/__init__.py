"""The state that the window shows."""
