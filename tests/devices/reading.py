"""How a test reads a source whose frames come when they come."""

import time


def next_frame(source):
    """Return the next frame; fail if none comes."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if (frame := source.read(1.0)) is not None:
            return frame
    raise AssertionError("no frame came")


def read_on(source):
    """Read until the source raises, or ten seconds are over."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        source.read(0.3)
