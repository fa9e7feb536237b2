"""Keys: they act through enabled actions only, and never out of a text field."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QScrollArea, QSlider, QWidget

from inspector.core.live.frames import Frame
from inspector.gui.actions.action import TABLE
from inspector.gui.live.camera_jobs import make_ready
from inspector.gui.live.second_screen import SecondScreen
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import Step
from inspector.gui.window.typing_guard import takes_text
from inspector.workflows.live.capture import CaptureState
from inspector.workflows.live.moments import LiveMode, LiveMoment, LivePhase
from tests.gui.state.test_state import bundle
from tests.gui.window.test_window import training  # noqa: F401

SHORTCUTS = [(row.key, keys) for row in TABLE for keys in row.shortcuts]


@pytest.fixture
def active(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def press(widget, keys):
    combination = QKeySequence(keys)[0]
    QTest.keyClick(widget.focusWidget() or widget, combination.key(), combination.keyboardModifiers())


def focus(widget, qtbot):
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


def enable_everything(window):
    """Enable all actions and note which are triggered instead of doing it."""
    heard = []
    for slots in window.slots:
        slots.blockSignals(True)
    for row in TABLE:
        action = window.actions_table[row.key]
        action.triggered.disconnect()
        action.triggered.connect(lambda *_, key=row.key: heard.append(key))
        action.setEnabled(True)
    return heard


def fields(window):
    """All text fields of all pages, with the page that each is on."""
    for step in Step:
        window.state.set_step(step)
        for widget in window.pages.currentWidget().findChildren(QWidget):
            if takes_text(widget) and widget.isVisible() and widget.isEnabled():
                inner = isinstance(widget.parent(), QComboBox) or widget.focusProxy() is not None
                if not inner and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                    yield step, widget


def test_no_shortcut_acts_from_any_text_field(active, state, qtbot):
    state.set_step(Step.TRAIN)
    heard = enable_everything(active)
    press(active, "F5")
    assert heard == ["inspect"]  # the keys do act elsewhere
    heard.clear()
    tried = set()
    for step, field in fields(active):
        for key, keys in SHORTCUTS:
            state.set_step(step)
            focus(field, qtbot)
            active.actions_table[key].setEnabled(True)
            press(active, keys)
            assert not heard, (step, field, keys)
        tried.add((step, type(field).__name__))
    assert {step for step, _ in tried} >= {Step.JUDGE, Step.LIVE, Step.REVIEW}, tried
    assert len({kind for _, kind in tried}) >= 3, tried


def test_escape_in_the_search_field_leaves_it_and_training_goes_on(training, state, qtbot):  # noqa: F811
    training.activateWindow()
    qtbot.waitUntil(training.isActiveWindow)
    state.set_step(Step.JUDGE)
    field = focus(training.judge.results.filter, qtbot)
    press(training, "Escape")
    assert state.work.training
    assert not field.hasFocus()
    state.set_step(Step.TRAIN)
    press(training, "Escape")  # outside a field it still cancels
    qtbot.waitUntil(lambda: not state.work.training)


def test_escape_in_a_field_of_each_page_gives_the_keyboard_back(active, state, qtbot):
    for step, field in fields(active):
        state.set_step(step)
        focus(field, qtbot)
        press(active, "Escape")
        assert not field.hasFocus(), (step, field)


def test_space_on_the_live_page_does_nothing_while_the_action_is_disabled(active, state, qtbot, monkeypatch):
    pressed = []
    monkeypatch.setattr(active.workers.camera, "trigger", lambda: pressed.append("trigger"))
    state.set_step(Step.LIVE)
    live = state.live
    focus(active.live, qtbot)
    press(active, "Space")
    assert not pressed  # no source
    frame = Frame(np.zeros((40, 60, 3), np.uint8), 1, 1.0)
    live.set_running(True)
    live.set_connection(CaptureState("streaming"))
    live.set_picture(make_ready(LiveMoment(frame, LivePhase.WATCHING), 0))
    assert live.streaming
    for mode in (LiveMode.CONTINUOUS, LiveMode.ARRIVAL):
        live.set_options(replace(live.options, mode=mode))
        press(active, "Space")
        press(active, "J")
    assert not pressed
    live.set_options(replace(live.options, mode=LiveMode.TRIGGER))
    press(active, "Space")
    assert pressed == ["trigger"]
    live.set_connection(CaptureState("lost"))
    press(active, "Space")
    assert pressed == ["trigger"]


def test_a_lost_source_forgets_the_key_that_was_pressed(window, state):
    class Work:
        forgotten = 0

        def forget_trigger(self):
            self.forgotten += 1

    camera, work = window.workers.camera, Work()
    camera._live = work
    camera._take(camera._jobs["capture"], CaptureState("streaming"))
    assert not work.forgotten
    camera._take(camera._jobs["capture"], CaptureState("lost"))
    assert work.forgotten == 1
    camera._live = None


def test_a_part_that_is_not_held_is_not_acknowledged(window, state, monkeypatch):
    heard = []
    monkeypatch.setattr(window.workers.camera, "acknowledge", lambda: heard.append("on"))
    window.live_commands.acknowledge()
    assert not heard
    state.live.set_held(True)
    window.live_commands.acknowledge()
    assert heard == ["on"]


def test_escape_on_the_second_screen_closes_it_and_cancels_nothing(training, state, qtbot):  # noqa: F811
    state.live.set_options(replace(state.live.options, purpose=Purpose.INSPECT))
    screen = SecondScreen(state, state.live, training)
    screen.show()
    screen.activateWindow()
    qtbot.waitUntil(screen.isActiveWindow)
    press(screen, "Escape")
    assert not screen.isVisible()
    assert state.work.training


def turn_wheel(widget):
    window = widget.window()
    QTest.wheelEvent(window.windowHandle(), QPointF(widget.mapTo(window, widget.rect().center())), QPoint(0, -120))


def test_the_wheel_scrolls_past_fields_and_changes_none(active, state, qtbot):
    """Whoever scrolls the form with the pointer on a field would train with another preset."""
    window = active
    state.set_step(Step.TRAIN)
    window.resize(1100, 640)
    form = window.train.form
    form.details_button.setChecked(True)
    area = next(one for one in window.train.findChildren(QScrollArea) if one.isAncestorOf(form))
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    before = state.recipe
    for field in (form.preset, form.method, form.size, form.seed, form.rate):
        area.verticalScrollBar().setValue(0)
        area.ensureWidgetVisible(field)
        at = area.verticalScrollBar().value()
        turn_wheel(field)
        assert state.recipe == before, field
        assert not field.hasFocus()
        assert area.verticalScrollBar().value() > min(at, area.verticalScrollBar().maximum() - 1), field
    area.ensureWidgetVisible(form.method)
    focus(form.method, qtbot)
    turn_wheel(form.method)  # after a choice the list still has the keyboard
    assert state.recipe == before
    area.ensureWidgetVisible(form.seed)
    form.seed.setValue(7)
    focus(form.seed, qtbot)
    turn_wheel(form.seed)
    assert state.recipe == before.model_copy(update={"seed": 6})


def test_the_wheel_moves_no_threshold(active, state):
    state.set_bundle(bundle(1.0))
    turned = 0
    for step, fields in ((Step.JUDGE, active.judge.threshold), (Step.LIVE, active.live.figures)):
        state.set_step(step)
        for field in (*fields.findChildren(QSlider), *fields.findChildren(QDoubleSpinBox)):
            if field.isVisible() and field.isEnabled():
                turn_wheel(field)
                turned += 1
    assert turned >= 4
    assert state.relative_threshold == 1.0
