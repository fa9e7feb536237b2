from __future__ import annotations

import numpy as np
import pytest

from inspector.core.good_photos.sessions import NO_SESSIONS, Sessions, SessionsBy, grouped
from inspector.core.promise.groups import (
    GroupSearch,
    Neighbours,
    best_of,
    candidates_of,
    in_blocks,
    judge_groupings,
)


def neighbours(points: np.ndarray) -> Neighbours:
    """Of photos with several patches each, as (n, Q, D)."""
    photos = len(points)
    distances = np.stack(
        [
            np.linalg.norm(points[:, :, None, None] - other[None, None, None], axis=-1).min(axis=(2, 3))
            for other in points
        ],
        axis=-1,
    ).astype(np.float32)
    between = distances.mean(axis=1)
    place = np.arange(photos)
    distances[place, :, place] = np.inf
    order = distances.argsort(axis=2)[:, :, : photos - 1]
    return Neighbours(order.astype(np.int32), np.take_along_axis(distances, order, axis=2), between)


def photos(labels: list[int], shift: float, seed: int) -> np.ndarray:
    """Patches of photos whose groups differ by shifts."""
    random = np.random.default_rng(seed)
    own = random.normal(0.0, 1.0, (len(labels), 1, 6)) * 0.5
    shifts = shift * random.normal(0.0, 1.0, (max(labels) + 1, 1, 6))
    return random.normal(0.0, 1.0, (len(labels), 6, 6)) + own + shifts[labels]


def named(labels: list[int], by: SessionsBy = SessionsBy.NAME) -> Sessions:
    return grouped(by, [f"g{label}" for label in labels])


LABELS = [at % 6 for at in range(48)]


def test_groups_that_differ_are_found_and_the_finest_of_those_that_tell_the_same() -> None:
    pairs, other = [at % 6 // 2 for at in range(48)], [at // 8 for at in range(48)]
    judged = judge_groupings(neighbours(photos(LABELS, 1.5, 1)), [named(other), named(pairs), named(LABELS)])
    assert [one.matters for one in judged] == [False, True, True]
    assert best_of(judged) == judged[2]
    assert judged[2].chance == pytest.approx(1 / 200)


def test_exchangeable_photos_have_no_groups() -> None:
    """With many candidates at once; each of these sets has a group by chance in 1 of 100 cases."""
    random = np.random.default_rng(5)
    found = 0
    for seed in range(20):
        labels = random.integers(0, 5, 24).tolist()
        others = [named(random.integers(0, count, 24).tolist()) for count in (2, 3, 4, 6, 8)]
        search = GroupSearch([named(labels), *others], NO_SESSIONS, asked=False)
        search(neighbours(photos([0] * 24, 0.0, seed)))
        found += search.matters
    assert found <= 1


def test_a_grouping_of_single_photos_or_of_nearly_all_says_nothing() -> None:
    singles, giant = named(list(range(20))), named([0] * 18 + [1] * 2)
    assert candidates_of([singles, giant, NO_SESSIONS]) == []
    assert len(candidates_of([named([0, 0, 1, 1]), grouped(SessionsBy.FOLDER, ["x", "x", "y", "y"])])) == 1


def test_photos_alike_with_those_before_and_after_are_found_by_their_order() -> None:
    labels = [0] * 9 + [1] * 14 + [2] * 7 + [3] * 18
    search = GroupSearch([], NO_SESSIONS, asked=False)
    held_out = search(neighbours(photos(labels, 3.0, 2)))
    assert search.matters
    assert search.sessions.by is SessionsBy.ORDER
    assert held_out == labels  # cut where they change, not in equal blocks


def test_clusters_of_looks_are_found_where_names_and_order_say_nothing() -> None:
    random = np.random.default_rng(3)
    labels = random.permutation(LABELS).tolist()
    far = photos(labels, 0.0, 4) + 60.0 * np.eye(6)[labels][:, None]
    search = GroupSearch([], NO_SESSIONS, asked=False)
    held_out = search(neighbours(far))
    assert search.sessions.by is SessionsBy.APPEARANCE
    assert held_out is not None
    assert len(set(zip(held_out, labels, strict=True))) == 6
    # Few clusters are kinds of part rather than places or days.
    two = [label % 2 for label in labels]
    search = GroupSearch([], NO_SESSIONS, asked=False)
    assert search(neighbours(photos(two, 0.0, 4) + 60.0 * np.eye(6)[two][:, None])) is None


def test_groups_that_the_user_asked_for_are_held_out_but_do_not_matter_by_that() -> None:
    apart = neighbours(photos([0] * 48, 0.0, 6))
    search = GroupSearch([named(LABELS, SessionsBy.FOLDER)], named(LABELS), asked=True, by=SessionsBy.FOLDER)
    assert search(apart) == LABELS
    assert not search.matters
    none = GroupSearch([], NO_SESSIONS, asked=True, by=SessionsBy.NONE)
    assert none(neighbours(photos(LABELS, 3.0, 1))) is None


def test_without_neighbours_it_stays_with_what_there_is() -> None:
    search = GroupSearch([named(LABELS)], named(LABELS, SessionsBy.FOLDER), asked=False)
    assert search(None) == LABELS
    assert search.sessions.by is SessionsBy.FOLDER
    assert not search.matters


def test_a_rise_too_small_to_matter_is_left_alone() -> None:
    judged = judge_groupings(
        neighbours(photos([at % 2 for at in range(200)], 0.12, 8)), [named([at % 2 for at in range(200)])]
    )
    assert judged[0].rise < 0.02
    assert not judged[0].matters


def test_blocks_of_the_order_are_of_nearly_equal_size() -> None:
    assert in_blocks(10, 4).counts == (3, 2, 3, 2)
