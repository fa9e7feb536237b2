"""Real photos of solar cells, and a run over them, for the tests of storage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import cv2
import elpv_dataset
import numpy as np
import pytest

from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB, Inspection, Limits, ScoreMap
from inspector.storage.bundles.bundle import BackboneRecord, GoodSetRecord, Manifest
from inspector.storage.photos.images import read_image
from inspector.storage.results.inspection_run import InspectionRun

CELLS = sorted((Path(elpv_dataset.__file__).parent / "data" / "images").glob("*.png"))
INSPECTED_AT = datetime(2026, 3, 5, 14, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def cells() -> list[Path]:
    """Forty photos of solar cells, uint8 gray, 300 x 300 pixels."""
    return CELLS[:40]


@pytest.fixture
def copied(tmp_path: Path, cells: list[Path]) -> Callable[..., Path]:
    """Copy one cell to a name below the test's folder."""

    def copy(name: str, index: int = 0) -> Path:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cells[index], target)
        return target

    return copy


@pytest.fixture
def coloured(cells: list[Path]) -> ImageRGB:
    """A cell in false colours, cut so that height, width and all four corners differ."""
    return cv2.applyColorMap(read_image(cells[0])[:200, :140, 0], cv2.COLORMAP_TURBO)


@cache
def contrast_map(photo: Path) -> ScoreMap:
    """Score a photo by its local contrast: a stand-in for a detector, computed from the real photo."""
    gray = read_image(photo)[..., 0].astype(np.float32)
    contrast = np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 12)) / 16
    grid = cv2.resize(cv2.GaussianBlur(contrast, (0, 0), 6), (32, 32), interpolation=cv2.INTER_AREA)
    return ScoreMap(np.ascontiguousarray(grid, dtype=np.float32), (256, 256))


def judged(photo: Path) -> Inspection:
    score_map = contrast_map(photo)
    return Inspection(photo, (300, 300), score_map.score, score_map, ms=12.5)


@pytest.fixture
def manifest(cells: list[Path]) -> Manifest:
    good_scores = [contrast_map(photo).score for photo in cells]
    return Manifest(
        recipe=Recipe(seed=7, settings={"rows": 1000, "blur": 1.5}),
        backbone=BackboneRecord(name="tf_efficientnet_lite0", sha256="ab" * 32, license="Apache-2.0"),
        goods=GoodSetRecord(folder="good cells", count=len(cells), photo_hw=(300, 300), sha256="cd" * 32),
        threshold=threshold_from_good_scores(good_scores, 0.4),
        good_scores=good_scores,
        bank_rows=1000,
        versions={"inspector": "0.1.0", "python": "3.11.9", "torch": "2.8.0"},
    )


@pytest.fixture
def make_run(manifest: Manifest, tmp_path: Path) -> Callable[..., InspectionRun]:
    """Inspect photos; further inspections may be added."""

    def make(photos: list[Path], *others: Inspection, threshold: float | None = None) -> InspectionRun:
        return InspectionRun(
            bundle_path=tmp_path / "cell.inspector",
            bundle_sha256="ef" * 32,
            manifest=manifest,
            limits=manifest.limits if threshold is None else Limits(threshold),
            inspections=(*(judged(photo) for photo in photos), *others),
            inspected_at=INSPECTED_AT,
        )

    return make
