"""The command line, which needs neither a display nor torch before a command asks for it."""

from inspector.cli.commands import main

__all__ = ["main"]
