"""The scripts that make datasets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.photos import datasets
from benchmarks.photos.datasets import Dataset, DatasetMissing, find_dataset
from benchmarks.photos.lay_out_parts import GROUND, lay_out_parts
from benchmarks.photos.solar_cells import write_solar_cells
from benchmarks.photos.turn_dataset import turn_dataset
from inspector.storage.datasets.labelled_dataset import read_labelled_dataset
from inspector.storage.photos.images import read_image


@pytest.mark.parametrize("kind", ["mono", "poly"])
def test_solar_cells_are_written_as_a_dataset(tmp_path: Path, kind: str) -> None:
    assert write_solar_cells(kind, tmp_path / "cells", goods=4, new_goods=2, new_defectives=3) == 9
    dataset = read_labelled_dataset(tmp_path / "cells")
    assert len(dataset.goods) == 4
    assert sorted(photo.label for photo in dataset.photos) == ["defective"] * 3 + ["good"] * 2
    assert not dataset.has_masks
    assert [folder.name for folder in tmp_path.iterdir()] == ["cells"]


def test_a_turned_dataset_keeps_labels_and_turns_masks_alike(dataset: Path, tmp_path: Path) -> None:
    assert turn_dataset(dataset, tmp_path / "turned", shift=0.05, seed=0) == 24
    still, turned = read_labelled_dataset(dataset), read_labelled_dataset(tmp_path / "turned")
    assert [photo.label for photo in turned.photos] == [photo.label for photo in still.photos]
    assert turned.has_masks
    for one, other in zip(still.photos, turned.photos, strict=True):
        assert not np.array_equal(read_image(one.path), read_image(other.path))
        if one.mask is not None and other.mask is not None:
            before, after = read_image(one.mask) > 0, read_image(other.mask) > 0
            assert not np.array_equal(before, after)
            assert after.mean() == pytest.approx(before.mean(), rel=0.5)  # some of it turns out of view


def test_a_dataset_is_made_once(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(datasets.DATASETS, "still", Dataset(dataset.name))
    monkeypatch.setitem(datasets.DATASETS, "turned", Dataset("turned", ("photos/turn_dataset.py", dataset.name)))
    made = find_dataset("turned", dataset.parent, tmp_path)
    assert made == tmp_path / "datasets" / "turned"
    assert len(read_labelled_dataset(made).photos) == 12
    monkeypatch.setattr(datasets, "_make", lambda *_: pytest.fail("made again"))
    assert find_dataset("turned", dataset.parent, tmp_path) == made


def test_a_dataset_that_cannot_be_made_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissing, match=r"turn_dataset\.py could not make turned_transistor: .*no such file"):
        find_dataset("turned-transistor", tmp_path / "nowhere", tmp_path)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_a_largest_turn_is_kept(dataset: Path, tmp_path: Path) -> None:
    turn_dataset(dataset, tmp_path / "hardly", shift=0.0, seed=0, largest_turn=0.01)
    turn_dataset(dataset, tmp_path / "far", shift=0.0, seed=0)
    still = read_labelled_dataset(dataset).photos[0].path
    name = still.relative_to(dataset).with_suffix(".png")
    differences = [
        np.abs(read_image(tmp_path / one / name).astype(int) - read_image(still)).mean() for one in ("hardly", "far")
    ]
    assert differences[0] < 1.0 < differences[1]


def test_parts_are_laid_on_a_plain_ground_with_their_masks(dataset: Path, tmp_path: Path) -> None:
    written = lay_out_parts(dataset, tmp_path / "laid")
    laid = read_labelled_dataset(tmp_path / "laid")
    assert len(laid.goods) + len(laid.photos) == written
    assert laid.has_masks
    for photo in laid.photos:
        image = read_image(photo.path)
        corners = np.stack([image[y, x] for y in (0, -1) for x in (0, -1)]).astype(int)
        assert np.abs(np.median(corners) - GROUND) < 30
        if photo.mask is not None:
            assert (read_image(photo.mask)[..., 0] > 0).sum() > 200
