"""The command line. Works with no display; no Qt and no torch is imported before a command needs it."""

from inspector.cli.commands import main

__all__ = ["main"]
