"""The preview of feeding false alarms back: names of parts, and confirmed defects that would be lost."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from inspector.core.promise.threshold import promise_at
from inspector.core.review.decision import Decision
from inspector.core.review.feedback import FedBackPart, FeedbackPreview, Rescored
from inspector.core.values import Limits
from inspector.gui.follow_up.feedback_panel import FeedbackPanel
from inspector.gui.state.state import State
from tests.gui.state.test_state import bundle


class Feeding(QObject):
    changed = Signal()
    progressed = Signal(object)
    busy, proposal, undoable = False, None, ""

    def propose(self): ...
    def accept(self): ...
    def leave(self): ...
    def undo(self): ...


@pytest.fixture
def preview():
    promise = promise_at((0.5, 0.6, 0.7), 1.0)
    return FeedbackPreview(
        limits=Limits(1.0),
        parts=(FedBackPart("good/27.png", 1.4, 0.2, 0.9, 8),),
        reviewed=(Rescored("damaged/27.png", Decision.DEFECT, 1.6, 1.2),),
        unchanged=3,
        left_out=(),
        bank_rows=100,
        promise_before=promise,
        promise_after=promise,
    )


@pytest.fixture
def panel(qtbot):
    state = State()
    state.set_bundle(bundle(1.0))
    made = FeedbackPanel(state, Feeding())
    qtbot.addWidget(made)
    made.show()
    return made


def show(panel, preview):
    panel._feeding.proposal = SimpleNamespace(preview=preview, stored=panel._state.bundle.stored)
    panel._feeding.changed.emit()


def test_parts_have_their_names_and_accepting_is_the_prominent_button(panel, preview):
    show(panel, preview)
    assert "good/27.png: NG" in panel.flips.text()
    assert not panel.lost.isVisible()
    assert panel.accept.property("role") == "primary"
    assert panel.accept.isDefault()


def test_lost_defects_are_named_in_red_above_the_buttons_and_accepting_is_not_the_default(panel, preview):
    lost = replace(preview, reviewed=(Rescored("damaged/27.png", Decision.DEFECT, 1.6, 0.4),))
    show(panel, lost)
    assert panel.lost.isVisible()
    assert panel.lost.text() == "1 confirmed defect would become OK: damaged/27.png."
    assert panel.lost.property("type") == "danger"
    assert panel.lost.geometry().bottom() < panel.accept.geometry().top()
    assert panel.accept.property("role") != "primary"
    assert not panel.accept.isDefault()
    assert panel.leave.isDefault()
    show(panel, preview)
    assert panel.accept.isDefault()
    assert not panel.lost.isVisible()


def test_the_keyboard_stays_in_the_panel_and_the_decision_is_told_once(panel, preview, qtbot):
    told = []
    panel.proposed.connect(lambda: told.append(1))
    panel.activateWindow()
    panel.propose.setEnabled(True)
    panel.propose.setFocus()
    qtbot.waitUntil(panel.propose.hasFocus)
    show(panel, preview)
    assert panel.leave.hasFocus()
    panel._state.review.counts_changed.emit()  # a decision on a part
    assert told == [1]
    panel._feeding.proposal = None
    panel._feeding.changed.emit()
    show(panel, preview)
    assert told == [1, 1]
