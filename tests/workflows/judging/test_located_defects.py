"""Guards judge the photo and not the part: painted defects are never REFUSED, faults of the photo still are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.core.values import ImageRGB, Verdict
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.inspect import inspect_image, inspect_photos
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from tests.conftest import SolarCells
from tests.workflows.training.test_guarding import moved

Paint = Callable[[ImageRGB, int, int, int], None]


@pytest.fixture(scope="module")
def loaded(trained_bundle: Path) -> LoadedBundle:
    return open_bundle(trained_bundle)


@pytest.fixture(scope="module")
def sound(loaded: LoadedBundle, solar_cells: SolarCells) -> list[Path]:
    """Good cells never trained on that are OK as they are."""
    limits = loaded.stored.manifest.limits
    run = inspect_photos(loaded, list_images(solar_cells.mixed / "good"))
    return [one.path for one in run.inspections if one.verdict(limits) is Verdict.OK][:3]


def scratch(image: ImageRGB, x: int, y: int, size: int) -> None:
    cv2.line(image, (x - size, y - size // 3), (x + size, y + size // 3), (230, 230, 230), 3)


def spot(image: ImageRGB, x: int, y: int, size: int) -> None:
    cv2.circle(image, (x, y), size // 2, (15, 15, 15), -1)


def missing_piece(image: ImageRGB, x: int, y: int, size: int) -> None:
    image[max(y - size // 2, 0) : y + size // 2, max(x - size // 2, 0) : x + size // 2] = 0


def stain(image: ImageRGB, x: int, y: int, size: int) -> None:
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(mask, (x, y), (size // 2, size // 3), 30.0, 0.0, 360.0, 1.0, -1)
    mask = 0.7 * np.asarray(cv2.GaussianBlur(mask, (0, 0), 3.0), dtype=np.float32)[..., None]
    image[:] = np.rint(image * (1.0 - mask) + np.array([140.0, 90.0, 40.0]) * mask).astype(np.uint8)


def shifted(image: ImageRGB, right_px: int) -> ImageRGB:
    matrix = np.array([[1.0, 0.0, right_px], [0.0, 1.0, 0.0]])
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=border), dtype=np.uint8)


PLACES = ((150, 150), (60, 80), (250, 220))
SIZES = (16, 40, 90)


@pytest.mark.parametrize("paint", [scratch, spot, missing_piece, stain])
def test_a_painted_defect_is_never_refused(loaded: LoadedBundle, sound: list[Path], paint: Paint) -> None:
    refused, found_ng = {}, 0
    for number, (place, size) in enumerate((place, size) for place in PLACES for size in SIZES):
        path = sound[number % len(sound)]
        image = read_image(path).copy()
        paint(image, *place, size)
        found = inspect_image(loaded, image, path)
        verdict = found.verdict(loaded.stored.manifest.limits)
        found_ng += verdict is Verdict.NG
        if verdict is Verdict.REFUSED:
            refused[path.name, place, size] = found.refusal
    assert not refused
    assert found_ng > 0  # else the guards had nothing to say


@pytest.mark.parametrize(
    "faulty",
    [
        pytest.param(lambda image: np.clip(image * 2.0, 0, 255).astype(np.uint8), id="a stop lighter"),
        pytest.param(lambda image: np.clip(image * 2.0**-0.7, 0, 255).astype(np.uint8), id="0.7 stops darker"),
        pytest.param(lambda image: cv2.GaussianBlur(image, (0, 0), 2.0), id="blur of 2 px"),
        pytest.param(lambda image: moved(image, degrees=12.0), id="turned by 12 degrees"),
        pytest.param(lambda image: shifted(image, right_px=30), id="shifted by a tenth"),
    ],
)
def test_a_fault_of_the_photo_is_still_refused(
    loaded: LoadedBundle, sound: list[Path], faulty: Callable[[ImageRGB], ImageRGB]
) -> None:
    limits = loaded.stored.manifest.limits
    found = [inspect_image(loaded, faulty(read_image(path)), path) for path in sound]
    assert [one.verdict(limits) for one in found] == [Verdict.REFUSED] * len(sound), [one.refusal for one in found]
