"""Drawings in PDF reports: photos with outlines, heatmaps, scales, the score chart, verdicts."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from reportlab.lib.colors import white
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from inspector.core.judging.heatmap import COLOUR_TABLE
from inspector.core.values import ImageRGB, Region, Verdict
from inspector.storage.photos.images import encode_png
from inspector.storage.reports.content.pictures import legend_indices, outline_points
from inspector.storage.reports.content.report import ScoreBar
from inspector.storage.reports.formats.pdf_text import AXIS, BAR, BOLD, COLOURS, GROUND, INK, REGULAR, SOFT

GAP = 12.0
"""Gap between the photo and its heatmap, in points."""
WIDE = 2.2
"""Aspect ratio above which a photo stands above its heatmap. Photos with the inverse ratio may be twice as tall."""
TICKS = ((0.0, "0"), (0.25, "0.5"), (0.5, "1.0 = limit"), (1.0, "2.0 and over"))
SCALE_HEIGHT = 17.0

_GROUND_LEVEL = 143


def draw_badge(canvas: Canvas, verdict: Verdict, x: float, y: float, size: float) -> None:
    """Draw the shape of a verdict with its lower left corner at (x, y)."""
    canvas.setFillColor(COLOURS[verdict])
    if verdict is Verdict.OK:
        canvas.circle(x + size / 2, y + size / 2, size / 2, stroke=0, fill=1)
        return
    corners = {
        Verdict.UNSURE: ((0, 0), (1, 0), (1, 1), (0, 1)),
        Verdict.NG: ((0, 0), (1, 0), (0.5, 1)),
        Verdict.REFUSED: ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)),
        Verdict.UNREADABLE: (
            *((0.2, 0), (0.5, 0.3), (0.8, 0), (1, 0.2), (0.7, 0.5), (1, 0.8)),
            *((0.8, 1), (0.5, 0.7), (0.2, 1), (0, 0.8), (0.3, 0.5), (0, 0.2)),
        ),
    }[verdict]
    _polygon(canvas, [(x + size * across, y + size * up) for across, up in corners])


class Panes(Flowable):
    """A photo with the outlines of its regions, and its heatmap with the scale.

    Parameters
    ----------
    width, most : float
        Width of the drawing, and maximum height of a photo of usual aspect ratio, in points.
    photo_hw : (int, int)
        Height and width of the photo in pixels.
    photo, heatmap : bytes or None
        JPEG files; None for a missing picture.
    regions : sequence of Region
        Regions to outline; the first `numbered` show their number.
    numbered : int
    """

    def __init__(
        self,
        width: float,
        most: float,
        photo_hw: tuple[int, int],
        photo: bytes | None,
        heatmap: bytes | None,
        regions: Sequence[Region],
        numbered: int,
    ) -> None:
        super().__init__()
        height, across = photo_hw
        self._wide = across > WIDE * height
        pane = width if self._wide else (width - GAP) / 2
        most *= 0.5 if self._wide else 2.0 if height > WIDE * across else 1.0
        self._scale = min(pane / across, most / height)
        self._size = (across * self._scale, height * self._scale)
        self._photo, self._heatmap, self._regions, self._numbered = photo, heatmap, regions, numbered
        self._photo_height = height
        self.width = width
        rows = 2 if self._wide and heatmap is not None else 1
        self.height = rows * self._size[1] + (rows - 1) * 6.0 + (SCALE_HEIGHT + 4.0 if heatmap is not None else 0.0)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return width and height in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the photo and the heatmap."""
        top = self.height - self._size[1]
        self._picture(self._photo, 0.0, top)
        self._outlines(0.0, top)
        if self._heatmap is None:
            return
        x, y = (0.0, top - self._size[1] - 6.0) if self._wide else ((self.width + GAP) / 2, top)
        self._picture(self._heatmap, x, y)
        draw_scale(self.canv, x, y - SCALE_HEIGHT - 2.0, max(self._size[0], 130.0), 5.0)

    def _picture(self, jpeg: bytes | None, x: float, y: float) -> None:
        self.canv.setFillColor(GROUND)
        self.canv.rect(x, y, *self._size, stroke=0, fill=1)
        if jpeg is not None:
            self.canv.drawImage(ImageReader(io.BytesIO(jpeg)), x, y, *self._size)

    def _outlines(self, x: float, y: float) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.setLineJoin(1)
        for region in self._regions:
            points = [self._place(point, x, y) for point in outline_points(region)]
            for colour, line_width in ((white, 2.2), (COLOURS[Verdict.NG], 1.1)):
                canvas.setStrokeColor(colour)
                canvas.setLineWidth(line_width)
                _polygon(canvas, points, stroke=1, fill=0)
        if len(self._regions) > 1:
            for number, region in enumerate(self._regions[: self._numbered], start=1):
                self._number(number, *self._place((region.x, region.y), x, y), x, y)
        canvas.restoreState()

    def _number(self, number: int, left: float, top: float, x: float, y: float) -> None:
        place = max(min(left, x + self._size[0] - 8.0), x + 1.0), max(min(top + 2.0, y + self._size[1] - 8.0), y + 1.0)
        for mode, colour in ((2, white), (0, COLOURS[Verdict.NG])):  # white rim: readable on any photo
            text = self.canv.beginText(*place)
            text.setFont(BOLD, 8.5)
            text.setTextRenderMode(mode)
            self.canv.setLineWidth(2.0)
            text.setStrokeColor(white)
            text.setFillColor(colour)
            text.textOut(str(number))
            text.setTextRenderMode(0)
            self.canv.drawText(text)

    def _place(self, point: tuple[int, int], x: float, y: float) -> tuple[float, float]:
        return x + point[0] * self._scale, y + (self._photo_height - point[1]) * self._scale


