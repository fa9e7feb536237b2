"""What can be chosen before training: methods and devices. Imports no torch."""

from __future__ import annotations

from inspector.engine.detector import METHODS


def methods() -> list[tuple[str, str, str]]:
    """Return (name, title, one line that says when to take it) of every method, the default first."""
    return [(name, method.title, method.summary) for name, method in METHODS.items()]
