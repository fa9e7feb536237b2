"""Why a photo is refused, and the verdict that it would have had: the sentence in full, and the readings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from inspector.core.errors import Message, as_sentence
from inspector.core.values import GuardReading, Verdict
from inspector.gui.findings.guard_readings import GuardReadings
from inspector.gui.widgets import wording
from inspector.gui.widgets.icons import VERDICT_ICONS, dress
from inspector.gui.widgets.labels import label, row, scrolled

WIDTH_PX = 380
GAP_PX = 14


class RefusalCard(QFrame):
    """Lies over the photo; the photo stays visible beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        sign = label()
        dress(sign, VERDICT_ICONS[Verdict.REFUSED], "refused", 22)
        self.title = label(self.tr("This photo is not judged"), "heading")
        self.problem = label(wrap=True)
        self.action = label(kind="strong", wrap=True)
        self.readings = GuardReadings()
        self._measured = scrolled(self.readings)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(8)
        layout.addLayout(row(sign, self.title, 1, spacing=10))
        for widget in (self.problem, self.action):
            widget.setAlignment(Qt.AlignmentFlag.AlignTop)
            layout.addWidget(widget)
        layout.addWidget(self._measured, 1)
        self.hide()

    def say(self, refusal: str, readings: Sequence[GuardReading], would_be: Verdict | None) -> None:
        """Show a refusal.

        Parameters
        ----------
        refusal : str
            The reason, and after a semicolon the advice.
        readings : sequence of GuardReading
            Beside a heatmap, which needs the room, only readings outside their range are shown.
        would_be : Verdict or None
            The verdict that the photo would have had; None where it has no score.
        """
        readings = readings if would_be is None else [one for one in readings if one.outside]
        verdict = "" if would_be is None else wording.verdict_word(would_be)
        self.title.setText(
            self.tr("Refused, would be {verdict}").format(verdict=verdict)
            if verdict
            else self.tr("This photo is not judged")
        )
        message = Message.of(refusal)
        self.problem.setText(as_sentence(message.problem))
        self.action.setText(as_sentence(message.action))
        self.action.setVisible(bool(message.action))
        self.readings.show_readings(readings)
        self._measured.setVisible(bool(readings))
        self.show()
        self.place()

    def place(self) -> None:
        """Place the card in the lower right corner of the view, as high as its content; the legend is at the left."""
        room = self.parentWidget().rect().adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX)
        width = min(WIDTH_PX, room.width())
        margins = self.layout().contentsMargins()
        inner = width - margins.left() - margins.right()
        texts = [self.problem, *([] if self.action.isHidden() else [self.action])]
        height = margins.top() + margins.bottom() + self.title.sizeHint().height()
        height += sum(text.heightForWidth(inner) + self.layout().spacing() for text in texts)
        if not self._measured.isHidden():
            height += self.readings.height() + self.layout().spacing()
        height = min(height + 4, room.height())
        self.setGeometry(room.right() - width + 1, room.bottom() - height + 1, width, height)
