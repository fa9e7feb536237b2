"""Frames from outside: cameras, video files and watched folders, opened by their address."""
