"""Typeface, styles and texts of PDF reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from inspector.core.values import Verdict
from inspector.storage.reports.content.words import visible
from inspector.storage.shipped_files import resource

rl_config.useA85 = 0  # binary photos: as text they would take a quarter more

REGULAR, BOLD = "Inter", "Inter-SemiBold"

INK, SOFT, LINE, WASH = HexColor("#1c2430"), HexColor("#5b6675"), HexColor("#d9dee5"), HexColor("#f5f7f9")
AXIS, GROUND, BAR = HexColor("#8a94a3"), HexColor("#e3e6ea"), HexColor("#8fa3b8")
COLOURS: dict[Verdict, Color] = {
    Verdict.OK: HexColor("#1d6f47"),
    Verdict.UNSURE: HexColor("#5d3a9b"),
    Verdict.NG: HexColor("#b3261e"),
    Verdict.REFUSED: HexColor("#8a5a00"),
    Verdict.UNREADABLE: HexColor("#56606d"),
}


@dataclass(frozen=True, slots=True)
class Styles:
    """The paragraph styles."""

    title: ParagraphStyle
    heading: ParagraphStyle
    part: ParagraphStyle
    body: ParagraphStyle
    soft: ParagraphStyle
    right: ParagraphStyle
    cell: ParagraphStyle
    cell_right: ParagraphStyle
    head: ParagraphStyle
    head_right: ParagraphStyle


@cache
def styles() -> Styles:
    """Return the paragraph styles; the first call loads the typeface."""
    pdfmetrics.registerFont(TTFont(REGULAR, str(resource("fonts/Inter-Regular.ttf"))))
    pdfmetrics.registerFont(TTFont(BOLD, str(resource("fonts/Inter-SemiBold.ttf"))))
    return Styles(
        title=_style("title", 19, 24, BOLD),
        heading=_style("heading", 12.5, 16, BOLD, spaceBefore=16, spaceAfter=6),
        part=_style("part", 10.5, 13.5, BOLD),
        body=_style("body", 9.5, 13.5, spaceAfter=3),
        soft=_style("soft", 8.5, 11.5, colour=SOFT, spaceAfter=3),
        right=_style("right", 9.5, 13.5, alignment=TA_RIGHT),
        cell=_style("cell", 8, 10.5),
        cell_right=_style("cell_right", 8, 10.5, alignment=TA_RIGHT),
        head=_style("head", 8, 10.5, BOLD, SOFT),
        head_right=_style("head_right", 8, 10.5, BOLD, SOFT, alignment=TA_RIGHT),
    )


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Return a text as a paragraph; nothing in it is interpreted as markup."""
    return Paragraph(markup(text), style)


def markup(text: str) -> str:
    """Return a text that reportlab prints literally."""
    return escape(printable(text))


def printable(text: str) -> str:
    """Return a text with a visible escape for each character that the typeface lacks or that does not print."""
    known = _letters()
    shown = visible(text)
    if all(ord(letter) in known for letter in shown):
        return shown
    return "".join(
        letter if ord(letter) in known else letter.encode("unicode_escape").decode("ascii") for letter in shown
    )


@cache
def _letters() -> frozenset[int]:
    styles()
    faces = [pdfmetrics.getFont(name).face.charToGlyph for name in (REGULAR, BOLD)]
    return frozenset(faces[0].keys() & faces[1].keys())


def _style(
    name: str, size: float, leading: float, font: str = REGULAR, colour: Color = INK, **more: float
) -> ParagraphStyle:
    # A word that is wider than its column is split, because file names can have any length.
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=leading, textColor=colour, splitLongWords=1, **more
    )
