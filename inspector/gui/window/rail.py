"""The rail: the steps at the left, each with its state. Any page at any time."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QAction, QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import STEP_KEYS, Actions
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import State, Step
from inspector.gui.state.verdict_column import WORST_FIRST
from inspector.gui.widgets import theme, wording
from inspector.gui.widgets.icons import VERDICT_ICONS, draw_icon
from inspector.gui.widgets.labels import plain

RAIL_PX = 204
Sign = tuple[str, str]
DONE: Sign = ("mdi6.check-circle", "accent")
"""A step that is done is not a verdict: green is for parts that are all OK."""


class StepButton(QAbstractButton):
    """One step: number or tick, name, state.

    Parameters
    ----------
    number : int
        From 1.
    action : QAction
        Shows the page.
    """

    def __init__(self, number: int, action: QAction) -> None:
        super().__init__()
        self._number = number
        self._action = action
        self._status = ""
        self._sign: Sign | None = None
        self.setText(action.text())
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._trigger)

    def show_status(self, status: str, sign: Sign | None = None) -> None:
        """Say how far this step is; without a sign its number is drawn."""
        self._status, self._sign = status, sign
        self.setToolTip(plain(f"{self._action.toolTip()}\n{status}"))
        self.setAccessibleName(f"{self._number} {self.text()}: {status}")
        self.update()

    @property
    def status(self) -> str:
        """The status of the step."""
        return self._status

    @property
    def sign(self) -> Sign | None:
        """Icon and role of its colour in place of the number, or None."""
        return self._sign

    def sizeHint(self) -> QSize:
        """Return the size that fits a gloved finger."""
        return QSize(RAIL_PX - 24, 60)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the step."""
        used = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        back = used.accent_soft if self.isChecked() else used.sunken if self.underMouse() else ""
        painter.setPen(QColor(used.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(back) if back else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 9, 9)
        self._draw_disc(painter, used)
        self._draw_words(painter, used)

    def _draw_disc(self, painter: QPainter, used: theme.Colours) -> None:
        disc = QRectF(12, 16, 28, 28)
        if self._sign is not None:
            draw_icon(painter, disc.toRect(), *self._sign)
            return
        painter.setPen(QColor(used.accent if self.isChecked() else used.strong_border))
        painter.setBrush(QColor(used.accent) if self.isChecked() else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(disc.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.setPen(QColor(used.on_accent if self.isChecked() else used.muted))
        painter.setFont(theme.font(theme.BODY, QFont.Weight.DemiBold))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(self._number))

    def _draw_words(self, painter: QPainter, used: theme.Colours) -> None:
        width = self.width() - 52 - 6
        painter.setPen(QColor(used.accent if self.isChecked() else used.text))
        painter.setFont(theme.font(theme.BODY, QFont.Weight.DemiBold))
        painter.drawText(QRectF(52, 12, width, 18), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setPen(QColor(used.muted))
        painter.setFont(theme.font(theme.SMALL))
        status = painter.fontMetrics().elidedText(self._status, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(52, 31, width, 18), Qt.AlignmentFlag.AlignVCenter, status)

    @Slot()
    def _trigger(self) -> None:
        self._action.trigger()


class Rail(QFrame):
    """The steps."""

    def __init__(self, state: State, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("rail")
        self.setFixedWidth(RAIL_PX)
        self.setAccessibleName(self.tr("Steps"))
        self.steps = {step: StepButton(step + 1, actions[key]) for step, key in STEP_KEYS.items()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 16, 12, 16)
        layout.setSpacing(6)
        for button in self.steps.values():
            layout.addWidget(button)
        layout.addStretch(1)
        for signal in (
            state.step_changed, state.good_changed, state.left_out_changed, state.bundle_changed,
            state.work_changed, state.results_reset, state.results_added, state.threshold_changed,
            state.photos_changed, state.live.running_changed, state.live.parts_changed,
            state.live.connection_changed, state.live.goods_changed, state.live.options_changed,
            state.review.counts_changed, state.unusable_changed, state.product.changed,
        ):  # fmt: skip
            signal.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        state = self._state
        self.steps[state.step].setChecked(True)
        ready = state.good is not None and not state.unusable
        self.steps[Step.GOOD].show_status(self._good(), DONE if ready else None)
        trained = state.product.trained_here and not state.work.training
        self.steps[Step.TRAIN].show_status(self._trained(), DONE if trained else None)
        self.steps[Step.JUDGE].show_status(self._judged(), self._judged_sign())
        self.steps[Step.LIVE].show_status(self._live())
        counts = state.review.counts
        reviewed = counts.reviewed > 0 and counts.to_review == 0
        self.steps[Step.REVIEW].show_status(self._review(), DONE if reviewed else None)

    def _good(self) -> str:
        good = self._state.good
        if good is None:
            return self.tr("Choose a folder")
        return wording.photos(len(good) - len(self._state.left_out))

    def _trained(self) -> str:
        if self._state.work.training:
            return self.tr("Training…")
        manifest = self._state.manifest
        if manifest is None or not self._state.product.trained_here:
            return self.tr("Not trained yet")
        return self.tr("On {photos}").format(photos=wording.photos(manifest.goods.count))

    def _live(self) -> str:
        live = self._state.live
        if not live.running:
            return self.tr("Camera off")
        if not live.streaming:
            return self.tr("No signal")
        if live.options.purpose is Purpose.TAKE_GOOD:
            return wording.good_photos(len(live.goods))
        return self.tr("{ng} NG of {total}").format(ng=f"{live.count.ng:,}", total=f"{live.count.parts:,}")

    def _review(self) -> str:
        counts = self._state.review.counts
        if counts.to_review:
            return self.tr("{count} to review").format(count=f"{counts.to_review:,}")
        return self.tr("All reviewed") if counts.reviewed else self.tr("Nothing to review")

    def _judged(self) -> str:
        state = self._state
        photos = len(state.photos) if state.photos else 0
        if state.work.inspecting:
            return self.tr("{done} of {total}").format(done=len(state.inspections), total=photos)
        if not state.inspections:
            return wording.photos(photos) if photos else self.tr("No photos yet")
        return wording.found(state.counts())

    def _judged_sign(self) -> Sign | None:
        """Return the sign of the worst verdict once all photos are judged."""
        state = self._state
        if state.work.inspecting or state.photos is None or len(state.inspections) != len(state.photos):
            return None
        found = state.counts()
        worst = next((verdict for verdict in WORST_FIRST if found[verdict]), None)
        return None if worst is None else (VERDICT_ICONS[worst], worst.value.lower())
