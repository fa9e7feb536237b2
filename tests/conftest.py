"""What all tests share: no display, no user folders, and real photos of solar cells."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Two threads on a busy machine of two cores wait for one another several times as long as they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.core.recipe import Recipe
from inspector.workflows.demo import prepare_demo_data
from inspector.workflows.train import train

GOODS = 30
NEW = 6


@dataclass(frozen=True)
class SolarCells:
    """Photos of monocrystalline cells: `good` to train on; `mixed` never trained on, in good/ and defective/."""

    good: Path
    mixed: Path


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep settings, weights and logs of each test in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("INSPECTOR_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def solar_cells(tmp_path_factory: pytest.TempPathFactory) -> SolarCells:
    """Real photos; read-only by agreement: a test that changes them copies them first."""
    data = prepare_demo_data(tmp_path_factory.mktemp("solar cells"), goods=GOODS, new_goods=NEW, new_defectives=NEW)
    return SolarCells(data.good, data.mixed)


@pytest.fixture(scope="session")
def trained_bundle(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the default recipe, trained on the 30 good cells."""
    bundle = tmp_path_factory.mktemp("bundle") / "cells.inspector"
    train(solar_cells.good, bundle, Recipe())
    return bundle
