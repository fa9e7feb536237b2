"""Icons, styles and fonts, wherever the program was installed."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFontDatabase

from inspector.storage.shipped_files import resource

FONT_FAMILY = "Inter"
FONT_FILES = ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf")


@cache
def text(name: str) -> str:
    """Return the text of a file in resources/."""
    return resource(name).read_text(encoding="utf-8")


def load_fonts() -> None:
    """Make the program's own typeface known to Qt, so that numbers line up the same on every system."""
    for name in FONT_FILES:
        QFontDatabase.addApplicationFont(str(resource(f"fonts/{name}")))
