"""Agreement over time in the window: asked when it is looked at, drawn by version, told for each dot."""

from datetime import timedelta

import pytest
from PySide6.QtCore import QPointF

from inspector.core.review.decision import Decision, Review
from inspector.gui.findings import part_words
from inspector.gui.state.state import Step
from inspector.storage.history.store import History
from tests.gui.review.conftest import WAIT_MS
from tests.storage.history.conftest import NOON, judged

DAYS = ((0, "a", 2, 1), (1, "a", 3, 0), (2, "b", 1, 1))
"""Day, version, defects, false alarms."""


@pytest.fixture
def days(user_folders):
    """Three days of two versions, decided, and one escape."""
    with History.open() as history:
        for day, version, defects, alarms in DAYS:
            at, which = NOON + timedelta(days=day), {"bundle_sha256": version * 64, "bundle_name": "cells"}
            for decision, count in ((Decision.DEFECT, defects), (Decision.FALSE_ALARM, alarms)):
                for index in range(count):
                    part = history.add(judged(index, 1.5, inspected_at=at, **which))
                    history.review(part, Review(decision, "Kim", NOON))
        part = history.add(judged(0, 0.4, inspected_at=NOON, bundle_sha256="a" * 64, bundle_name="cells"))
        history.review(part, Review(Decision.DEFECT, "Kim", NOON))


def test_the_curve_is_asked_for_when_it_is_opened_and_after_a_review(days, window, state, qtbot):
    page, agreeing = window.review, window.workers.agreeing
    state.set_step(Step.REVIEW)
    qtbot.waitUntil(lambda: state.review.counts.reviewed == 9, timeout=WAIT_MS)
    assert agreeing.curves == ()  # nobody looks at it
    page.over_time.open()
    qtbot.waitUntil(lambda: agreeing.curves != (), timeout=WAIT_MS)
    panel, plot = page.agreement, page.agreement.plot
    assert [(point.agreement.confirmed, point.agreement.decided) for point in plot.points] == [(2, 3), (3, 3), (1, 2)]
    assert [point.bundle_sha256[0] for point in plot.changes] == ["b"]
    assert panel.whole.text() == "NG parts reviewed: 6 defects, 2 false alarms. Agreement 75 %. 1 missed defect."
    assert panel.versions.text() == "From 2026-03-07: version bbbbbb"
    assert not panel.bundle.isVisible()
    with History.open() as history:
        part = history.add(judged(0, 1.5, inspected_at=NOON, bundle_sha256="a" * 64, bundle_name="cells"))
        history.review(part, Review(Decision.DEFECT, "Kim", NOON))
    window.workers.reviewing.count()
    qtbot.waitUntil(lambda: plot.points[0].agreement.decided == 4, timeout=WAIT_MS)


def test_each_dot_says_what_it_rests_on(days, window, state, qtbot):
    state.set_step(Step.REVIEW)
    window.review.over_time.open()
    plot = window.review.agreement.plot
    qtbot.waitUntil(lambda: len(plot.points) == len(DAYS), timeout=WAIT_MS)
    assert [plot.point_at(QPointF(plot.x_of(point) + 3, 40)) for point in plot.points] == list(plot.points)
    assert plot.point_at(QPointF(plot.x_of(plot.points[0]) - 40, 40)) is None
    words = part_words.agreement_point(plot.points[0])
    assert "2026-03-05" in words
    assert "67 % of 3 reviewed NG parts are defects (9 to 99 %)" in words
    assert "1 false alarm, 1 missed defect" in words
    qtbot.waitUntil(lambda: not any(one.busy for one in window.workers._runners.values()), timeout=WAIT_MS)


def test_with_nothing_reviewed_there_is_a_sentence(window, state):
    state.set_step(Step.REVIEW)
    window.review.over_time.open()
    assert "No reviews yet" in window.review.agreement.whole.text()
    assert not window.review.agreement.plot.isVisible()
