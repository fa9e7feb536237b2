"""A small bundle and a small dataset of real cells, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from inspector.storage.photos.photo_list import list_images
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.small import copy_photos, make_dataset, small_recipe


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Compute in one thread: for networks this small, threads cost more than they save, and most on a busy computer."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="session")
def few_goods(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve good cells; read-only by agreement."""
    return copy_photos(list_images(solar_cells.good)[:12], tmp_path_factory.mktemp("few") / "good cells")


@pytest.fixture(scope="session")
def small_bundle(few_goods: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the small recipe; read-only by agreement."""
    bundle = tmp_path_factory.mktemp("small") / "cells.inspector"
    train(few_goods, bundle, small_recipe())
    return bundle


@pytest.fixture(scope="session")
def dataset(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Solar cells in MVTec layout, with masks; read-only by agreement."""
    return make_dataset(tmp_path_factory.mktemp("dataset") / "cells", solar_cells)
