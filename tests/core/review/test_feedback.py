"""The preview of feeding back, in figures and words; the cost of a missed defect."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from inspector.core.promise.threshold import Promise, promise_at
from inspector.core.review.decision import Decision
from inspector.core.review.feedback import FedBackPart, FeedbackPreview, Rescored, preview_words, promise_after_words
from inspector.core.review.missed_defect import missed_defect, missed_words
from inspector.core.values import Limits, Verdict

GOODS = [float(score) for score in range(1, 100)]
LIMITS = Limits(10.0, 8.0)


@pytest.fixture
def preview() -> FeedbackPreview:
    promise = promise_at(GOODS, 99.0)
    return FeedbackPreview(
        limits=LIMITS,
        parts=(FedBackPart("a", 12.0, 6.0, 7.0, 5), FedBackPart("b", 9.0, 8.5, 9.0, 1)),
        reviewed=(
            Rescored("c", Decision.DEFECT, 11.0, 7.9),
            Rescored("d", Decision.DEFECT, 11.0, 9.0),
            Rescored("e", Decision.FALSE_ALARM, 8.1, 8.0),
            Rescored("f", Decision.UNSURE, 30.0, 29.0),
        ),
        unchanged=4,
        left_out=(("g", "the file is empty"),),
        bank_rows=100,
        promise_before=promise,
        promise_after=promise,
        defects_dropped=6,
    )


def test_flips_are_sorted_into_fixed_and_lost(preview: FeedbackPreview) -> None:
    assert [flip.part.name for flip in preview.flips] == ["a", "c", "d", "e"]
    assert [flip.part.name for flip in preview.fixed] == ["a", "e"]
    assert [flip.part.name for flip in preview.lost] == ["c"]
    assert (preview.flips[2].verdict_before, preview.flips[2].verdict_after) == (Verdict.NG, Verdict.UNSURE)
    assert [part.name for part in preview.still_flagged] == ["b"]
    assert (preview.rows_added, preview.fixed_by_others) == (6, 1)


def test_the_preview_in_words(preview: FeedbackPreview) -> None:
    words = preview_words(preview)
    assert words.startswith("2 false alarms fixed, 1 confirmed defect lost, 4 verdicts flip; 6 patches added to 100.\n")
    for said in ("1 of 2 would be OK by the patches", "1 photo left out, the first one because the file is empty.",
                 "1 false alarm would still be flagged", "6 known defects are no longer valid"):  # fmt: skip
        assert said in words


def test_a_part_that_was_not_flagged_may_be_fed_back_and_is_no_false_alarm(preview: FeedbackPreview) -> None:
    nearly = FedBackPart("h", LIMITS.lowest, 6.0, 7.0, 2)
    more = replace(preview, parts=(*preview.parts, nearly))
    assert (more.flagged, more.fixed, more.fixed_by_others) == (2, preview.fixed, 1)
    assert "1 of 2 would be OK by the patches" in preview_words(more)
    assert "8 patches added" in preview_words(more)


def test_the_promise_is_an_upper_limit_once_parts_were_fed_back() -> None:
    promise = promise_at(GOODS, 99.0)
    plain = promise_after_words(promise, 0.01, 0)
    assert "At most" not in plain
    after = promise_after_words(promise, 0.01, 5)
    assert after.startswith(plain)
    assert "At most: 5 good parts were fed back since" in after


def test_a_missed_defect_tells_its_threshold_and_the_price() -> None:
    goods = [("p1", 8.0), ("p2", 8.5), ("p3", 12.0), ("p4", 7.99)]
    missed = missed_defect(8.0, LIMITS, GOODS, goods)
    assert missed is not None
    assert missed.threshold == math.nextafter(8.0, 0.0)
    assert Limits(missed.threshold).verdict_of(8.0) is Verdict.NG
    assert missed.promise == promise_at(GOODS, missed.threshold, chosen=True)
    assert missed.promise.rate > missed.promise_now.rate
    assert missed.flips == (("p2", 8.5), ("p1", 8.0))  # p3 is NG already
    words = missed_words(missed, LIMITS)
    assert "0.80 x the present one" in words
    assert "2 of 4 parts with a false alarm would be NG, too." in words


def test_a_defect_that_is_found_already_was_not_missed() -> None:
    assert missed_defect(10.1, LIMITS, GOODS) is None
    assert missed_defect(0.0, LIMITS, GOODS) is None


def test_what_catching_it_costs_follows_the_promise_that_is_given() -> None:
    for_group = Promise(0.2, 0.0, 0.5, 0.95, 30, groups=9)
    missed = missed_defect(8.0, LIMITS, GOODS, promise=lambda _: for_group)
    assert missed is not None
    assert missed.promise_now == missed.promise == for_group
