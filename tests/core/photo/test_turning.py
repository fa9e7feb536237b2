"""Photos turned about their centre: direction, lost area, and visible area."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.core.photo.turning import seen_after_turning, turn_image


def photo(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_quarter_turn_of_a_square_photo_is_exact_and_counterclockwise() -> None:
    image = photo(32, 32)
    np.testing.assert_array_equal(turn_image(image, 90.0), np.rot90(image))


@pytest.mark.parametrize("degrees", [0.0, 360.0, -720.0])
def test_a_full_turn_is_the_photo_itself(degrees: float) -> None:
    image = photo(20, 30)
    assert turn_image(image, degrees) is image


def test_there_and_back_gives_the_middle_of_a_smooth_photo_again() -> None:
    y, x = np.mgrid[0:64, 0:64]
    image = np.stack([2 * y + x, 3 * x, 255 - y], axis=-1).astype(np.uint8)
    back = turn_image(turn_image(image, 33.0), -33.0)
    middle = slice(20, 44)
    assert np.abs(back[middle, middle].astype(int) - image[middle, middle]).max() <= 3


@pytest.mark.parametrize("photo_hw", [(64, 64), (48, 96)])
@pytest.mark.parametrize("degrees", [0.0, 30.0, 45.0, 90.0, 200.0])
def test_what_counts_as_seen_shows_nothing_from_outside(photo_hw: tuple[int, int], degrees: float) -> None:
    # A white photo in black instead of mirrored surroundings shows which pixels come from the photo.
    import cv2

    height, width = photo_hw
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, 1.0)
    white = cv2.warpAffine(np.full(photo_hw, 255, np.uint8), matrix, (width, height))
    seen = seen_after_turning(photo_hw, degrees, (8, 8))
    cells = white.reshape(8, height // 8, 8, width // 8).transpose(0, 2, 1, 3).reshape(8, 8, -1)
    # The outermost pixels blend half a pixel into the black around them; nothing else in a seen cell may.
    assert (np.median(cells[seen], axis=-1) == 255).all()
    assert (cells[seen] > 100).all()
    assert not seen[cells.min(axis=-1) == 0].any()
    assert seen[3:5, 3:5].all()


def test_a_quarter_turn_of_a_square_photo_sees_all_of_it() -> None:
    assert seen_after_turning((64, 64), 90.0, (8, 8)).all()
