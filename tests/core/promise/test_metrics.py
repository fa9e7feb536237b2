"""AUROC and F1 against scikit-learn, AUPRO against a slow version that follows its definition word by word."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score, roc_auc_score

from inspector.core.promise.metrics import aupro, auroc, f1
from inspector.core.values import FloatArray

Mask = NDArray[np.bool_]


def labels_of_both_kinds(random: np.random.Generator, count: int) -> Mask:
    labels = random.random(count) < 0.3
    labels[0], labels[1] = True, False
    return labels


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("levels", [2, 7, 1000, None])
def test_auroc_is_scikit_learns_with_and_without_ties(seed: int, levels: int | None) -> None:
    random = np.random.default_rng(seed)
    labels = labels_of_both_kinds(random, 200)
    scores = random.normal(labels * 0.7, 1.0)
    if levels is not None:
        scores = np.floor(scores * levels / 4)
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_auroc_at_its_ends() -> None:
    labels = np.array([False, False, True, True])
    assert auroc(np.array([1.0, 2.0, 3.0, 4.0]), labels) == 1.0
    assert auroc(np.array([4.0, 3.0, 2.0, 1.0]), labels) == 0.0
    assert auroc(np.ones(4), labels) == 0.5


@pytest.mark.parametrize("kind", [True, False])
def test_auroc_needs_both_kinds(kind: bool) -> None:
    with pytest.raises(ValueError, match="good and defective"):
        auroc(np.arange(3.0), np.full(3, kind))


@pytest.mark.parametrize("seed", range(5))
def test_auroc_sees_only_the_order_of_the_scores(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels, scores = labels_of_both_kinds(random, 50), random.random(50)
    assert auroc(np.exp(5 * scores), labels) == auroc(scores, labels)
    assert auroc(-scores, labels) == pytest.approx(1 - auroc(scores, labels), abs=1e-12)


@pytest.mark.parametrize("threshold", [-9.0, 0.0, 0.5, 2.0, 9.0])
def test_f1_is_scikit_learns(threshold: float) -> None:
    random = np.random.default_rng(4)
    labels = labels_of_both_kinds(random, 100)
    scores = np.round(random.normal(labels * 1.5, 1.0), 1)  # some scores lie exactly at the threshold
    expected = f1_score(labels, scores > threshold, zero_division=0.0)
    assert f1(scores, labels, threshold) == pytest.approx(expected, abs=1e-12)


def test_a_score_at_the_threshold_is_not_called() -> None:
    assert f1(np.array([1.0, 2.0]), np.array([False, True]), 1.0) == 1.0
    assert f1(np.array([1.0, 2.0]), np.array([False, True]), 2.0) == 0.0


def regions_of(mask: Mask) -> list[list[tuple[int, int]]]:
    """Walk from pixel to touching pixel, corners included."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    regions = []
    while left:
        region, border = [], [left.pop()]
        while border:
            y, x = border.pop()
            region.append((y, x))
            touching = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= touching
            border += touching
        regions.append(region)
    return regions


def slow_aupro(maps: Sequence[FloatArray], masks: Sequence[Mask], limit: float) -> float:
    """At each threshold: the mean share of each region that is over it, against the share of good pixels over it."""
    points = [(0.0, 0.0)]
    for threshold in sorted({float(value) for one in maps for value in one.ravel()}, reverse=True):
        overlaps, over, good = [], 0, 0
        for one, mask in zip(maps, masks, strict=True):
            for region in regions_of(mask):
                overlaps.append(sum(one[pixel] >= threshold for pixel in region) / len(region))
            over += int((one[~mask] >= threshold).sum())
            good += int((~mask).sum())
        points.append((over / good, sum(overlaps) / len(overlaps)))
    area = 0.0
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 >= limit or x1 == x0:
            continue
        end = min(x1, limit)
        y_end = y0 + (y1 - y0) * (end - x0) / (x1 - x0)
        area += (end - x0) * (y0 + y_end) / 2
    return area / limit


def random_case(seed: int, levels: int) -> tuple[list[FloatArray], list[Mask]]:
    random = np.random.default_rng(seed)
    masks = [np.zeros((12, 15), dtype=bool) for _ in range(3)]
    masks[0][1:4, 2:5] = masks[0][8:10, 9:14] = masks[0][6, 6] = True  # three regions of different size
    masks[1][2:7, 3:6] = masks[1][7, 6] = True  # one region: it touches by a corner
    maps = [random.normal(mask * 1.0, 1.0) for mask in masks]
    return [np.floor(one * levels / 4).astype(np.float32) for one in maps], masks


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
@pytest.mark.parametrize(("seed", "levels"), [(0, 3), (1, 20), (2, 1000)])
def test_aupro_is_what_its_definition_says(seed: int, levels: int, limit: float) -> None:
    maps, masks = random_case(seed, levels)
    assert [len(regions_of(mask)) for mask in masks] == [3, 1, 0]
    assert aupro(maps, masks, limit) == pytest.approx(slow_aupro(maps, masks, limit), abs=1e-9)


@pytest.mark.parametrize("limit", [0.05, 0.3])
def test_a_perfect_map_has_aupro_one_and_a_reversed_one_has_none(limit: float) -> None:
    _, masks = random_case(0, 1)
    perfect = [mask.astype(np.float32) for mask in masks]
    assert aupro(perfect, masks, limit) == pytest.approx(1.0, abs=1e-12)
    assert aupro([1 - one for one in perfect], masks, limit) == pytest.approx(0.0, abs=1e-12)


def test_a_small_region_counts_as_much_as_a_large_one() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[2:12, 2:12] = mask[17, 17] = True
    only_large, only_small = np.zeros((2, 20, 20), dtype=np.float32)
    only_large[2:12, 2:12] = only_small[17, 17] = 1.0
    assert aupro([only_large], [mask], 0.3) == pytest.approx(aupro([only_small], [mask], 0.3), abs=1e-12)


def test_aupro_needs_a_region_and_a_good_pixel() -> None:
    empty, full = np.zeros((4, 4), dtype=bool), np.ones((4, 4), dtype=bool)
    maps = [np.zeros((4, 4), dtype=np.float32)]
    with pytest.raises(ValueError, match="region"):
        aupro(maps, [empty], 0.3)
    with pytest.raises(ValueError, match="good pixels"):
        aupro(maps, [full], 0.3)
