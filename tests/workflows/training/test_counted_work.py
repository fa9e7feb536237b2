"""Counts of a photo's cost: passes, products, copies. Never seconds, which depend on the computer."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.photo import measures
from inspector.core.values import ImageRGB
from inspector.engine.bank import nearest_rows
from inspector.engine.bank.nearest_rows import NearestRows
from inspector.engine.features import patches
from inspector.engine.features.backbones import Backbone
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging import inspect as workflow
from inspector.workflows.judging.inspect import inspect_image, inspect_photo
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from tests.conftest import SolarCells


@pytest.fixture(scope="module")
def loaded(trained_bundle: Path) -> LoadedBundle:
    return open_bundle(trained_bundle, device="cpu")


@pytest.fixture(scope="module")
def photo(solar_cells: SolarCells) -> Path:
    return list_images(solar_cells.mixed / "good")[0]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts how often the steps of an inspection are taken."""
    counts = Counter[str]()

    def counting(owner: Any, name: str, step: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def counted(*given: Any, **named: Any) -> Any:
            counts[step] += 1
            return real(*given, **named)

        monkeypatch.setattr(owner, name, counted)

    counting(workflow, "read_image", "decoded")
    counting(workflow, "measure_photo", "measured")
    counting(Backbone, "forward", "passes")
    counting(NearestRows, "search", "searches")
    counting(measures, "resize_image", "resized")
    counting(patches, "resize_image", "resized")
    return counts


def test_a_photo_is_decoded_and_passed_once_and_resized_twice(
    loaded: LoadedBundle, photo: Path, counted: Counter[str]
) -> None:
    """Once for the guards, once for the backbone."""
    assert inspect_photo(loaded, photo).score is not None
    assert counted == {"decoded": 1, "measured": 1, "passes": 1, "searches": 1, "resized": 2}


def test_each_patch_is_compared_with_each_row_once_and_few_are_looked_at_again(
    loaded: LoadedBundle, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = Counter[str]()
    real_best, real_distances = nearest_rows._best, NearestRows._distances

    def best(centred: torch.Tensor, columns: torch.Tensor) -> Any:
        values["products"] += len(centred) * len(columns)
        return real_best(centred, columns)

    def distances(self: NearestRows, queries: Any, of_query: Any, candidates: Any) -> Any:
        values["again"] += len(candidates)
        return real_distances(self, queries, of_query, candidates)

    monkeypatch.setattr(nearest_rows, "_best", best)
    monkeypatch.setattr(NearestRows, "_distances", distances)
    found = inspect_photo(loaded, photo)
    assert found.score_map is not None
    cells, rows = found.score_map.grid.size, len(loaded.stored.arrays["bank"])
    assert values["products"] == cells * rows
    assert values["again"] <= 0.01 * cells * rows


def test_a_search_takes_its_memory_once(loaded: LoadedBundle) -> None:
    rows = torch.from_numpy(loaded.stored.arrays["bank"])
    index, queries = NearestRows(rows), rows[:1024] + 0.1
    index.search(queries)
    assert _peak_bytes(lambda: index.search(queries)) < 2**20  # a product of 1,024 patches alone would be 16 MiB


def test_a_photo_is_judged_with_few_copies_of_it(loaded: LoadedBundle, photo: Path) -> None:
    image_rgb: ImageRGB = np.ascontiguousarray(np.tile(read_image(photo), (3, 3, 1)))
    inspect_image(loaded, image_rgb, photo)
    assert _peak_bytes(lambda: inspect_image(loaded, image_rgb, photo)) < 2.5 * image_rgb.nbytes


def _peak_bytes(work: Callable[[], object]) -> int:
    """Return the peak memory of Python and numpy during work, beyond the memory before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
