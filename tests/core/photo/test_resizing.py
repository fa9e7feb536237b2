import cv2
import numpy as np
import pytest

from inspector.core.photo import resizing
from inspector.core.photo.resizing import resize_image, shrunk


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, size=(height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size_hw", [(32, 64), (96, 160), (480, 640), (1000, 900)])
def test_the_size_is_what_was_asked_for(size_hw):
    resized = resize_image(noise(480, 640), size_hw)
    assert resized.shape == (*size_hw, 3)
    assert resized.dtype == np.uint8


def test_nothing_is_cropped():
    # Each corner of the photo has its own colour; all four must still be in the corners.
    photo = np.zeros((300, 500, 3), dtype=np.uint8)
    photo[:60, :100], photo[:60, -100:], photo[-60:, :100], photo[-60:, -100:] = 50, 100, 150, 200
    for size_hw in ((64, 96), (600, 1000)):
        corners = resize_image(photo, size_hw)[[0, 0, -1, -1], [0, -1, 0, -1], 0]
        assert corners.tolist() == [50, 100, 150, 200]


def test_fine_texture_shrinks_to_its_mean_and_not_to_a_false_pattern():
    stripes = np.zeros((256, 256, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    resized = resize_image(stripes, (96, 96))
    assert abs(float(resized.mean()) - 100.0) < 1.0
    assert resized.std() < 40.0


def test_shrinking_by_a_whole_factor_is_the_mean_of_each_block():
    photo = noise(64, 96)
    means = photo.reshape(16, 4, 24, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize_image(photo, (16, 24)) - means).max() <= 0.51


def test_a_photo_of_the_right_size_keeps_every_pixel():
    photo = noise(64, 96)
    assert (resize_image(photo, (64, 96)) == photo).all()


def test_the_photo_itself_may_be_read_only_and_is_not_written_to():
    photo = noise(64, 96)
    before = photo.copy()
    photo.flags.writeable = False
    resize_image(photo, (32, 32))
    assert (photo == before).all()


@pytest.mark.parametrize("size_hw", [(288, 512), (192, 352), (320, 1270)])
def test_rows_averaged_ahead_give_the_area_average(size_hw, monkeypatch):
    photo = cv2.GaussianBlur(noise(720, 1280), (0, 0), 1.5)
    calls = []
    real = resizing._averaged_rows
    monkeypatch.setattr(resizing, "_averaged_rows", lambda *given: calls.append(given) or real(*given))
    found = resize_image(photo, size_hw).astype(int)
    expected = cv2.resize(photo, size_hw[::-1], interpolation=cv2.INTER_AREA).astype(int)
    assert len(calls) == 1
    # Halves may be rounded to either side, since sums are taken in another order.
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.01


@pytest.mark.parametrize(
    ("photo_hw", "size_hw"), [((300, 300), (256, 256)), ((512, 512), (256, 256)), ((720, 1280), (360, 640))]
)
def test_elsewhere_opencv_is_as_fast(photo_hw, size_hw, monkeypatch):
    monkeypatch.setattr(resizing, "_averaged_rows", None)
    photo = noise(*photo_hw)
    assert np.array_equal(resize_image(photo, size_hw), cv2.resize(photo, size_hw[::-1], interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("size_hw", [(1, 5000), (5000, 1), (3, 9000)])
def test_a_picture_of_a_single_line_keeps_it_when_it_is_shrunk(size_hw):
    small = shrunk(np.zeros((*size_hw, 3), np.uint8), 440)
    assert max(small.shape[:2]) == 440
    assert min(small.shape[:2]) == 1
