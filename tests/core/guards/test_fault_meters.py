"""Meters for exposure, blur and noise, learned from a few real solar cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import elpv_dataset
import numpy as np
import pytest

from inspector.core.guards.fault_meters import Lessons, compressed, learn_meters, stretched
from inspector.core.guards.simulated_faults import FAULTS, MUST_BE_TOLD, with_fault
from inspector.core.photo.measures import measure_appearance

DATA = Path(elpv_dataset.__file__).parent / "data"
PHOTOS = 24


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    lines = [line.split() for line in (DATA / "labels.csv").read_text(encoding="utf-8").splitlines()]
    names = [name for name, probability, kind in lines if kind == "mono" and float(probability) == 0.0]
    chosen = np.random.default_rng(5).permutation(len(names))[:PHOTOS]
    photos = [np.asarray(cv2.imread(str(DATA / names[one]), cv2.IMREAD_GRAYSCALE), dtype=np.uint8) for one in chosen]
    return Lessons(
        np.stack([measure_appearance(photo) for photo in photos]),
        np.stack([measure_appearance(with_fault(photo, fault)) for photo in photos for fault in FAULTS]),
        np.repeat(np.arange(PHOTOS), len(FAULTS)),
        FAULTS * PHOTOS,
    )


def without(lessons: Lessons, photo: int) -> Lessons:
    kept, copies = np.arange(len(lessons.good)) != photo, lessons.owners != photo
    owners = lessons.owners[copies]
    return Lessons(
        lessons.good[kept],
        lessons.faulty[copies],
        owners - (owners > photo),
        tuple(fault for fault, owner in zip(lessons.faults, lessons.owners, strict=True) if owner != photo),
    )


def test_photos_left_out_read_as_by_meters_learned_without_them(lessons: Lessons) -> None:
    meters, left_out = learn_meters(lessons)
    for photo in range(0, PHOTOS, 6):
        anew, _ = learn_meters(without(lessons, photo))
        copies = lessons.owners == photo
        # Only the scale of the appearances, which has seen the photo, differs.
        assert left_out.good[photo] == pytest.approx(anew.read(lessons.good[photo][None])[0], abs=0.3)
        assert left_out.faulty[copies] == pytest.approx(anew.read(lessons.faulty[copies]), abs=0.3)
        assert left_out.strangeness[photo] == pytest.approx(anew.strangeness(lessons.good[photo][None])[0], rel=0.25)
    learned = np.abs(meters.read(lessons.faulty) - left_out.faulty).mean(axis=0)
    assert (learned > 0.0).all()  # a meter that knows a photo reads it better than a meter that does not


def test_photos_of_a_group_read_as_by_meters_learned_without_the_group(lessons: Lessons) -> None:
    groups = np.arange(PHOTOS) // 4
    _, left_out = learn_meters(replace(lessons, groups=groups))
    others = lessons
    for photo in reversed(np.flatnonzero(groups == 1)):
        others = without(others, photo)
    anew, _ = learn_meters(others)
    own = groups == 1
    assert left_out.good[own] == pytest.approx(anew.read(lessons.good[own]), abs=0.3)
    assert left_out.strangeness[own] == pytest.approx(anew.strangeness(lessons.good[own]), rel=0.25)
    _, alone = learn_meters(lessons)
    assert (left_out.strangeness >= alone.strangeness).all()


def test_what_was_learned_is_not_strange_and_a_photo_left_out_is(lessons: Lessons) -> None:
    meters, left_out = learn_meters(lessons)
    assert meters.strangeness(lessons.faulty) == pytest.approx(np.zeros(len(lessons.faulty)), abs=1e-2)
    assert (left_out.strangeness > 0.5).all()


def test_each_fault_that_must_be_told_is_among_those_that_are_learned() -> None:
    stops, blur, noise = MUST_BE_TOLD
    assert {stops, -stops} <= {fault.stops for fault in FAULTS}
    assert blur in {fault.blur_px for fault in FAULTS}
    assert noise in {fault.noise for fault in FAULTS}


def test_readings_are_stretched_back_to_the_strength_that_was_compressed() -> None:
    strengths = np.array([[-1.0, 0.75, 8.0], [0.25, 3.0, 4.0]])
    assert stretched(compressed(strengths)) == pytest.approx(strengths)


def test_of_many_good_photos_some_teach_and_the_others_are_read_as_new_ones(
    lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.core.guards.fault_meters.MOST_TAUGHT", 8)
    few = lessons.owners < 6
    faults = FAULTS * 6
    meters, left_out = learn_meters(Lessons(lessons.good, lessons.faulty[few], lessons.owners[few], faults))
    spread = set(np.linspace(0, PHOTOS - 1, 8).round().astype(int).tolist())
    others = [photo for photo in range(6, PHOTOS) if photo not in spread]
    assert len(meters.rows) == len(spread | set(range(6))) + len(faults)
    assert left_out.good.shape == (PHOTOS, 3)
    assert left_out.good[others] == pytest.approx(meters.read(lessons.good[others]))
    assert left_out.strangeness[others] == pytest.approx(meters.strangeness(lessons.good[others]))
    assert (left_out.strangeness > 0.0).all()
