import tracemalloc

import cv2
import numpy as np
import pytest

from inspector.core.judging import heatmap
from inspector.core.judging.heatmap import CLEAR_BELOW, COLOUR_TABLE, LEVELS, SCALE_TOP, colour_indices, draw_heatmap

RELATIVE = np.arange(LEVELS) * SCALE_TOP / (LEVELS - 1)
ALPHA = COLOUR_TABLE[:, 3].astype(int)


def photo(height=40, width=60):
    return np.random.default_rng(0).integers(0, 256, size=(height, width, 3), dtype=np.uint8)


def flat(value, shape=(10, 15)):
    return np.full(shape, value, dtype=np.float32)


def test_below_half_the_limit_nothing_is_drawn():
    assert (ALPHA[RELATIVE < CLEAR_BELOW] == 0).all()
    image = photo()
    assert (draw_heatmap(image, flat(0.49 * 7.0), 7.0) == image).all()


def test_opacity_never_falls_as_the_score_rises():
    assert (np.diff(ALPHA) >= 0).all()
    assert ALPHA[-1] > ALPHA[RELATIVE <= 1.0].max() > 0


def test_the_limit_is_a_step_that_the_eye_finds():
    under, over = ALPHA[RELATIVE <= 1.0].max(), ALPHA[RELATIVE > 1.0].min()
    largest_elsewhere = max(np.diff(ALPHA[RELATIVE <= 1.0]).max(), np.diff(ALPHA[RELATIVE > 1.0]).max())
    assert over - under > 10 * largest_elsewhere


def test_colours_grow_brighter_with_the_score():
    drawn = COLOUR_TABLE[RELATIVE >= CLEAR_BELOW, :3].astype(float)
    luminance = drawn @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > -1.0).all()
    assert luminance[-1] - luminance[0] > 100


def test_the_table_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        COLOUR_TABLE[0, 0] = 1


@pytest.mark.parametrize("threshold", [0.02, 1.0, 37.5])
def test_indices_are_in_threshold_units(threshold):
    relative = np.array([[0.0, 0.5, 0.99, 1.01, 2.0, 50.0]], dtype=np.float32)
    indices = colour_indices(relative * np.float32(threshold), threshold)
    assert indices.dtype == np.uint8
    assert RELATIVE[indices[0]] == pytest.approx(
        [0.0, 0.5, 0.99, 1.01, 2.0, 2.0], abs=SCALE_TOP / (LEVELS - 1) / 2 + 1e-6
    )
    assert ALPHA[indices[0, 2]] < ALPHA[indices[0, 3]] - 50


def test_indices_never_fall_as_the_score_rises():
    scores = np.linspace(-1.0, 10.0, 2000, dtype=np.float32).reshape(1, -1)
    assert (np.diff(colour_indices(scores, 3.0).astype(int)) >= 0).all()


def test_one_scale_for_every_photo():
    # The same relative score has the same colour, however high the rest of the map is: no map is stretched.
    calm, wild = flat(1.2), flat(1.2)
    wild[0, 0] = 40.0
    black = np.zeros((10, 15, 3), dtype=np.uint8)
    assert (draw_heatmap(black, calm, 1.0)[5, 10] == draw_heatmap(black, wild, 1.0)[5, 10]).all()


def test_a_part_over_the_limit_is_tinted_and_one_well_under_it_is_not():
    image = np.full((40, 60, 3), 128, dtype=np.uint8)
    changed = np.abs(draw_heatmap(image, flat(1.5), 1.0).astype(int) - 128).max()
    faint = np.abs(draw_heatmap(image, flat(0.6), 1.0).astype(int) - 128).max()
    assert changed > 60
    assert faint < 15


def test_opacity_zero_is_the_photo_itself_and_the_input_is_never_written_to():
    image = photo()
    before = image.copy()
    assert (draw_heatmap(image, flat(3.0), 1.0, opacity=0.0) == image).all()
    drawn = draw_heatmap(image, flat(3.0), 1.0)
    assert (image == before).all()
    assert not np.shares_memory(drawn, image)


def test_the_heatmap_lies_where_the_score_lies():
    dense = flat(0.0, (20, 30))
    dense[4:8, 20:26] = 2.0
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    ys, xs = np.nonzero(draw_heatmap(image, dense, 1.0).sum(axis=2))
    assert abs(ys.mean() - (6 * 2 - 0.5)) < 0.5
    assert abs(xs.mean() - (23 * 2 - 0.5)) < 0.5


@pytest.mark.parametrize(("hw", "dense_hw"), [((70, 90), (256, 250)), ((256, 256), (32, 32)), ((37, 100), (50, 3))])
def test_strips_are_what_the_whole_would_be(monkeypatch, hw, dense_hw):
    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (*hw, 3), dtype=np.uint8)
    dense = (2 * generator.random(dense_hw)).astype(np.float32)
    whole = cv2.resize(dense, hw[::-1], interpolation=cv2.INTER_LINEAR)
    for pixels in (1, 7 * hw[1], 10**9):
        monkeypatch.setattr(heatmap, "STRIP_PIXELS", pixels)
        different = draw_heatmap(image, dense, 1.0) != draw_heatmap(image, whole, 1.0)
        assert different.mean() < 1e-3  # sums of floats in another order, at a step between two colours


def test_a_heatmap_takes_memory_for_a_strip_and_not_for_the_photo():
    image = np.zeros((3000, 3000, 3), dtype=np.uint8)
    tracemalloc.start()
    draw_heatmap(image, flat(1.2, (64, 64)), 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < image.nbytes + 100 * heatmap.STRIP_PIXELS
