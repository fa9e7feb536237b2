"""The benchmark of folders, in small."""

from __future__ import annotations

from pathlib import Path

from benchmarks import folder_speed


def test_each_way_is_measured_and_written(tmp_path: Path) -> None:
    found = folder_speed.measure(tmp_path, photos_count=4, rounds=1, goods=8)
    assert set(found) == {"model", "folder", "one by one"}
    assert min(found.values()) > 0.0
    table = folder_speed.write_table({"model": 50.0, "folder": 45.0, "one by one": 25.0}, 4)
    assert "| the folder, from files to verdicts | 45.0 | 90% |" in table
