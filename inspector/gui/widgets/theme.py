"""Colours, type and style sheet, light and dark."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from inspector.core.values import Verdict
from inspector.gui.widgets import resources

CHOICES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Colours:
    """One set of colours; every text colour has a contrast of 4.5:1 or more on `window` and `surface`."""

    window: str
    surface: str
    sunken: str
    border: str
    strong_border: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    ok: str
    ok_soft: str
    ng: str
    ng_soft: str
    unsure: str
    unsure_soft: str
    refused: str
    refused_soft: str
    unreadable: str
    unreadable_soft: str
    canvas: str

    def of(self, verdict: Verdict) -> QColor:
        """Return the colour of a verdict."""
        return QColor(getattr(self, verdict.value.lower()))

    def soft_of(self, verdict: Verdict) -> QColor:
        """Return the background colour of a verdict."""
        return QColor(getattr(self, f"{verdict.value.lower()}_soft"))


LIGHT = Colours(
    window="#f3f4f6",
    surface="#ffffff",
    sunken="#eceef1",
    border="#dfe2e7",
    strong_border="#c3c9d2",
    text="#15181d",
    muted="#57606d",
    faint="#8c95a3",
    accent="#2258d3",
    accent_hover="#1a48b4",
    accent_soft="#e5ecfb",
    on_accent="#ffffff",
    ok="#0a7657",
    ok_soft="#e1f2ec",
    ng="#c42f17",
    ng_soft="#fbe8e3",
    unsure="#6a3fb5",
    unsure_soft="#efe8fa",
    refused="#8f5d00",
    refused_soft="#faf0da",
    unreadable="#57606d",
    unreadable_soft="#eceef1",
    canvas="#e2e5e9",
)
DARK = Colours(
    window="#14161a",
    surface="#1c1f25",
    sunken="#101216",
    border="#2b3038",
    strong_border="#454c58",
    text="#e9ebee",
    muted="#a0a9b6",
    faint="#6e7886",
    accent="#7aa2ff",
    accent_hover="#96b6ff",
    accent_soft="#202c48",
    on_accent="#0b1226",
    ok="#43c99e",
    ok_soft="#15302a",
    ng="#ff8165",
    ng_soft="#3b1f19",
    unsure="#bd9bff",
    unsure_soft="#2a2140",
    refused="#efb94f",
    refused_soft="#352b15",
    unreadable="#a0a9b6",
    unreadable_soft="#272b32",
    canvas="#0b0c0f",
)

# One type scale, in pixels at 100 %; Qt multiplies by the screen's scale.
SMALL, BODY, HEADING, TITLE, DISPLAY = 12, 13, 15, 20, 30

DRESSED = "inspector_dressed"

_current = LIGHT


def colours() -> Colours:
    """Return the colours in use."""
    return _current


def font(size_px: int = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the program's typeface; digits have equal widths, so that changing numbers do not dance."""
    made = QFont(resources.FONT_FAMILY)
    made.setPixelSize(size_px)
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


class Theme(QObject):
    """Dresses the application, and again whenever the system or the user changes between light and dark.

    Colours are there at once. `dress` sets the style sheet after all widgets are made. Otherwise each widget is styled
    again whenever its parent changes, which took half the time of making the window.

    Parameters
    ----------
    app : QApplication
        The application or widget to dress.
    choice : {"system", "light", "dark"}
        The choice of the user.
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice if choice in CHOICES else "system"
        if not app.property(DRESSED):
            # Once only: a second setStyle deletes the style under widgets that still use it.
            app.setProperty(DRESSED, True)
            resources.load_fonts()
            app.setStyle("Fusion")
            app.setFont(font())
        self._colour()
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> str:
        """The choice of the user, one of `CHOICES`."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Follow the system, or not."""
        if choice not in CHOICES:
            raise ValueError(f"no such theme: {choice}")
        if choice != self._choice:
            self._choice = choice
            self.apply()

    @property
    def dark(self) -> bool:
        """Whether the dark colours are in use."""
        if self._choice == "system":
            return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._choice == "dark"

    def apply(self) -> None:
        """Dress the application anew, and say so."""
        self._colour()
        self.dress()
        self.changed.emit()

    def dress(self) -> None:
        """Style all widgets that there are and will be."""
        self._app.setStyleSheet(style_sheet(_current))

    def _colour(self) -> None:
        global _current
        _current = DARK if self.dark else LIGHT
        self._app.setPalette(_palette(_current))

    @Slot()
    def _on_system_changed(self) -> None:
        if self._choice == "system":
            self.apply()


def style_sheet(used: Colours) -> str:
    """Return the style sheet with its colours filled in."""
    sizes = {"small": SMALL, "body": BODY, "heading": HEADING, "title": TITLE, "display": DISPLAY}
    # Plain arrows come as files; everything else in the sheet is colours and measures.
    shade = "dark" if used is DARK else "light"
    files = {"icons": resources.resource("icons").as_posix(), "shade": shade}
    return Template(resources.text("styles/inspector.qss")).substitute(asdict(used), **sizes, **files)


def _palette(used: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    table = {
        role.Window: used.window,
        role.WindowText: used.text,
        role.Base: used.surface,
        role.AlternateBase: used.sunken,
        role.Text: used.text,
        role.Button: used.surface,
        role.ButtonText: used.text,
        role.ToolTipBase: used.text,
        role.ToolTipText: used.window,
        role.PlaceholderText: used.faint,
        role.Highlight: used.accent,
        role.HighlightedText: used.on_accent,
        role.Link: used.accent,
        role.Mid: used.border,
    }
    for which, colour in table.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(used.faint))
    return palette