class Scales(Flowable):
    """The score chart and the heatmap's colour scale, side by side.

    Parameters
    ----------
    width : float
        Width in points.
    bars : sequence of ScoreBar
    """

    def __init__(self, width: float, bars: Sequence[ScoreBar]) -> None:
        super().__init__()
        self.width, self.height = width, 84.0
        self._bars = bars
        self.spaceBefore = 10.0

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return width and height in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the chart and the scale."""
        half = (self.width - 28.0) / 2
        for x, words, drawn in (
            (0.0, "Scores of the judged parts, as multiples of the limit", self._chart),
            (half + 28.0, "Colours of the heatmap, the same on every photo", self._legend),
        ):
            self.canv.setFont(REGULAR, 8)
            self.canv.setFillColor(SOFT)
            self.canv.drawString(x, self.height - 8.0, words)
            drawn(x, half)

    def _chart(self, x: float, width: float) -> None:
        step = width / 40
        for bar in self._bars:
            self.canv.setFillColor(COLOURS[Verdict.NG] if bar.over else BAR)
            self.canv.rect(x + bar.left * width + 0.08 * step, 16.0, 0.84 * step, 48.0 * bar.height, stroke=0, fill=1)
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.8)
        self.canv.line(x + width / 2, 16.0, x + width / 2, 68.0)
        draw_axis(self.canv, x, 16.0, width)

    def _legend(self, x: float, width: float) -> None:
        draw_scale(self.canv, x, 3.5, width, 48.0)


def draw_scale(canvas: Canvas, x: float, y: float, width: float, thickness: float) -> None:
    """Draw the heatmap's colours over gray, with their axis below; the height is `thickness` + 12 points."""
    canvas.drawImage(_legend_image(), x, y + 12.5, width, thickness)
    draw_axis(canvas, x, y + 12.5, width)


def draw_axis(canvas: Canvas, x: float, y: float, width: float) -> None:
    """Draw the axis of relative scores at the height y, with its labels below."""
    canvas.setStrokeColor(AXIS)
    canvas.setLineWidth(0.6)
    canvas.line(x, y, x + width, y)
    for place, words in TICKS:
        at = x + place * width
        canvas.line(at, y, at, y - 2.5)
        canvas.setFont(BOLD if "limit" in words else REGULAR, 6.5)
        canvas.setFillColor(INK if "limit" in words else SOFT)
        draw: Callable[[float, float, str], None] = canvas.drawCentredString
        if place in (0.0, 1.0):
            draw = canvas.drawString if place == 0.0 else canvas.drawRightString
        draw(at, y - 9.5, words)


_LEGEND: list[ImageReader] = []


def _legend_image() -> ImageReader:
    if not _LEGEND:
        _LEGEND.append(ImageReader(io.BytesIO(encode_png(_legend_rgb()))))
    return _LEGEND[0]


def _legend_rgb() -> ImageRGB:
    colours = COLOUR_TABLE[legend_indices()].astype(np.float32)
    alpha = colours[..., 3:] / 255.0
    return np.asarray(np.rint(_GROUND_LEVEL * (1.0 - alpha) + colours[..., :3] * alpha), dtype=np.uint8)


def _polygon(canvas: Canvas, points: Sequence[tuple[float, float]], stroke: int = 0, fill: int = 1) -> None:
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    canvas.drawPath(path, stroke=stroke, fill=fill)
