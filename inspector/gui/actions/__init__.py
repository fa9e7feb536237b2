"""The actions of the window, and why an action is not available."""
