"""Building blocks of PDF reports: letterhead, tiles, headings of parts, tables, signature lines."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Image, Paragraph, Table

from inspector.core.letterhead import Letterhead
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.reports.content.logo import Logo
from inspector.storage.reports.content.showing import Shown
from inspector.storage.reports.formats.pdf_drawings import draw_badge
from inspector.storage.reports.formats.pdf_text import (
    AXIS,
    BOLD,
    COLOURS,
    INK,
    LINE,
    REGULAR,
    SOFT,
    markup,
    paragraph,
    printable,
    styles,
)

LOGO_WIDTH, LOGO_HEIGHT = 55 * mm, 17 * mm
_REVIEW_COLOURS = {
    None: LINE,
    Decision.DEFECT: COLOURS[Verdict.NG],
    Decision.FALSE_ALARM: COLOURS[Verdict.OK],
    Decision.UNSURE: COLOURS[Verdict.UNSURE],
}

Cells = Sequence[Sequence[object]]


class Barred(Paragraph):
    """A paragraph with a coloured bar to its left; the style holds the colour, so that a split paragraph keeps it."""

    def draw(self) -> None:
        """Draw the bar and the paragraph."""
        self.canv.setStrokeColor(self.style.barColour)
        self.canv.setLineWidth(2.0)
        self.canv.line(1.0, 0.0, 1.0, self.height)
        super().draw()


class Tiles(Flowable):
    """Numbers with labels, side by side.

    Parameters
    ----------
    width : float
        Width in points.
    tiles : sequence of (Verdict or None, str, str)
        Verdict whose shape precedes the label, label, number.
    """

    def __init__(self, width: float, tiles: Sequence[tuple[Verdict | None, str, str]]) -> None:
        super().__init__()
        self.width, self.height = width, 44.0
        self.spaceBefore, self.spaceAfter = 10.0, 5.0
        self._tiles = tiles

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return width and height in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the tiles."""
        canvas, step = self.canv, self.width / len(self._tiles)
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.8)
        canvas.roundRect(0.0, 0.0, self.width, self.height, 4.0)
        for place, (verdict, label, number) in enumerate(self._tiles):
            left = place * step
            if place:
                canvas.setStrokeColor(LINE)
                canvas.line(left, 0.0, left, self.height)
            self._tile(verdict, label, number, left + 8.0, step - 12.0)

    def _tile(self, verdict: Verdict | None, label: str, number: str, x: float, room: float) -> None:
        indent = 0.0
        if verdict is not None:
            draw_badge(self.canv, verdict, x, self.height - 15.5, 6.5)
            indent = 9.5
        self.canv.setFillColor(SOFT if verdict is None else COLOURS[verdict])
        self._text(label, x + indent, self.height - 15.0, BOLD if verdict else REGULAR, 8.0, room - indent)
        self.canv.setFillColor(INK)
        self._text(number, x, 9.5, BOLD, 15.0, room)

    def _text(self, text: str, x: float, y: float, font: str, size: float, room: float) -> None:
        """Write text on one line, in a smaller size if it would not fit."""
        size = min(size, size * room / max(stringWidth(text, font, size), 1.0))
        self.canv.setFont(font, size)
        self.canv.drawString(x, y, text)


class PartHead(Flowable):
    """A part's verdict, name and score."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self._verdict = shown.part.verdict
        self._name = paragraph(shown.part.name, styles().part)
        self._score, self._raw = f"{shown.relative} \N{MULTIPLICATION SIGN} limit", f"(raw score {shown.score})"
        self._score_width = stringWidth(self._score, BOLD, 9.5) + stringWidth(self._raw, REGULAR, 8.5) + 5.0
        self.spaceAfter = 1.5

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return width and height in points."""
        self.width = width
        self.height = self._name.wrap(width - self._score_width - 26.0, height)[1]
        return self.width, self.height

    def draw(self) -> None:
        """Draw the heading."""
        canvas, baseline = self.canv, self.height - 10.0
        draw_badge(canvas, self._verdict, 0.0, baseline, 7.5)
        self._name.drawOn(canvas, 12.0, 0.0)
        raw = stringWidth(self._raw, REGULAR, 8.5)
        canvas.setFillColor(SOFT)
        canvas.setFont(REGULAR, 8.5)
        canvas.drawRightString(self.width, baseline, self._raw)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 9.5)
        canvas.drawRightString(self.width - raw - 5.0, baseline, self._score)


