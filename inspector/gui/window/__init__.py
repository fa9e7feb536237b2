"""The frame of the window: header, navigation, messages, menus, workers and closing."""
