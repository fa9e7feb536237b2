"""A manifest whose limit is for a photo of a new group: photos left out after a ranking, and parts that are UNSURE."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pydantic import ValidationError

from inspector.core.good_photos.sessions import SessionsBy, grouped
from inspector.core.promise.session_promise import GroupsFound, held_out_sessions, threshold_of_groups
from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.values import Limits
from inspector.storage.bundles.bundle import DefectRecord, Manifest
from inspector.storage.good_photos.good_set_answers import Exclusion
from inspector.workflows.training.strays import line_words

RATE = 0.1

ByGroup = Callable[..., Manifest]


@pytest.fixture
def by_group(manifest: Manifest) -> ByGroup:
    """Return a manifest of good photos in groups, of which the last scores higher than the others."""

    def made(groups: int = 8, taken_out: int = 0, unsure: float | None = None) -> Manifest:
        names = [str(at * groups // 40) for at in range(40)]
        scores = np.random.default_rng(1).uniform(1.0, 2.0, 40)
        held_out = held_out_sessions(grouped(SessionsBy.NAME, names), scores + (np.array(names) == str(groups - 1)))
        assert held_out is not None
        known = threshold_from_good_scores(scores.tolist(), RATE, taken_out=taken_out)
        limit = threshold_of_groups(held_out, known, RATE, taken_out=taken_out)
        return Manifest.model_validate(
            manifest.model_dump()
            | {
                "recipe": manifest.recipe.model_copy(update={"false_alarm_rate": RATE}),
                "good_scores": scores.tolist(),
                "sessions": held_out,
                "groups": GroupsFound(SessionsBy.NAME, groups, 0.1),
                "known_threshold": known,
                "threshold": limit,
                "exclusions": [Exclusion(sha256=f"{at:064x}") for at in range(taken_out)],
                "unsure_threshold": unsure,
            }
        )

    return made


@pytest.mark.parametrize("taken_out", [0, 1, 3, 60])
def test_photos_left_out_after_a_ranking_count_where_groups_set_the_limit(by_group: ByGroup, taken_out: int) -> None:
    manifest = by_group(taken_out=taken_out)
    assert manifest.threshold.false_alarm.goods == manifest.known_threshold.false_alarm.goods == 40 + taken_out
    # Opened again it is the same, and promises the same at the same limit and rate.
    assert Manifest.model_validate(manifest.model_dump()) == manifest
    assert manifest.promise_at(manifest.threshold.value) == manifest.threshold.false_alarm
    assert manifest.threshold_at(RATE) == manifest.threshold
    if taken_out:
        without = by_group()
        assert manifest.threshold.value >= without.threshold.value
        assert manifest.promise_at(99.0).rate > without.promise_at(99.0).rate
        wrong = manifest.model_dump() | {"exclusions": []}
        with pytest.raises(ValidationError, match="goods"):
            Manifest.model_validate(wrong)


def test_the_stated_share_of_unsure_parts_is_that_of_held_out_groups(by_group: ByGroup) -> None:
    manifest = by_group(unsure=1.5)
    limits = manifest.trained_limits
    shares = [
        np.mean([limits.unsure_threshold < score <= limits.threshold for score in group.scores])
        for group in manifest.sessions.sessions
    ]
    assert 0.1 < np.mean(shares) < 0.9
    assert manifest.unsure_share(limits) == pytest.approx(np.mean(shares))
    moved = Limits(limits.threshold, 1.9)
    assert manifest.unsure_share(moved) < manifest.unsure_share(limits)
    assert manifest.unsure_share(Limits(limits.threshold)) is None


def test_too_few_groups_state_no_share_of_unsure_parts(by_group: ByGroup) -> None:
    few = by_group(groups=4, unsure=1.5)
    assert few.unsure_share_known(few.trained_limits) is not None
    assert few.trained_limits.unsure_threshold == 1.5
    assert few.unsure_share(few.trained_limits) is None


def test_the_cost_of_the_stricter_limit_is_shown_by_known_defects(by_group: ByGroup) -> None:
    manifest = by_group()
    known, limit = manifest.known_threshold.value, manifest.threshold.value
    assert known < limit
    defects = DefectRecord(folder="defects", scores=[known - 0.1, (known + limit) / 2, limit + 1, limit + 2])
    found = manifest.model_copy(update={"defects": defects}).detection_at(manifest.limits)
    assert (found.at_limit, found.at_known_limit) == (0.5, 0.75)


def test_parts_of_known_groups_over_their_own_limit_are_unsure_as_often_as_that_limit_promises(
    by_group: ByGroup,
) -> None:
    known = by_group().known_threshold
    manifest = by_group(unsure=known.value)
    limits = manifest.trained_limits
    assert manifest.line_is_known_limit
    assert manifest.unsure_share_known(limits) == known.false_alarm.rate < manifest.unsure_share(limits)
    assert line_words(by_group(unsure=1.5)).endswith("This line is model-based.")
    assert line_words(manifest).endswith("of known groups. This line is the limit for known groups.")
    assert by_group(unsure=1.5).unsure_share_known(Limits(limits.threshold)) is None
