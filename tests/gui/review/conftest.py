"""A history of real cells for the review page."""

from __future__ import annotations

import pytest

from inspector.core.review.decision import Decision, Review
from inspector.gui.state.state import Step
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged

WAIT_MS = 60_000
FLAGGED = 20
TO_REVIEW = FLAGGED + 1
"""With the refused part, which is listed last: it has no score."""


def fill(history: History) -> None:
    """Add 20 flagged parts (the higher the number, the worse), two OK ones, a refused one, and a reviewed one."""
    for index in range(FLAGGED):
        history.add(judged(index % 6, 1.05 + 0.04 * index, part_id=f"flagged {index:02d}"))
    for index in range(2):
        history.add(judged(index, 0.4, part_id=f"fine {index}"))
    history.add(judged(2, None, part_id="too dark"))
    number = history.add(judged(3, 1.9, part_id="known crack", bundle_sha256="c" * 64, bundle_name="cells v2"))
    history.review(number, Review(Decision.DEFECT, "Kim", NOON, "crack", "seen before"))


@pytest.fixture
def kept(user_folders):
    """The user's history, filled, before the window opens it."""
    with History.open() as history:
        fill(history)


@pytest.fixture
def review(state):
    return state.review


def settled(window):
    """Whether nothing is fetched, written or counted any more."""
    return not any(window.workers._runners[role].busy for role in ("history", "pictures"))


@pytest.fixture
def page(kept, window, state, qtbot):
    """The review page, its worst part shown."""
    state.set_step(Step.REVIEW)
    qtbot.waitUntil(lambda: state.review.details is not None and settled(window), timeout=WAIT_MS)
    return window.review
