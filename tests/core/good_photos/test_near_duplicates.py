from functools import cache
from pathlib import Path

import cv2
import elpv_dataset
import numpy as np
import pytest

from inspector.core.good_photos import near_duplicates
from inspector.core.good_photos.near_duplicates import BLOCK, first_of_its_kind
from inspector.core.photo.fingerprint import fingerprint
from inspector.core.progress import Cancelled, CancelToken, ignore_progress

DATA = Path(elpv_dataset.__file__).parent / "data"


@cache
def good_cells(kind, count):
    """Real photos of good cells, in the order of the package's table."""
    lines = [line.split() for line in (DATA / "labels.csv").read_text(encoding="utf-8").splitlines()]
    names = [name for name, probability, its_kind in lines if its_kind == kind and float(probability) == 0.0]
    return [cv2.cvtColor(cv2.imread(str(DATA / name)), cv2.COLOR_BGR2RGB) for name in names[:count]]


def as_jpeg(image_rgb, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image_rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def shifted(image_rgb, x, y):
    move = np.float32([[1, 0, x], [0, 1, y]])
    return cv2.warpAffine(image_rgb, move, image_rgb.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def brighter(image_rgb):
    return np.clip(image_rgb * 1.04 + 2, 0, 255).astype(np.uint8)


def noisy(image_rgb):
    noise = np.random.default_rng(5).normal(0, 3, image_rgb.shape)
    return np.clip(image_rgb + noise, 0, 255).astype(np.uint8)


def first_of(images):
    return first_of_its_kind(np.stack([fingerprint(one) for one in images]), ignore_progress, CancelToken()).tolist()


@pytest.mark.parametrize(
    "again",
    [
        lambda image: image.copy(),
        lambda image: as_jpeg(image, 75),
        lambda image: as_jpeg(image, 50),
        lambda image: shifted(image, 1, -1),
        lambda image: as_jpeg(shifted(image, 1, 0), 75),
        brighter,
        noisy,
        lambda image: cv2.resize(cv2.resize(image, (150, 150), interpolation=cv2.INTER_AREA), (300, 300)),
    ],
    ids=["copy", "jpeg75", "jpeg50", "shift", "shift and jpeg", "brighter", "noise", "half size"],
)
@pytest.mark.parametrize("kind", ["mono", "poly"])
def test_the_same_photo_is_found_again_however_it_was_saved(kind, again):
    cells = good_cells(kind, 40)
    assert first_of([*cells, *(again(cell) for cell in cells[5:25])]) == [*range(40), *range(5, 25)]


def test_different_photos_of_parts_that_lie_still_are_told_apart():
    mono, poly = good_cells("mono", 150), good_cells("poly", 150)
    assert first_of(mono) == list(range(150))
    assert first_of(poly) == list(range(150))
    # Two kinds of part in a good set: the usual distance is that within a kind.
    assert first_of(mono[:40] + poly[:40]) == list(range(80))


def test_a_difference_of_one_place_is_no_copy():
    cells = good_cells("mono", 30)
    marked = cells[3].copy()
    cv2.circle(marked, (150, 120), 25, (20, 20, 20), -1)
    assert first_of([*cells, marked]) == list(range(31))


def test_copies_far_apart_in_the_order_are_found():
    cells = good_cells("poly", BLOCK + 3)
    assert first_of([*cells, as_jpeg(cells[0], 80)])[-1] == 0
    assert first_of([cells[0], as_jpeg(cells[0], 80), *cells[1:]])[:3] == [0, 0, 2]


def test_each_counts_for_itself_or_for_one_that_does():
    cells = good_cells("mono", 20)
    burst = [shifted(cells[0], step, 0) for step in range(1, 12)]  # a chain: each is like its predecessor
    first = first_of([*cells, *burst])
    assert all(first[kept] == kept for kept in first)
    assert all(kept <= position for position, kept in enumerate(first))
    assert first[20] == 0
    assert first[30] != 0


def test_small_good_sets():
    one, two, three = good_cells("mono", 3)
    assert first_of([one]) == [0]
    assert first_of([one, two]) == [0, 1]
    assert first_of([one, one]) == [0, 0]
    assert first_of([one, as_jpeg(one, 75), two]) == [0, 0, 2]
    assert first_of([one, two, three, one, as_jpeg(two, 75), noisy(three)]) == [0, 1, 2, 0, 1, 2]
    assert first_of([one] * 5) == [0] * 5


def test_photos_of_one_gray_level_are_copies_of_each_other_only():
    gray = [np.full((60, 80, 3), level, dtype=np.uint8) for level in (0, 120)]
    cells = good_cells("mono", 5)
    assert first_of([gray[0], *cells, gray[1]]) == [0, 1, 2, 3, 4, 5, 0]


def test_it_can_be_stopped_and_tells_how_far_it_is():
    fingerprints = np.stack([fingerprint(one) for one in good_cells("mono", BLOCK + 5)])
    told = []
    first_of_its_kind(fingerprints, told.append, CancelToken())
    assert [(one.done, one.total) for one in told] == [(BLOCK, BLOCK + 5), (BLOCK + 5, BLOCK + 5)]
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        first_of_its_kind(fingerprints, ignore_progress, token)


def test_nearly_all_pairs_are_ruled_out_by_a_coarse_look(monkeypatch):
    compared = []
    differences = near_duplicates._differences
    monkeypatch.setattr(
        near_duplicates, "_differences", lambda rows, bases: [compared.append(len(bases)), differences(rows, bases)][1]
    )
    cells = good_cells("poly", 300)
    found = first_of([*cells, *cells[:20]])
    assert found[300:] == list(range(20))
    usual, *pairs = compared
    assert usual == near_duplicates.REFERENCES
    assert sum(pairs) < 320 * 320 / 2 / 50
