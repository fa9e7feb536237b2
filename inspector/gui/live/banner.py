"""The verdict, large enough to be read from two metres: word, shape and colour."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.core.errors import Message, as_sentence
from inspector.core.values import Verdict
from inspector.gui.live import words as live_words
from inspector.gui.state.live import LiveState
from inspector.gui.state.state import State
from inspector.gui.widgets import theme, wording
from inspector.gui.widgets.icons import VERDICT_ICONS, draw_icon
from inspector.workflows.live.moments import LivePhase

HEIGHT_PX = 104
WORD_PX = 76
"""About 20 mm on a screen of 96 dots an inch. Capitals take 14 mm of it and can be read at 2 m."""
LARGE_FACTOR = 2


class Banner(QWidget):
    """Renders the verdict of the shown picture, or the reason for a missing verdict.

    Parameters
    ----------
    state : State
    live : LiveState
    large : bool
        For a screen of its own.
    """

    def __init__(self, state: State, live: LiveState, *, large: bool = False) -> None:
        super().__init__()
        self._state, self._live = state, live
        self._factor = LARGE_FACTOR if large else 1
        self._verdict: Verdict | None = None
        self._trouble = False
        self._word = self._score = self._detail = ""
        self.setFixedHeight(HEIGHT_PX * self._factor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for signal in (live.picture_changed, live.connection_changed, live.running_changed, live.held_changed,
                       state.threshold_changed, state.bundle_changed):  # fmt: skip
            signal.connect(self._render)
        self._render()

    @property
    def verdict(self) -> Verdict | None:
        """The verdict shown, or None without a verdict."""
        return self._verdict

    @property
    def words(self) -> tuple[str, str, str]:
        """The content: word, score, detail."""
        return self._word, self._score, self._detail

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        used, factor = theme.colours(), self._factor
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(used.muted) if self._verdict is None else used.of(self._verdict)
        back, edge = QColor(used.surface), QColor(used.border)
        if self._verdict is not None:
            back, edge = used.soft_of(self._verdict), colour
        elif self._trouble:
            colour = edge = QColor(used.refused)
            back = QColor(used.refused_soft)
        painter.fillRect(self.rect(), back)
        painter.fillRect(QRectF(0, 0, 8 * factor, self.height()), edge)
        left = 28 * factor
        if self._verdict is not None:
            size = 64 * factor
            frame = QRect(left, (self.height() - size) // 2, size, size)
            draw_icon(painter, frame, VERDICT_ICONS[self._verdict], self._verdict.value.lower())
            left += size + 20 * factor
        painter.setPen(colour)
        painter.setFont(theme.font((WORD_PX if self._verdict else theme.TITLE) * factor, QFont.Weight.DemiBold))
        word = QRectF(left, 0, self.width() - left, self.height())
        middle = Qt.AlignmentFlag.AlignVCenter
        if self._verdict is None and self._detail:
            word.setHeight(self.height() * 0.56)
            middle = Qt.AlignmentFlag.AlignBottom
        painter.drawText(word, middle, self._word)
        taken = painter.fontMetrics().horizontalAdvance(self._word) if self._verdict is not None else 0
        self._draw_detail(painter, used, left + taken)

    def _draw_detail(self, painter: QPainter, used: theme.Colours, left: int) -> None:
        factor = self._factor
        if self._verdict is None:
            frame = QRectF(left, self.height() * 0.58, self.width() - left - 16 * factor, self.height() * 0.4)
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        else:
            frame = QRectF(left + 24 * factor, 12, self.width() - left - 48 * factor, self.height() - 24)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        text = f"{self._score}\n{self._detail}" if self._score and self._detail else self._score or self._detail
        painter.setPen(QColor(used.text if self._score else used.muted))
        painter.setFont(theme.font(theme.HEADING * factor if self._score else theme.BODY * factor))
        painter.drawText(frame, int(side | Qt.TextFlag.TextWordWrap), text)

    @Slot()
    def _render(self) -> None:
        connection = self._live.connection
        self._trouble = connection is not None and connection.kind == "lost"
        self._verdict, self._word, self._score, self._detail = self._read()
        self.setAccessibleName(" ".join(part for part in self.words if part))
        self.update()

    def _read(self) -> tuple[Verdict | None, str, str, str]:
        live, picture = self._live, self._live.picture
        trouble = live_words.connection(live.connection)
        if not live.running and live.summary:
            return None, self.tr("The source has ended"), "", live.summary
        if not live.running:
            return None, self.tr("No camera in use"), "", self.tr("Choose a source above, then Start.")
        kind = "" if live.connection is None else live.connection.kind
        if kind == "lost":
            return None, self.tr("No signal from the camera"), "", trouble
        if picture is None or not (live.streaming or kind == "ended"):
            title = self.tr("Connecting…") if kind == "connecting" else self.tr("Waiting for the first frame")
            return None, title, "", ""
        return self._read_view()

    def _read_view(self) -> tuple[Verdict | None, str, str, str]:
        picture = self._live.picture
        assert picture is not None
        view = picture.view
        if view.state is LivePhase.WATCHING:
            if self._state.bundle is None:
                return None, self.tr("Live picture"), "", self.tr("Train or open a model to judge parts.")
            return None, self.tr("Live picture"), "", ""
        if view.state is LivePhase.MOVING:
            return None, self.tr("Waiting for a part to rest"), "", ""
        if view.state is LivePhase.NO_PART:
            reason = "" if view.inspection is None else view.inspection.refusal or ""
            said = as_sentence(Message.of(reason).problem)
            advice = self.tr("This frame is not counted. Remove all parts and press “Learn the empty station”.")
            return None, self.tr("No part to judge"), "", f"{said} {advice}" if said else ""
        if view.inspection is None:
            return None, "", "", ""
        limits = picture.limits(self._state.limits)
        verdict = view.inspection.verdict(limits)
        relative = view.inspection.relative_score(limits.threshold)
        would_be = view.inspection.would_be(limits)
        reason = Message.of(view.inspection.refusal or "").problem
        detail = as_sentence(wording.refused_because(reason, would_be))
        if view.state is LivePhase.HELD:
            held = self.tr("Held. Press A to acknowledge.")
            detail = f"{as_sentence(wording.would_be(would_be))} {held}".lstrip()
        return verdict, wording.verdict_word(verdict), "" if relative is None else wording.relative(relative), detail
