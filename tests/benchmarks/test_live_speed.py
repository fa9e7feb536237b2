"""Each step of a frame is timed where it happens, and a stream is judged as in the window."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.speed import live_speed
from benchmarks.speed.live_speed import DECODE, PAINT, STEPS, Jpeg, breakdown, decode, enlarge, stream, write_table
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from tests.conftest import SolarCells


@pytest.fixture(scope="module")
def loaded(trained_bundle: Path) -> LoadedBundle:
    return open_bundle(trained_bundle, device="cpu")


@pytest.fixture(scope="module")
def jpegs(solar_cells: SolarCells) -> list[Jpeg]:
    photos = [read_image(path) for path in list_images(solar_cells.good)[:3]]
    return [cv2.imencode(".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))[1] for photo in photos]


def test_each_step_takes_time_and_together_they_are_nearly_the_whole(loaded: LoadedBundle, jpegs: list[Jpeg]) -> None:
    found = breakdown(loaded, jpegs, rounds=6)
    assert all(found[step] > 0.0 for step in (DECODE, *STEPS, PAINT))
    assert found["the rest"] < found["whole"] / 2


def test_after_the_breakdown_nothing_is_timed_any_more(loaded: LoadedBundle, jpegs: list[Jpeg]) -> None:
    before = type(loaded.detector.backbone).forward  # type: ignore[attr-defined]
    breakdown(loaded, jpegs, rounds=1)
    assert type(loaded.detector.backbone).forward is before  # type: ignore[attr-defined]


@pytest.mark.parametrize("offered", [4.0, None])
def test_a_stream_is_judged_and_shown(loaded: LoadedBundle, jpegs: list[Jpeg], offered: float | None) -> None:
    found = stream(loaded, jpegs, offered, seconds=1.5)
    assert found["shown"] > 0.0
    assert 0.0 < found["p50"] <= found["p95"]
    assert 0.0 <= found["dropped"] < 1.0


def test_frames_are_decoded_in_the_right_colours() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    jpeg = cv2.imencode(".png", cv2.cvtColor(red, cv2.COLOR_RGB2BGR))[1]
    assert np.array_equal(decode(jpeg), red)


def test_a_cell_becomes_a_noisy_frame(solar_cells: SolarCells) -> None:
    photo = read_image(list_images(solar_cells.good)[0])
    frame = enlarge(photo, np.random.default_rng(0))
    assert frame.shape == (*live_speed.FRAME_HW, 3)
    assert frame.dtype == np.uint8
    assert not np.array_equal(frame, enlarge(photo, np.random.default_rng(1)))


def test_the_table_has_a_column_for_each_number_of_threads() -> None:
    one = {
        "threads": 1,
        "frames": 20,
        "steps": {DECODE: 3.0, "whole": 40.0},
        "camera": {"shown": 24.0, "dropped": 0.2, "p50": 60.0, "p95": 80.0},
        "most": {"shown": 26.0, "dropped": 0.0, "p50": 61.0, "p95": 81.0},
    }
    table = write_table([one, one | {"threads": 2, "steps": {DECODE: 2.0, "whole": 20.0}}], 2)
    assert "| one frame, median | 1 thread | 2 threads |" in table
    assert "| frames a second, one after the other | 25 | 50 |" in table
    assert "| 30 a second offered: shown a second | 24.0 (20% dropped) | 24.0 (20% dropped) |" in table