class Signatures(Flowable):
    """Signature lines."""

    def __init__(self, width: float, words: Sequence[str]) -> None:
        super().__init__()
        self.width, self.height = width, 70.0
        self._words = words

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return width and height in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the lines."""
        gap = 26.0
        step = (self.width + gap) / len(self._words)
        self.canv.setStrokeColor(AXIS)
        self.canv.setLineWidth(0.8)
        self.canv.setFillColor(SOFT)
        for place, words in enumerate(self._words):
            self.canv.line(place * step, 14.0, (place + 1) * step - gap, 14.0)
            text, room = printable(f"{words}, date"), step - gap
            size = min(8.5, 8.5 * room / max(stringWidth(text, REGULAR, 8.5), 1.0))
            self.canv.setFont(REGULAR, size)
            self.canv.drawString(place * step, 3.0, text)


def letterhead_block(letterhead: Letterhead, logo: Logo | None, width: float) -> list[Flowable]:
    """Return logo, company and address; an empty list if there are none."""
    look = styles()
    company = _style(look.right, fontName=BOLD)
    small = _style(look.right, fontSize=8.5, leading=11.5, textColor=SOFT)
    lines = [paragraph(letterhead.company, company)] if letterhead.company.strip() else []
    lines += [paragraph(line, small) for line in letterhead.lines]
    if logo is None and not lines:
        return []
    block = Table([[_logo_image(logo), lines]], colWidths=[width / 2, width / 2], splitInRow=1)
    block.setStyle([*_NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 10)])
    block.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.8, LINE)])
    block.spaceAfter = 16.0
    return [block]


def review_block(shown: Shown) -> list[Flowable]:
    """Return the reviews of a part, beside a bar in the colour of the valid decision."""
    if not shown.decision:
        return []
    look, colour = styles(), _REVIEW_COLOURS[shown.part.decision]
    decision = _barred(look.cell, colour, fontName=BOLD, fontSize=8.5)
    return [
        _barred_text(shown.decision, decision),
        *(_barred_text(line, _barred(look.cell, colour)) for line in shown.reviews),
    ]


def table(head: Sequence[str], rows: Cells, widths: Sequence[float], *, numbers: bool = False, foot: str = "") -> Table:
    """Return a table whose headings are repeated on every page.

    Parameters
    ----------
    head : sequence of str
        One heading for each column; empty for a table without headings.
    rows : sequence of sequence
        Texts or flowables.
    widths : sequence of float
        Column widths in points.
    numbers : bool
        Whether all columns except the first are right-aligned.
    foot : str
        A last row across all columns; empty for none.
    """
    look = styles()
    head_styles = [look.head_right if numbers and column else look.head for column in range(len(widths))]
    cell_styles = [look.cell_right if numbers and column else look.cell for column in range(len(widths))]
    cells: list[list[object]] = [[paragraph(t, s) for t, s in zip(head, head_styles, strict=True)]] if head else []
    for row in rows:
        cells.append([paragraph(t, s) if isinstance(t, str) else t for t, s in zip(row, cell_styles, strict=True)])
    layout: list[tuple[object, ...]] = [*_NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP")]
    layout += [("TOPPADDING", (0, 0), (-1, -1), 1.8), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4)]
    layout += [("RIGHTPADDING", (0, 0), (-2, -1), 8), ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE)]
    if foot:
        cells.append([paragraph(foot, _style(look.cell, textColor=SOFT)), *[""] * (len(widths) - 1)])
        layout += [("SPAN", (0, -1), (-1, -1)), ("LINEBELOW", (0, -1), (-1, -1), 0, LINE)]
    made = Table(cells, colWidths=list(widths), repeatRows=1 if head else 0, splitInRow=1)
    made.setStyle(layout)
    return made


_NO_PADDING = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


def _logo_image(logo: Logo | None) -> Flowable | str:
    if logo is None:
        return ""
    scale = min(LOGO_WIDTH / logo.width, LOGO_HEIGHT / logo.height)
    image = Image(io.BytesIO(logo.png), logo.width * scale, logo.height * scale)
    image.hAlign = "LEFT"
    return image


def _style(parent: ParagraphStyle, **changes: object) -> ParagraphStyle:
    return ParagraphStyle(parent.name, parent, **changes)


def _barred(parent: ParagraphStyle, colour: Color, **changes: object) -> ParagraphStyle:
    return _style(parent, leftIndent=8, barColour=colour, **changes)


def _barred_text(text: str, style: ParagraphStyle) -> Barred:
    return Barred(markup(text), style)
