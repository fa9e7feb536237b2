"""Photos made from real photos differ, and measurements are kept and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.measuring.apart import Kept, MeasurementFailed, run_apart
from benchmarks.photos.derived_photos import cut_out, write_photos
from benchmarks.whole_runs.memory import Case, judge_apart, train_apart, write_table
from inspector.core.good_photos.near_duplicates import first_of_its_kind
from inspector.core.photo.fingerprint import fingerprint
from inspector.core.progress import CancelToken, ignore_progress
from inspector.storage.photos.images import list_images, read_image
from tests.conftest import SolarCells


def test_the_photos_made_of_one_cell_are_no_near_duplicates_of_one_another(solar_cells: SolarCells) -> None:
    cells = [read_image(path) for path in list_images(solar_cells.good)[:8]]
    ways = [(turn, row, row) for turn in range(8) for row in range(3)]
    prints = np.stack([fingerprint(cut_out(cell, *way, 128)) for cell in cells for way in ways])
    first = first_of_its_kind(prints, ignore_progress, CancelToken())
    assert (first == np.arange(len(prints))).mean() > 0.95


def test_a_cut_is_what_the_photo_shows_there() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    assert np.array_equal(cut_out(photo, 0, 2, 0, 90), photo[10:, :90])
    assert np.array_equal(cut_out(photo, 5, 0, 2, 90), np.rot90(photo[:, ::-1])[:90, 10:])


def test_a_case_is_written_trained_and_judged(tmp_path: Path) -> None:
    write_photos(tmp_path, goods=10, new=6, size=64)
    assert len(list_images(tmp_path / "good")) == 10
    trained = train_apart(tmp_path, Case(10, 64, "patchcore"))
    assert 2 <= trained["counted"] <= 10
    assert trained["peak_mib"] > 0.0
    assert trained["bundle_bytes"] == (tmp_path / "bundle.inspector").stat().st_size
    judged = judge_apart(tmp_path)
    assert judged["refused"] + judged["judged"] == 6
    assert 0.0 < judged["p50"] <= judged["p95"]


def test_what_was_measured_is_not_measured_again_unless_the_code_changed(tmp_path: Path) -> None:
    made: list[int] = []

    def measure() -> dict[str, Any]:
        made.append(len(made))
        return {"made": made[-1]}

    for source, expected in (("old", 0), ("old", 0), ("new", 1), ("old", 0)):
        assert Kept(tmp_path / "kept", source).once("case", measure) == {"made": expected}


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(MeasurementFailed, match=r"memory\.py --goods: .*expected one argument"):
        run_apart("whole_runs/memory.py", ["--goods"])


def test_the_table_tells_near_duplicates_and_refused_photos() -> None:
    trained = {
        "seconds": {"total": 20.0, "features": 5.0, "guards": 3.0},
        "peak_mib": 2048.0,
        "counted": 97,
        "bank_rows": 4000,
        "bundle_bytes": 3_200_000,
    }
    judged = {"p50": 12.0, "p95": 15.0, "refused": 2, "judged": 38, "opened_seconds": 0.5, "peak_mib": 1024.0}
    table = write_table({Case(100, 256): {"trained": trained, "judged": judged}})
    assert "| 100 | 256 | 20 s | 200 ms | 2.00 GiB | 4,000 | 3.2 MB | 12.0 ms, 15.0 ms | 1.00 GiB |" in table
    assert "features 5.0 s, guards 3.0 s, rest 12.0 s; 3 taken for near-duplicates; 2 of 40 new photos" in table
