"""The functions that training and inspection spend their time in, each alone, at the sizes of the default recipe.

    python -m pytest -n 0 benchmarks/hot_functions

They compare two versions of the code on one computer: `--benchmark-save before`, then `--benchmark-compare`. The test
suite checks their results; here only their time is measured.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from inspector.core.good_photos.near_duplicates import first_of_its_kind
from inspector.core.judging.heatmap import draw_heatmap
from inspector.core.judging.regions import find_regions
from inspector.core.photo.fingerprint import fingerprint
from inspector.core.photo.measures import measure_photo
from inspector.core.photo.resizing import resize_image
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import DEFAULT_BACKBONE
from inspector.core.values import FloatArray, ImageRGB, ScoreMap
from inspector.engine.bank.coreset import greedy_k_centre
from inspector.engine.bank.nearest_rows import NearestRows
from inspector.engine.features.backbones import Backbone, load_backbone
from inspector.engine.features.fusion import fuse
from inspector.engine.features.patches import patch_features
from inspector.storage.folders import weights_folder

SIZE, WIDTH = 256, 152
CAMERA_HW = (720, 1280)


@pytest.fixture(scope="module")
def camera_photo() -> ImageRGB:
    """Make a frame of a camera: shapes at all scales, and noise."""
    random = np.random.default_rng(0)
    photo = np.zeros((*CAMERA_HW, 3), np.float32)
    for cells in (4, 16, 64, 256):
        field = random.normal(0.0, 30.0, (cells, cells, 3)).astype(np.float32)
        photo += cv2.resize(field, CAMERA_HW[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(photo + 128.0, 0, 255), dtype=np.uint8)


@pytest.fixture(scope="module")
def grid() -> FloatArray:
    """Draw scores of patches, of which about one in a hundred is over 2.3."""
    return np.random.default_rng(0).normal(0.0, 1.0, (32, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    """Load the embedded backbone in the form in which torch runs it."""
    loaded = load_backbone(DEFAULT_BACKBONE, weights_folder(), torch.device("cpu"))
    fuse(loaded)
    return loaded


def test_k_centre(benchmark: BenchmarkFixture) -> None:
    """1,536 of 30,000 projected patches."""
    points = torch.randn(30_000, 64, generator=torch.Generator().manual_seed(0))
    benchmark(lambda: greedy_k_centre(points, 1_536, generator=torch.Generator().manual_seed(0)))


def test_nearest_rows(benchmark: BenchmarkFixture) -> None:
    """The 1,024 patches of a photo among 4,000 rows."""
    generator = torch.Generator().manual_seed(0)
    rows = NearestRows(torch.randn(4_000, WIDTH, generator=generator))
    benchmark(rows.search, torch.randn(1_024, WIDTH, generator=generator))


def test_measures_of_the_guards(benchmark: BenchmarkFixture, camera_photo: ImageRGB) -> None:
    """A camera's frame."""
    benchmark(measure_photo, camera_photo, CAMERA_HW)


def test_resize(benchmark: BenchmarkFixture, camera_photo: ImageRGB) -> None:
    """From a camera's frame to the backbone's input."""
    benchmark(resize_image, camera_photo, (192, 352))


def test_near_duplicates(benchmark: BenchmarkFixture) -> None:
    """500 photos, each with all others."""
    random = np.random.default_rng(0)
    photos = [random.integers(0, 256, (48, 48, 3), dtype=np.uint8) for _ in range(500)]
    prints = np.stack([fingerprint(photo) for photo in photos])
    benchmark(first_of_its_kind, prints, ignore_progress, CancelToken())


@pytest.mark.parametrize("batch", [1, 4])
def test_backbone(benchmark: BenchmarkFixture, backbone: Backbone, batch: int) -> None:
    """Photos of 256 px."""
    images = torch.randint(0, 256, (batch, 3, SIZE, SIZE), generator=torch.Generator().manual_seed(0)).byte()
    with torch.inference_mode():
        benchmark(backbone, images)


def test_patch_features(benchmark: BenchmarkFixture) -> None:
    """Averages over neighbours, and the coarse map on the fine grid, of one photo."""
    maps = [torch.rand(1, 40, 32, 32), torch.rand(1, 112, 16, 16)]
    benchmark(patch_features, maps, 3)


def test_regions(benchmark: BenchmarkFixture, grid: FloatArray) -> None:
    """A score map with about ten regions, in pixels of a camera's frame."""
    benchmark(find_regions, ScoreMap(grid, (SIZE, SIZE)), 2.3, CAMERA_HW)


def test_heatmap(benchmark: BenchmarkFixture, grid: FloatArray, camera_photo: ImageRGB) -> None:
    """Drawn over a camera's frame."""
    dense = ScoreMap(grid, (SIZE, SIZE)).dense()
    benchmark(draw_heatmap, camera_photo, dense, 2.3)
