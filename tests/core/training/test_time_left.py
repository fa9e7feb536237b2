"""The time left of a whole job, from a forecast and from measurements."""

import dataclasses
import itertools

import pytest

from inspector.core.progress import Progress
from inspector.core.training.forecast import Stage
from inspector.core.training.time_left import TimeLeft

STAGES = (Stage("reading", 10, 4.0), Stage("learning", 5, 10.0, before=2.0), Stage("writing", 0, 1.0))


def run(actual, told):
    """Go through the stages as they really take; return (share done, told left, true left) at each report."""
    left, now, points = TimeLeft(told, 100.0), 100.0, []
    total = sum(stage.seconds for stage in actual)
    for stage in actual:
        now += stage.before
        for step in range(1, stage.steps + 1):
            now += (stage.seconds - stage.before) / stage.steps
            left.hear(Progress(stage.name, step, stage.steps), now)
            true = 100.0 + total - now
            points.append((1 - true / total, left.seconds_left(now), true))
    return points


def test_a_true_forecast_is_told_as_it_is():
    for _, told, true in run(STAGES, STAGES):
        assert told == pytest.approx(true, abs=0.3)


@pytest.mark.parametrize("pace", [0.6, 1.7])
def test_a_wrong_pace_is_corrected_while_it_goes(pace):
    finer = tuple(dataclasses.replace(one, steps=one.steps * 10) for one in STAGES)
    slower = tuple(Stage(one.name, one.steps, one.seconds * pace, one.before * pace) for one in finer)
    points = run(slower, finer)
    for done, told, true in points:
        if 0.4 < done < 0.9:
            assert told == pytest.approx(true, rel=0.3)


def test_a_stage_that_does_not_come_is_passed_over_and_one_that_was_not_told_changes_nothing():
    left = TimeLeft(STAGES, 0.0)
    left.hear(Progress("reading", 10, 10), 4.0)
    left.hear(Progress("something else", 1, 7), 4.1)
    assert left.seconds_left(4.1) == pytest.approx(11.0, abs=0.2)
    left.hear(Progress("writing", 0, 1), 4.2)
    assert left.seconds_left(5.2) < 1.5


def test_a_stage_that_is_forecast_to_end_early_is_over_after_so_many_steps():
    left = TimeLeft(STAGES, 0.0)
    left.hear(Progress("reading", 10, 25), 4.0)  # ten steps were forecast, of 25 that there are at most
    assert left.seconds_left(4.0) == pytest.approx(11.0, abs=0.2)


def test_it_counts_down_while_nothing_is_reported_and_does_not_fall_below_nothing():
    left = TimeLeft(STAGES, 0.0)
    left.hear(Progress("reading", 10, 10), 4.0)
    before = left.seconds_left(4.0)
    assert before - left.seconds_left(6.0) == pytest.approx(2.0, abs=0.3)
    assert left.seconds_left(1000.0) == 0.0


def test_it_does_not_jump():
    left = TimeLeft(STAGES, 0.0)
    left.hear(Progress("reading", 1, 10), 3.0)  # far slower than forecast
    told = [left.seconds_left(3.0 + 0.05 * tick) for tick in range(200)]
    assert max(abs(one - other) for one, other in itertools.pairwise(told)) < 2.5


def test_without_a_forecast_nothing_is_told():
    left = TimeLeft((), 0.0)
    left.hear(Progress("reading", 1, 10), 3.0)
    assert left.seconds_left(3.0) is None
