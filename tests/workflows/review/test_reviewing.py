"""Counts of reviews, and the agreement between machine and people, on real cells."""

import pytest

from inspector.core.review.agreement import Agreement
from inspector.core.review.decision import Decision, Review
from inspector.core.review.judged_part import FROM_A_FILE
from inspector.workflows.review.reviewing import ReviewCounts, agreement_over_time, review_counts
from tests.storage.history.conftest import NOON, folder, history, judged  # noqa: F401

MADE = (
    (1.5, "a" * 64, Decision.DEFECT),
    (1.5, "a" * 64, Decision.FALSE_ALARM),
    (1.5, "b" * 64, Decision.DEFECT),
    (1.5, "b" * 64, Decision.UNSURE),
    (0.9, "b" * 64, Decision.FALSE_ALARM),
    (0.5, "b" * 64, Decision.DEFECT),
    (1.5, "b" * 64, None),
    (0.9, "b" * 64, None),
    (0.5, "b" * 64, None),
)
"""Relative score (0.8 is the unsure threshold), model, review."""


@pytest.fixture
def reviewed(history):  # noqa: F811
    for index, (score, sha256, decision) in enumerate(MADE):
        part = history.add(judged(index % 3, score, bundle_sha256=sha256, bundle_name=f"cells {sha256[0]}"))
        if decision is not None:
            history.review(part, Review(decision, "Kim", NOON))
    return history


def test_an_empty_history_has_nothing_to_review(history):  # noqa: F811
    assert review_counts(history) == ReviewCounts()
    assert review_counts(history).agreement.share is None


def test_reviewed_parts_are_counted_by_what_was_said(reviewed):
    counts = review_counts(reviewed)
    assert (counts.parts, counts.to_review, counts.reviewed, counts.escapes) == (9, 2, 6, 1)
    assert counts.agreement == Agreement(confirmed=2, false_alarms=1, unsure=1)
    assert counts.agreement.share == pytest.approx(2 / 3)


def test_each_bundle_has_its_own_agreement_the_latest_first(reviewed):
    found = [(one.bundle_name, one.agreement) for one in review_counts(reviewed).bundles]
    assert found == [("cells b", Agreement(1, 0, 1)), ("cells a", Agreement(1, 1, 0))]
    assert reviewed.bundles() == (("b" * 64, "cells b"), ("a" * 64, "cells a"))


def test_a_review_that_was_taken_back_does_not_count(reviewed):
    reviewed.undo_review(1, "Kim", NOON)
    counts = review_counts(reviewed)
    assert counts.agreement == Agreement(1, 1, 1)
    assert counts.to_review == 3


def played(history, part_id, verdict_score, decision, *, source="line/good", index=0):  # noqa: F811
    part = history.add(
        judged(index, verdict_score, bundle_sha256="a" * 64, bundle_name="cells", part_id=part_id, source=source,
               trigger=FROM_A_FILE)
    )  # fmt: skip
    history.review(part, Review(decision, "Kim", NOON))


def test_a_photo_that_is_played_and_reviewed_twice_counts_once_as_the_latest_review_says(history):  # noqa: F811
    played(history, "27.png", 1.5, Decision.FALSE_ALARM)
    played(history, "27.png", 1.5, Decision.DEFECT)
    played(history, "28.png", 0.5, Decision.DEFECT)
    played(history, "28.png", 0.5, Decision.DEFECT)
    counts = review_counts(history)
    assert counts.agreement == Agreement(confirmed=1)
    assert counts.escapes == 1
    assert [one.agreement for one in counts.bundles] == [Agreement(confirmed=1)]
    (curve,) = agreement_over_time(history)
    assert (curve.whole, curve.escapes) == (Agreement(confirmed=1), 1)
    assert counts.reviewed == 4  # each part is reviewed


@pytest.mark.parametrize(
    "other", [{"part_id": "28.png"}, {"source": "line/damaged"}, {"index": 1}], ids=["name", "folder", "content"]
)
def test_another_photo_counts_by_itself(history, other):  # noqa: F811
    first = {"part_id": "27.png", "source": "line/good", "index": 0}
    for one in (first, first | other):
        played(history, verdict_score=1.5, decision=Decision.DEFECT, **one)
    assert review_counts(history).agreement == Agreement(confirmed=2)
