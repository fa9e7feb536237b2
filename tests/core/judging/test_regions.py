import cv2
import numpy as np
import pytest

from inspector.core.judging.regions import find_regions
from inspector.core.values import ScoreMap


def map_of(dense):
    """A score map whose dense form is exactly `dense`."""
    grid = np.asarray(dense, dtype=np.float32)
    return ScoreMap(grid, grid.shape)


def flat_with(*rectangles, shape=(64, 96), low=1.0):
    dense = np.full(shape, low, dtype=np.float32)
    for x, y, w, h, peak in rectangles:
        dense[y : y + h, x : x + w] = peak
    return map_of(dense)


def test_rectangles_come_back_as_boxes_the_highest_first():
    regions = find_regions(flat_with((5, 7, 20, 10, 3.0), (50, 30, 8, 16, 4.0)), 2.0, (64, 96))
    assert [(r.x, r.y, r.w, r.h, r.area_px, r.peak) for r in regions] == [
        (50, 30, 8, 16, 128, 4.0),
        (5, 7, 20, 10, 200, 3.0),
    ]


def test_boxes_and_areas_are_in_pixels_of_the_photo():
    (region,) = find_regions(flat_with((10, 20, 30, 8, 3.0)), 2.0, (64 * 3, 96 * 2))
    assert (region.x, region.y, region.w, region.h) == (20, 60, 60, 24)
    assert region.area_px == 30 * 8 * 6


def test_the_outline_is_in_pixels_of_the_photo_and_encloses_what_the_area_counts():
    (region,) = find_regions(flat_with((10, 20, 30, 8, 3.0)), 2.0, (64 * 4, 96 * 4))
    points = np.array(region.outline, dtype=np.int32)
    assert points[:, 0].min() >= region.x
    assert points[:, 1].min() >= region.y
    assert points[:, 0].max() < region.x + region.w
    assert points[:, 1].max() < region.y + region.h
    # The outline runs through the centres of the outermost map pixels, so it is one map pixel (4 photo pixels) smaller.
    assert cv2.contourArea(points) == pytest.approx((30 - 1) * 4 * (8 - 1) * 4)


def test_a_region_with_a_hole_counts_only_what_is_over_the_threshold():
    dense = np.ones((40, 40), dtype=np.float32)
    dense[10:30, 10:30] = 3.0
    dense[15:25, 15:25] = 1.0
    (region,) = find_regions(map_of(dense), 2.0, (40, 40))
    assert region.area_px == 20 * 20 - 10 * 10
    xs = [x for x, _ in region.outline]
    assert (min(xs), max(xs)) == (10, 29)


def test_a_place_inside_the_box_of_another_keeps_its_own_peak():
    dense = np.ones((40, 40), dtype=np.float32)
    dense[10:30, 10:30] = 3.0
    dense[12:28, 12:28] = 1.0
    dense[19:21, 19:21] = 9.0
    inner, ring = find_regions(map_of(dense), 2.0, (40, 40))
    assert (inner.area_px, inner.peak) == (4, 9.0)
    assert (ring.area_px, ring.peak) == (20 * 20 - 16 * 16, 3.0)


def test_places_that_touch_at_a_corner_are_one_region():
    (region,) = find_regions(flat_with((10, 10, 5, 5, 3.0), (15, 15, 5, 5, 3.0)), 2.0, (64, 96))
    assert (region.x, region.y, region.w, region.h, region.area_px) == (10, 10, 10, 10, 50)


def test_a_score_equal_to_the_threshold_is_no_region():
    score_map = flat_with((10, 10, 5, 5, 2.0))
    assert find_regions(score_map, 2.0, (64, 96)) == []
    assert len(find_regions(score_map, np.nextafter(np.float32(2.0), np.float32(0)), (64, 96))) == 1


@pytest.mark.parametrize("threshold", [1.1, 2.3, 0.7, 1.1 - 1e-12, 1.1 + 1e-9])
def test_a_threshold_between_two_single_precision_numbers_is_not_rounded(threshold):
    # Typed or dragged thresholds have double precision. Rounded to the map's precision they could equal the score, and
    # the part would be NG without a region.
    score_map = flat_with((10, 10, 5, 5, np.float32(threshold)), low=0.1)
    assert bool(find_regions(score_map, threshold, (64, 96))) == (score_map.score > threshold)


@pytest.mark.parametrize("seed", range(25))
def test_regions_exist_exactly_when_the_score_is_above_the_threshold(seed):
    rng = np.random.default_rng(seed)
    grid = rng.gamma(2.0, size=tuple(rng.integers(3, 20, size=2))).astype(np.float32)
    score_map = ScoreMap(grid, (int(rng.integers(20, 120)), int(rng.integers(20, 120))))
    photo_hw = (int(rng.integers(8, 400)), int(rng.integers(8, 400)))
    score = score_map.score
    exact = np.float32(score)
    thresholds = [
        0.0,
        0.5 * score,
        float(np.nextafter(exact, np.float32(0))),
        score,
        float(np.nextafter(exact, np.float32(np.inf))),
    ]
    for threshold in thresholds:
        regions = find_regions(score_map, threshold, photo_hw)
        assert bool(regions) == (score > threshold)
        if regions:
            assert regions[0].peak == score
        for region in regions:
            assert region.peak > threshold
            assert 0 <= region.x < region.x + region.w <= photo_hw[1]
            assert 0 <= region.y < region.y + region.h <= photo_hw[0]
            assert region.area_px >= 1
            assert len(region.outline) >= 1
            assert all(0 <= x < photo_hw[1] and 0 <= y < photo_hw[0] for x, y in region.outline)


def test_the_areas_add_up_to_what_is_over_the_threshold():
    dense = np.random.default_rng(7).gamma(2.0, size=(60, 80)).astype(np.float32)
    dense = cv2.GaussianBlur(dense, (0, 0), 2.0)
    threshold = float(np.quantile(dense, 0.8))
    regions = find_regions(map_of(dense), threshold, (60, 80))
    assert len(regions) > 3
    assert sum(region.area_px for region in regions) == int((dense > threshold).sum())
