"""Guards learned from real solar cells: refusals, their reasons, and their rate among good photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import elpv_dataset
import numpy as np
import pytest

from inspector.core.good_photos.sessions import SessionsBy, grouped
from inspector.core.guards.fault_meters import Lessons
from inspector.core.guards.guards import GuardLessons, Guards, learn_guards
from inspector.core.guards.readings import (
    GUARDS,
    GuardPromise,
    guard_promise_words,
    located_share,
    range_words,
    refusal,
    refusal_beside,
    size_refusal,
    value_words,
    worst_outside,
)
from inspector.core.guards.simulated_faults import FAULTS, with_fault
from inspector.core.photo.measures import PhotoMeasures, measure_appearance, measure_photo, working_gray
from inspector.core.values import GuardReading, ImageRGB, ScoreMap

DATA = Path(elpv_dataset.__file__).parent / "data"
LEARNED, HELD_OUT = 100, 40
HW = (300, 300)


@cache
def cells() -> list[ImageRGB]:
    """Good monocrystalline cells in an order of their own, so that no module is held out as a whole."""
    lines = [line.split() for line in (DATA / "labels.csv").read_text(encoding="utf-8").splitlines()]
    names = [name for name, probability, kind in lines if kind == "mono" and float(probability) == 0.0]
    chosen = np.random.default_rng(2).permutation(len(names))[: LEARNED + HELD_OUT]
    return [cv2.cvtColor(cv2.imread(str(DATA / names[place])), cv2.COLOR_BGR2RGB) for place in chosen]


def lessons(photos: list[ImageRGB], embeddings: np.ndarray) -> GuardLessons:
    measures = [measure_photo(photo) for photo in photos]
    copied = np.arange(0, len(photos), 2)
    faulty = [measure_appearance(with_fault(working_gray(photos[one]), fault)) for one in copied for fault in FAULTS]
    return GuardLessons(
        measures,
        Lessons(
            np.stack([one.appearance for one in measures]),
            np.stack(faulty),
            np.repeat(copied, len(FAULTS)),
            FAULTS * len(copied),
        ),
        embeddings.astype(np.float32),
        HW,
    )


def directions(count: int, seed: int) -> np.ndarray:
    return 1.0 + 0.1 * np.random.default_rng(seed).normal(size=(count, 20))


@pytest.fixture(scope="module")
def guards() -> Guards:
    return learn_guards(lessons(cells()[:LEARNED], directions(LEARNED, 0)), 0.02)


def test_guards_of_groups_that_matter_let_a_new_group_pass() -> None:
    """Six groups of photos, each with its own embeddings; the seventh is a new group."""
    random, labels, known = np.random.default_rng(3), np.arange(42) // 6, 36
    photos, embeddings = cells()[:42], directions(42, 0) + 1.0 * random.normal(size=(7, 20))[labels]
    alone = lessons(photos[:known], embeddings[:known])
    held_out = replace(alone, sessions=grouped(SessionsBy.NAME, [f"day {label}" for label in labels[:known]]))
    plain, by_group = learn_guards(alone, 0.02), learn_guards(held_out, 0.02)
    refused = []
    for guards in (plain, by_group):
        readings = [
            (*guards.check(measure_photo(photo, HW)), guards.check_embedding(embedding))
            for photo, embedding in zip(photos[known:], embeddings[known:].astype(np.float32), strict=True)
        ]
        refused.append(sum(worst_outside(one) is not None for one in readings))
    assert refused[0] > refused[1] == 0
    promise = by_group.allowed.promise
    assert (promise.groups, promise.goods) == (6, 36)
    assert promise.rate >= 1 / 7
    assert plain.allowed.promise.groups == 0
    assert "of a new group in 100" in guard_promise_words(by_group.allowed)
    few = replace(promise, groups=4)
    assert "too few to state" in guard_promise_words(replace(by_group.allowed, promise=few))


def gain(stops: float) -> Callable[[ImageRGB], ImageRGB]:
    return lambda photo: np.clip(np.rint(photo * 2.0**stops), 0, 255).astype(np.uint8)


def moved(degrees: float = 0.0, right: float = 0.0, down: float = 0.0) -> Callable[[ImageRGB], ImageRGB]:
    matrix = cv2.getRotationMatrix2D((149.5, 149.5), degrees, 1.0)
    matrix[:, 2] += right, down
    return lambda photo: cv2.warpAffine(photo, matrix, (300, 300), borderMode=cv2.BORDER_REFLECT_101)


def noisy(photo: ImageRGB) -> ImageRGB:
    noise = np.random.default_rng(7).normal(0.0, 8.0, (300, 300, 1))
    return np.clip(np.rint(photo + noise), 0, 255).astype(np.uint8)


def coloured(red: float, blue: float) -> Callable[[ImageRGB], ImageRGB]:
    gains = 2.0 ** np.array([red, 0.0, blue])
    return lambda photo: np.clip(np.rint(photo * gains), 0, 255).astype(np.uint8)


def refused_for(guards: Guards, change: Callable[[ImageRGB], ImageRGB]) -> Counter[str]:
    worst = [worst_outside(guards.check(measure_photo(change(photo), HW))) for photo in cells()[LEARNED:]]
    return Counter(reading.name for reading in worst if reading is not None)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (gain(1.0), {"exposure"}),
        (lambda photo: cv2.GaussianBlur(photo, (0, 0), 3.0), {"blur"}),
        (noisy, {"noise"}),
        (moved(right=30), {"shift right"}),
        (moved(down=-30), {"shift down"}),
        (moved(degrees=10), {"turn"}),
        (coloured(-0.4, 0.0), {"red", "colour"}),
        (coloured(0.0, 0.4), {"blue", "colour"}),
    ],
    ids=["bright", "blur", "noise", "right", "up", "turned", "less red", "blue"],
)
def test_a_photo_taken_otherwise_is_refused_for_the_right_reason(
    guards: Guards, change: Callable[[ImageRGB], ImageRGB], reasons: set[str]
) -> None:
    found = refused_for(guards, change)
    assert sum(found.values()) >= 0.9 * HELD_OUT
    assert sum(found[reason] for reason in reasons) >= 0.9 * sum(found.values())


def test_half_a_stop_is_refused_although_cells_differ_in_brightness_by_a_factor_of_two(guards: Guards) -> None:
    brightness = [float(photo.mean()) for photo in cells()[:LEARNED]]
    assert max(brightness) > 2.0 * min(brightness)
    assert refused_for(guards, gain(0.5))["exposure"] >= 0.85 * HELD_OUT
    assert refused_for(guards, gain(-0.5))["exposure"] >= 0.5 * HELD_OUT


def test_few_good_photos_tell_what_none_of_them_shows() -> None:
    few = learn_guards(lessons(cells()[:30], directions(30, 0)), 0.02)
    board = np.kron(np.indices((15, 15)).sum(axis=0) % 2, np.ones((20, 20)))
    unseen = np.repeat((60 + 140 * board).astype(np.uint8)[..., None], 3, axis=2)
    outside = [one.name for one in few.check(measure_photo(unseen, HW)) if one.outside]
    assert "strangeness" in outside
    assert "exposure" not in outside  # meters read nothing in unknown faults


def test_good_photos_never_seen_are_refused_no_more_often_than_promised(guards: Guards) -> None:
    refused = sum(refused_for(guards, lambda photo: photo).values())
    assert refused <= guards.allowed.promise.high * HELD_OUT


@pytest.mark.parametrize("kept", [25, 60, 99, 100, 400])
def test_good_photos_are_compared_with_those_that_the_bundle_keeps(monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    """New good photos have the readings of the good photos, however few of these a bundle keeps for the comparison."""
    monkeypatch.setattr("inspector.core.guards.guards.MOST_EMBEDDINGS", kept)
    goods, new = (directions(count, seed)[:, :4] for count, seed in ((LEARNED, 4), (1500, 5)))
    learned = learn_guards(lessons(cells()[:LEARNED], goods), 0.02)
    assert len(learned.arrays()["guards.embeddings"]) == min(kept, LEARNED)
    readings = [learned.check_embedding(one.astype(np.float32)) for one in new]
    # The median of the good photos is 1 by definition; compared with all of them, new photos read 1.6 if 25 are kept.
    assert 0.85 < float(np.median([one.value for one in readings])) < 1.15
    assert np.mean([one.outside for one in readings]) <= learned.allowed.promise.high


def test_readings_tell_the_fault_in_its_own_unit(guards: Guards) -> None:
    photos = cells()[LEARNED:]

    def median(change: Callable[[ImageRGB], ImageRGB], name: str) -> float:
        readings = [guards.check(measure_photo(change(photo), HW)) for photo in photos]
        return float(np.median([one.value for found in readings for one in found if one.name == name]))

    assert median(moved(right=30), "shift right") == pytest.approx(10.0, abs=1.0)
    assert median(moved(down=-30), "shift down") == pytest.approx(-10.0, abs=1.0)
    assert median(moved(degrees=10), "turn") == pytest.approx(10.0, abs=1.0)
    assert median(coloured(0.4, 0.0), "red") == pytest.approx(0.4, abs=0.06)
    assert 0.3 < median(gain(0.5), "exposure") < 0.8
    assert -0.8 < median(gain(-0.5), "exposure") < -0.3


def test_the_promise_counts_the_good_photos_and_is_near_the_rate_asked_for(guards: Guards) -> None:
    assert guards.allowed.promise.goods == LEARNED
    assert guards.allowed.promise.rate <= 0.02
    few = learn_guards(lessons(cells()[:30], directions(30, 0)), 0.02).allowed
    assert few.promise.rate == pytest.approx(1 / 31)  # no lower rate can be promised from 30
    assert "Expect 3.2 photos of good parts in 100 to be refused" in guard_promise_words(few)


def test_arrays_and_ranges_bring_back_the_same_readings(guards: Guards) -> None:
    again = Guards.restore(guards.allowed, guards.arrays() | {"bank": np.zeros(3)}, HW)
    photo = measure_photo(gain(0.3)(cells()[-1]), HW)
    assert again.check(photo) == guards.check(photo)
    embedding = directions(1, 9)[0].astype(np.float32)
    assert again.check_embedding(embedding) == guards.check_embedding(embedding)


def test_arrays_that_lack_something_are_noticed(guards: Guards) -> None:
    arrays = guards.arrays()
    for name in arrays:
        with pytest.raises(KeyError):
            Guards.restore(guards.allowed, {key: one for key, one in arrays.items() if key != name}, HW)
    with pytest.raises(ValueError, match="weights"):
        Guards.restore(guards.allowed, arrays | {"guards.weights": arrays["guards.weights"][:-1]}, HW)


def test_guards_of_an_older_bundle_read_as_they_did(guards: Guards) -> None:
    arrays = guards.arrays()
    narrow = {f"guards.{name}": arrays[f"guards.{name}"][..., :32] for name in ("centre", "scale", "rows")}
    ranges = tuple(one for one in guards.allowed.ranges if one.name != "strangeness")
    older = Guards.restore(
        GuardPromise(ranges, guards.allowed.promise), arrays | narrow | {"guards.usual": arrays["guards.usual"][:1]}, HW
    )
    measures = measure_photo(gain(0.3)(cells()[-1]), HW)
    first = PhotoMeasures(measures.appearance[:32], measures.colour, measures.fingerprint)
    assert older.check(measures) == older.check(first)
    assert [one.name for one in older.check(measures)] == [one.name for one in ranges if one.name != "unlikeness"]
    embedding = directions(1, 9)[0].astype(np.float32)
    assert older.check_embedding(embedding) == guards.check_embedding(embedding)


def test_ranges_that_are_not_those_of_the_guards_are_noticed(guards: Guards) -> None:
    arrays, ranges = guards.arrays(), guards.allowed.ranges
    with pytest.raises(ValueError, match="ranges"):
        Guards.restore(GuardPromise(ranges[1:], guards.allowed.promise), arrays, HW)
    with pytest.raises(ValueError, match="usual"):
        Guards.restore(guards.allowed, arrays | {"guards.usual": arrays["guards.usual"][:1]}, HW)


def test_another_part_is_told_by_its_embedding_and_a_new_photo_of_this_one_passes(guards: Guards) -> None:
    assert not any(guards.check_embedding(one.astype(np.float32)).outside for one in directions(40, 1))
    other = np.where(np.arange(20) < 10, 1.0, -1.0).astype(np.float32)
    reading = guards.check_embedding(other)
    assert reading.outside
    assert (refusal([reading]) or "").startswith("another part, or photographed another way: difference in content")


def test_parts_that_lie_turned_anyhow_have_no_guard_of_their_turn() -> None:
    rng = np.random.default_rng(4)
    scattered = [moved(rng.uniform(-14, 14), *rng.uniform(-30, 30, 2))(photo) for photo in cells()[:40]]
    allowed = learn_guards(lessons(scattered, directions(40, 0)), 0.02).allowed
    off = [one.name for one in allowed.ranges if one.low is None and one.high is None]
    assert "turn" in off
    assert guard_promise_words(allowed).endswith(f"vary too much: {', '.join(off)}.")


def test_a_photo_twice_as_large_reads_as_its_small_copy(guards: Guards) -> None:
    photo = cells()[-2]
    large = cv2.resize(photo, (600, 600), interpolation=cv2.INTER_NEAREST)
    for one, other in zip(guards.check(measure_photo(photo, HW)), guards.check(measure_photo(large, HW)), strict=True):
        assert other.value == pytest.approx(one.value, abs=1e-3)


def test_a_photo_of_one_gray_level_can_be_read(guards: Guards) -> None:
    readings = guards.check(measure_photo(np.full((300, 300, 3), 90, dtype=np.uint8), HW))
    assert all(np.isfinite(reading.value) for reading in readings)


def test_a_refusal_tells_the_worst_reading_with_value_range_and_advice() -> None:
    readings = [
        GuardReading("exposure", 0.52, -0.2, 0.24, "stops"),
        GuardReading("blur", 1.1, None, 1.0, "px"),
        GuardReading("turn", 0.0, -1.0, 1.0, "degrees"),
    ]
    assert refusal(readings) == (
        "too bright: exposure +0.52 stops, allowed -0.20 to +0.24 stops; check the light and the exposure time"
    )
    assert refusal(readings[2:]) is None
    assert (value_words(readings[1]), range_words(readings[1])) == ("1.10 px", "up to 1.00 px")


@pytest.mark.parametrize("photo_hw", [(300, 320), (300, 301), (600, 600), (150, 150), (299, 299)])
def test_another_size_is_refused(photo_hw: tuple[int, int]) -> None:
    assert size_refusal((300, 300), (300, 300)) is None
    assert size_refusal(photo_hw, (300, 300)) == (
        f"the photo is {photo_hw[1]} x {photo_hw[0]} pixels, the good photos are 300 x 300: "
        "its size differs, so it cannot be compared with them; photograph it as the good parts were"
    )


def test_every_guarded_side_has_words_and_every_guard_advice() -> None:
    assert all(guard.advice and (guard.too_low or guard.too_high) for guard in GUARDS)
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


def test_a_value_is_never_printed_as_the_limit_that_it_exceeds() -> None:
    reading = GuardReading("strangeness", 12.6104, None, 12.6101, "times the usual")
    assert "difference in appearance 12.6104 times the usual, allowed up to 12.6101 times" in (refusal([reading]) or "")
    within = GuardReading("strangeness", 12.6101, None, 12.6104, "times the usual")
    assert (value_words(within), range_words(within)) == ("12.6 times the usual", "up to 12.6 times the usual")


@pytest.mark.parametrize(("located", "judged"), [(0.0, False), (0.01, True), (0.5, True), (0.51, False), (1.0, False)])
def test_a_photo_unlike_the_good_ones_is_judged_where_a_minor_part_of_it_is_over_the_limit(
    located: float, judged: bool
) -> None:
    overall = [
        GuardReading("strangeness", 9.0, None, 4.0, "times the usual"),
        GuardReading("unlikeness", 4.0, None, 2.0, "times the usual"),
    ]
    assert (refusal_beside(overall, located) is None) is judged
    assert refusal_beside([*overall, GuardReading("blur", 1.6, None, 1.0, "px")], located) is not None


def test_an_anomaly_is_located_where_it_is_clearly_over_the_limit() -> None:
    grid = np.zeros((8, 8), dtype=np.float32)
    grid[2:4, 2:4] = 1.29
    assert located_share(ScoreMap(grid.copy(), (8, 8)), 1.0) == 0.0
    grid[2, 2] = 1.31
    assert located_share(ScoreMap(grid, (8, 8)), 1.0) == 4 / 64
