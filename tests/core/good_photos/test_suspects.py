from pathlib import Path

import numpy as np
import pytest

from inspector.core.good_photos.suspects import count_once, rank_goods
from inspector.core.photo.fingerprint import FINGERPRINT_PX
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ScoreMap


def map_with(peak, row, column):
    grid = np.full((8, 16), 0.25, dtype=np.float32)
    grid[row, column] = peak
    return ScoreMap(grid, (64, 128))


def test_the_most_suspicious_comes_first_with_its_place_in_the_photo():
    maps = [map_with(1.0, 0, 0), map_with(3.0, 6, 12), map_with(2.0, 3, 3)]
    ranked = rank_goods([Path("a"), Path("b"), Path("c")], maps, 2.0, (640, 2560))
    assert [good.path.name for good in ranked] == ["b", "c", "a"]
    assert [good.score for good in ranked] == [one.score for one in (maps[1], maps[2], maps[0])]
    assert ranked[0].relative_score == pytest.approx(maps[1].score / 2.0)
    x, y = ranked[0].peak_xy
    assert x == pytest.approx((12 + 0.5) * 2560 / 16, abs=2560 / 16 / 2)
    assert y == pytest.approx((6 + 0.5) * 640 / 8, abs=640 / 8 / 2)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 15), (7, 0), (7, 15)])
def test_the_place_lies_inside_the_photo(row, column):
    (good,) = rank_goods([Path("a")], [map_with(1.0, row, column)], 1.0, (3, 5))
    x, y = good.peak_xy
    assert (x, y) == (4 if column else 0, 2 if row else 0)


def test_equal_scores_keep_their_order():
    maps = [map_with(1.0, 1, 1)] * 3
    assert [good.path.name for good in rank_goods([Path(n) for n in "abc"], maps, 1.0, (9, 9))] == ["a", "b", "c"]


def test_a_map_for_each_photo():
    with pytest.raises(ValueError, match="shorter"):
        rank_goods([Path("a"), Path("b")], [map_with(1.0, 1, 1)], 1.0, (9, 9))


def test_near_duplicates_count_once():
    rng = np.random.default_rng(0)
    prints = rng.normal(size=(4, FINGERPRINT_PX, FINGERPRINT_PX)).astype(np.float16)
    counted = count_once(prints[[0, 1, 0, 2, 1, 0, 3]], ignore_progress, CancelToken())
    assert counted.distinct == (0, 1, 3, 6)
    assert counted.near_duplicates == ((2, 0), (4, 1), (5, 0))
