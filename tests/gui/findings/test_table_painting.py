"""Rows that were painted before are neither laid out nor scaled anew, and look as if they were."""

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPixmap, QPixmapCache

from inspector.core.values import Inspection
from inspector.gui.findings import gallery, part_rows
from inspector.gui.findings.gallery import draw_pixmap
from inspector.gui.findings.part_rows import draw_text
from inspector.gui.state.state import Step
from inspector.gui.widgets import theme
from tests.gui.state.test_state import bundle

BOX = QRect(0, 0, 160, 44)


def drawn(draw):
    image = QImage(BOX.size(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter)
    painter.end()
    return image


def photo(colour):
    made = QPixmap(208, 156)
    made.fill(QColor(colour))
    return made


def test_rows_painted_before_are_neither_laid_out_nor_scaled_again(window, state, monkeypatch):
    done = {"line": 0, "thumbnail": 0}
    framed = gallery._framed

    class Counted(QFontMetrics):
        def elidedText(self, *arguments):
            done["line"] += 1
            return super().elidedText(*arguments)

    def counted(*arguments):
        done["thumbnail"] += 1
        return framed(*arguments)

    QPixmapCache.clear()  # other tests' windows paint the same signs and names
    part_rows._line.cache_clear()
    monkeypatch.setattr(part_rows, "QFontMetrics", Counted)
    monkeypatch.setattr(gallery, "_framed", counted)
    state.set_bundle(bundle(2.0))
    state.set_step(Step.JUDGE)
    state.add_results([Inspection(Path(f"new {n:05}.png"), (4, 4), 1.0 + n / 4000) for n in range(4000)])
    view = window.judge.results.view
    port, bar = view.viewport(), view.verticalScrollBar()
    port.grab()
    bar.setValue(bar.maximum() // 2)
    port.grab()
    assert done["line"] > 0
    before = done["line"]
    for place in (0, bar.maximum() // 2, bar.maximum() // 2 + 3):
        bar.setValue(place)
        port.grab()
    assert done["line"] - before <= 8  # of the rows that the last step brings in
    assert 0 < done["thumbnail"] <= 2  # the field while a photo loads, and the sign that there is none


@pytest.mark.parametrize(
    "text", ["part 0001.png", "<b>part</b> &amp; more", "a name that does not fit into the box.png"]
)
def test_kept_text_is_the_text_that_would_be_drawn(window, text):
    def plainly(painter):
        painter.setPen(QColor("black"))
        painter.setFont(theme.font(theme.BODY))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, BOX.width())
        painter.drawText(BOX, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    for _ in range(2):
        assert drawn(lambda painter: draw_text(painter, BOX, text, "black")) == drawn(plainly)


def test_another_photo_and_another_theme_are_drawn_anew(qapp, monkeypatch):
    def middle(pixmap):
        return drawn(lambda painter: draw_pixmap(painter, BOX, pixmap)).pixelColor(BOX.center())

    red, blue = photo("red"), photo("blue")
    for _ in range(2):
        assert middle(red) == QColor("red")
        assert middle(blue) == QColor("blue")
        for colours in (theme.LIGHT, theme.DARK):
            monkeypatch.setattr(theme, "_current", colours)
            assert middle(None) == QColor(colours.sunken)
