"""The verdict of the part shown: word, shape, colour, and how far it is from the limit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.errors import Message, as_sentence
from inspector.core.values import Inspection, Region, Verdict
from inspector.gui.state.selected_part import SelectedPart
from inspector.gui.state.state import State
from inspector.gui.widgets import theme, wording
from inspector.gui.widgets.icons import VERDICT_ICONS, dress
from inspector.gui.widgets.labels import label, plain, row


class VerdictFace(QWidget):
    """A verdict as word, shape and colour, with the score and a sentence; its height never changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict: Verdict | None = None
        self.sign = label()
        self.word = label()
        self.score = label(kind="heading")
        self.detail = label(wrap=True)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(6)
        layout.addLayout(row(self.sign, self.word, 1, self.score, spacing=12))
        layout.addWidget(self.detail, 1)
        self.setFixedHeight(124)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict shown."""
        return self._verdict

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "word"):
            self._render()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card in the colour of the verdict."""
        used = theme.colours()
        painter = QPainter(self)
        back = QColor(used.surface) if self._verdict is None else used.soft_of(self._verdict)
        painter.fillRect(self.rect(), back)
        if self._verdict is not None:
            painter.fillRect(QRectF(0, 0, 4, self.height()), used.of(self._verdict))

    def show_nothing(self, words: str) -> None:
        """Show that there is no part, and why."""
        self._verdict = None
        self.sign.clear()
        self.sign.setProperty("icon_name", "")
        self.word.setFont(theme.font(theme.HEADING))
        self.word.setStyleSheet(f"color: {theme.colours().muted};")
        self.word.setText(words)
        self.score.clear()
        self.detail.setText("")
        self.setAccessibleName(words)
        self.update()

    def show_verdict(self, verdict: Verdict, score: str, tip: str, detail: str) -> None:
        """Show a verdict.

        Parameters
        ----------
        verdict : Verdict
        score : str
            In threshold units; empty for none.
        tip : str
            Raw score and threshold, for the tool tip.
        detail : str
            Problem and action, as `Message`.
        """
        self._verdict = verdict
        self._show_word(verdict)
        self.score.setText(score)
        self.score.setToolTip(plain(tip))
        message = Message.of(detail)  # the card has room for the problem; the tool tip has the action
        self.detail.setText(as_sentence(message.problem))
        self.detail.setToolTip(plain(as_sentence(message.action)))
        self.detail.setProperty("type", "" if score else "small")
        self.detail.style().polish(self.detail)
        self.setAccessibleName(f"{self.word.text()} {score} {detail}")
        self.update()

    def _show_word(self, verdict: Verdict) -> None:
        role = verdict.value.lower()
        size = theme.DISPLAY if verdict in (Verdict.OK, Verdict.UNSURE, Verdict.NG) else theme.TITLE
        colour = getattr(theme.colours(), role)
        # A style sheet of its own, since the application's sets the size of every label.
        style = f"font-size: {size}px; font-weight: {int(QFont.Weight.DemiBold)}; color: {colour};"
        if self.word.styleSheet() == style and self.word.text() == wording.verdict_word(verdict):
            return  # nothing to paint anew while a line moves
        dress(self.sign, VERDICT_ICONS[verdict], role, 36)
        self.word.setStyleSheet(style)
        self.word.setText(wording.verdict_word(verdict))

    def _render(self) -> None:
        """Draw the verdict in the colours of the theme."""


class VerdictCard(VerdictFace):
    """Renders the selected part."""

    def __init__(self, state: State, parts: SelectedPart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._parts = parts
        state.selection_changed.connect(self._render)
        state.threshold_changed.connect(self._render)
        state.work_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        inspection = self._state.selected_inspection
        if inspection is None:
            inspecting = self._state.work.inspecting
            self.show_nothing(self.tr("Inspecting…") if inspecting else self.tr("No part selected"))
            return
        relative = inspection.relative_score(self._state.own_limit)
        raw = self.tr("Raw score {score}, threshold {threshold}")
        score = "" if inspection.score is None else f"{inspection.score:.4f}"
        tip = raw.format(score=score, threshold=f"{self._state.threshold:.4f}") if score else ""
        detail = inspection.error or self._refused(inspection) or self._found(inspection, self._parts.regions())
        shown = "" if relative is None else wording.score(relative, self._state.relative_threshold)
        self.show_verdict(inspection.verdict(self._state.limits), shown, tip, detail)

    def _refused(self, inspection: Inspection) -> str:
        return wording.refused_because(inspection.refusal or "", inspection.would_be(self._state.limits))

    def _found(self, inspection: Inspection, regions: list[Region]) -> str:
        if inspection.verdict(self._state.limits) is Verdict.UNSURE:
            return self.tr("in the review band: a person decides")
        if not regions or inspection.photo_hw is None:
            return self.tr("no region over the limit")
        height, width = inspection.photo_hw
        percent = 100 * sum(region.area_px for region in regions) / (height * width)
        shown = f"{percent:.1f}" if percent >= 0.1 else "< 0.1"
        words = self.tr("{regions} over the limit, {percent} % of the photo")
        return words.format(regions=wording.regions(len(regions)), percent=shown)
