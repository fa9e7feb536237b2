"""Hidden defects are drawn, trained on and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.judgement import suspects
from benchmarks.judgement.suspects import hide, measure, write_table
from inspector.storage.photos.images import list_images


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "GOODS", 8)
    monkeypatch.setattr(suspects, "HIDDEN", 2)


@pytest.mark.usefixtures("_small")
def test_what_is_hidden_is_defective_and_each_seed_hides_something_else(dataset: Path) -> None:
    drawn = [hide(dataset, seed) for seed in range(4)]
    for photos, hidden in drawn:
        assert len(photos) == len(set(photos)) == 10
        assert hidden <= set(photos)
        assert all(path.parent.name != "good" for path in hidden)
        assert {path.parent for path in set(photos) - hidden} == {dataset / "train" / "good"}
    assert len({frozenset(hidden) for _, hidden in drawn}) > 1
    assert hide(dataset, 2) == drawn[2]


@pytest.mark.usefixtures("_small")
def test_those_among_the_first_are_counted(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "LOOKED_AT", 1.0)
    found = measure(dataset, "patchcore", 0)
    assert found["looked_at"] == len(list_images(dataset / "train" / "good")[:8]) + 2
    assert found["found"] == found["hidden"] == 2
    monkeypatch.setattr(suspects, "LOOKED_AT", 0.1)
    fewer = measure(dataset, "patchcore", 0)
    assert fewer["looked_at"] == 1
    assert fewer["found"] <= 1
    assert fewer["first"] == found["first"]


def test_the_table_adds_up() -> None:
    table = write_table(
        {("cells", "m"): [{"hidden": 8, "found": 6, "first": 4}, {"hidden": 8, "found": 8, "first": 8}]}
    )
    assert table.splitlines()[-1] == "| cells | m | 14 of 16 (88%) | 6, 8 | 75% |"
