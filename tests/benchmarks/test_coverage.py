"""The coverage curve is compared with trainings on really more photos, on photos that none of them saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.judgement import coverage
from benchmarks.judgement.coverage import measure, table


def test_each_number_of_photos_is_trained_on_and_the_table_compares_them(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "COUNTS", (10, 11, 50))
    monkeypatch.setattr(coverage, "UNSEEN", 7)  # six in the test folder, so one of the twelve good ones is spared
    runs = measure(dataset, "patchcore")
    assert [run["goods"] for run in runs] == [10, 11]
    assert all(run["unseen"] < run["defective"] for run in runs)
    assert [run["points"][-1][0] for run in runs] == [9, 10]
    lines = table({"cells": runs}).splitlines()
    assert len(lines) == 2 + 2
    assert lines[2].startswith("| cells | 10 | ")
    assert lines[2].split(" | ")[3] == "11"
    assert lines[3].endswith("|  |  |  |")
