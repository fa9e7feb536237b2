"""How work leaves the thread of the window."""
