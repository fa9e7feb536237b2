"""The table of actions as QActions: enabled as the state allows, texts and ticks kept true."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from inspector.gui.actions.action import CONTEXT, TABLE, Row
from inspector.gui.actions.rules import RULES, place
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import State, Step
from inspector.gui.widgets.icons import dress

STEP_KEYS = {
    Step.GOOD: "show_good",
    Step.TRAIN: "show_train",
    Step.JUDGE: "show_judge",
    Step.LIVE: "show_live",
    Step.REVIEW: "show_review",
}
"""The actions that show the pages."""


class Actions(QObject):
    """The table as QActions of a window, enabled as the state allows.

    Parameters
    ----------
    state : State
        The input of the rules.
    slots : sequence of QObject
        One of them has a method for each key.
    window : QWidget
        Where the shortcuts work.
    """

    def __init__(self, state: State, slots: Sequence[QObject], window: QWidget) -> None:
        super().__init__(window)
        self._state = state
        self._made = {row.key: self._make(row, slots, window) for row in TABLE}
        for signal in (
            state.good_changed, state.photos_changed, state.bundle_changed, state.work_changed,
            state.results_reset, state.results_added, state.unusable_changed, state.threshold_changed,
            state.step_changed, state.overlay_changed, state.filmstrip_changed, state.live.options_changed,
            state.live.running_changed, state.live.connection_changed, state.live.held_changed,
            state.live.frozen_changed, state.live.goods_changed, state.live.showing_changed,
            state.review.selection_changed, state.review.details_changed, state.review.decided_changed,
            state.review.counts_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        self.refresh()

    def __getitem__(self, key: str) -> QAction:
        return self._made[key]

    def in_menu(self, menu: str) -> list[QAction]:
        """Return the actions of a menu in order."""
        return [self._made[row.key] for row in TABLE if row.menu == menu]

    @Slot()
    def refresh(self) -> None:
        """Enable what can be done; let the rest say why not."""
        for row in TABLE:
            reason = place(row, self._state) or (RULES[row.needs](self._state) if row.needs else "")
            action = self._made[row.key]
            action.setEnabled(not reason)
            text = translated(self._text_of(row))
            if action.text() != text:
                action.setText(text)
            action.setToolTip(translated(reason) if reason else _tool_tip(text, row))
        self._made["ask_person"].setChecked(self._state.limits.unsure_threshold is not None)
        self._made["heatmap"].setChecked(self._state.overlay.heatmap)
        self._made["outlines"].setChecked(self._state.overlay.outlines)
        self._made["filmstrip"].setChecked(self._state.filmstrip)
        self._made["freeze"].setChecked(self._state.live.frozen)
        for step, key in STEP_KEYS.items():
            self._made[key].setProperty("current", step == self._state.step)

    def _text_of(self, row: Row) -> str:
        unsure = self._state.limits.unsure_threshold is not None
        if row.on_text and self._state.live.running:
            return row.on_text
        if row.goods_text and self._state.live.options.purpose is Purpose.TAKE_GOOD:
            return row.goods_text
        return row.unsure_text if unsure and row.unsure_text else row.text

    def _make(self, row: Row, slots: Sequence[QObject], window: QWidget) -> QAction:
        action = QAction(translated(row.text), window)
        action.setObjectName(row.key)
        action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
        action.setCheckable(row.checkable)
        action.triggered.connect(next(getattr(one, row.key) for one in slots if hasattr(one, row.key)))
        if row.icon:
            dress(action, row.icon)
        window.addAction(action)
        return action


def translated(text: str) -> str:
    """Return a text of this table in the user's language."""
    return QCoreApplication.translate(CONTEXT, text)


def shortcut_text(row: Row) -> str:
    """Return the keys of an action as the system writes them: "Ctrl+O", "F1, ?"."""
    return ", ".join(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) for keys in row.shortcuts)


def _tool_tip(text: str, row: Row) -> str:
    keys = shortcut_text(row)
    return f"{text}  ({keys})" if keys else text
