"""The use cases, without a window: the command line and the window both call these."""
