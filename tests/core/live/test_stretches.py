"""Frames of one verdict are one stretch, kept with its worst frame."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from inspector.core.live.frames import Frame
from inspector.core.live.stretches import Stretches
from inspector.core.values import Inspection, Limits, Verdict

FPS = 8
LIMITS = Limits(1.0, 0.8)
START = datetime.now().astimezone()
PICTURE = np.zeros((4, 4, 3), np.uint8)


def stretches_at(*scored):
    """Return the stretches of (score, limits), one a frame."""
    found, stretches = [], Stretches()
    for number, (score, limits) in enumerate(scored):
        inspection = Inspection(Path(str(number)), (4, 4), score, refusal=None if score is not None else "too dark")
        frame = Frame(PICTURE.copy(), number, number / FPS)
        ended = stretches.see(frame, inspection, limits, START + timedelta(seconds=number))
        found += [ended] if ended else []
    found.append(stretches.end())
    assert stretches.end() is None
    return found


def stretches_of(scores):
    found = stretches_at(*((score, LIMITS) for score in scores))
    return [(one.verdict.value, one.frame.number, one.frames) for one in found]


def test_a_stretch_keeps_its_worst_frame_and_counts_all():
    assert stretches_of([0.2, 0.5, 0.3]) == [("OK", 1, 3)]


def test_a_worse_verdict_ends_a_stretch_at_once():
    assert stretches_of([0.2] * 3 + [1.4, 1.9, 1.5]) == [("OK", 0, 3), ("NG", 4, 3)]


def test_a_score_about_the_threshold_does_not_end_a_stretch_at_every_frame():
    about = [1.1, 0.9] * 10
    assert stretches_of(about) == [("NG", 0, 20)]


def test_a_better_verdict_ends_a_stretch_once_the_worse_is_gone_for_half_a_second():
    assert stretches_of([1.1] * 3 + [0.5] * 7) == [("NG", 0, 6), ("OK", 6, 4)]


def test_a_long_run_of_good_frames_leaves_one_every_ten_seconds():
    scores = [0.1] * (25 * FPS)
    found = stretches_of(scores)
    assert [verdict for verdict, _, _ in found] == ["OK"] * 3
    assert sum(frames for _, _, frames in found) == len(scores)


def test_frames_that_must_not_be_judged_are_a_stretch_of_their_own():
    assert stretches_of([0.2, None, None, 0.9]) == [("OK", 0, 1), ("REFUSED", 1, 2), ("UNSURE", 3, 1)]


def test_a_stretch_keeps_the_limits_it_was_judged_at_and_ends_when_they_change():
    raised = Limits(2.0)
    ng, ok = stretches_at((1.4, LIMITS), (1.6, LIMITS), (1.5, raised))
    assert (ng.verdict, ng.limits, ng.frames) == (Verdict.NG, LIMITS, 2)
    assert (ok.verdict, ok.limits, ok.frames) == (Verdict.OK, raised, 1)


def test_other_limits_end_a_stretch_of_the_same_verdict_too():
    first, second = stretches_at((1.4, LIMITS), (1.6, Limits(1.2)))
    assert first.verdict is second.verdict is Verdict.NG
    assert (first.limits.threshold, second.limits.threshold) == (1.0, 1.2)


def test_a_limit_raised_after_ng_is_not_taken_for_a_score_about_the_threshold():
    ng, ok = stretches_at((1.4, LIMITS), (1.4, Limits(2.0)), (1.4, Limits(2.0)))
    assert (ng.verdict, ng.frames) == (Verdict.NG, 1)
    assert (ok.verdict, ok.frames) == (Verdict.OK, 2)


def test_a_stretch_was_judged_when_its_worst_frame_was():
    (one,) = stretches_at(*((score, LIMITS) for score in (0.2, 0.5, 0.3)))
    assert one.judged_at == START + timedelta(seconds=1)
