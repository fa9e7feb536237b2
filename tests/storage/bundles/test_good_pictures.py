"""Pictures of good photos in a bundle: those that are remembered, small, and within a budget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import BundleCorrupt
from inspector.core.photo.resizing import resize_image
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.values import ImageRGB
from inspector.storage.bundles import good_pictures
from inspector.storage.bundles.good_pictures import good_picture, picture_arrays, remembered_photos, with_pictures
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from tests.conftest import SolarCells

BUNDLE = Path("cells.inspector")


@pytest.fixture(scope="module")
def cells(solar_cells: SolarCells) -> list[ImageRGB]:
    return [read_image(path) for path in list_images(solar_cells.good)[:6]]


def test_remembered_photos_have_a_picture_and_no_other(cells: list[ImageRGB]) -> None:
    arrays = picture_arrays(cells, [0, 2, 5], (128, 128))
    for number, photo in enumerate(cells):
        picture = good_picture(arrays, number, BUNDLE)
        assert (picture is not None) == (number in (0, 2, 5))
        if picture is not None:
            assert picture.shape == (128, 128, 3)
            assert np.abs(picture.astype(int) - resize_image(photo, (128, 128))).mean() < 3.0
    assert good_picture(arrays, 6, BUNDLE) is None
    assert good_picture({}, 0, BUNDLE) is None
    assert picture_arrays(cells, [], (128, 128)) == {}


def test_pictures_shrink_to_stay_within_their_budget(cells: list[ImageRGB], monkeypatch: pytest.MonkeyPatch) -> None:
    full = picture_arrays(cells, range(6), (128, 128))
    monkeypatch.setattr(good_pictures, "BUDGET_BYTES", len(full["pictures"]) - 1)
    smaller = picture_arrays(cells, range(6), (128, 128))
    picture = good_picture(smaller, 5, BUNDLE)
    assert picture is not None
    assert picture.shape == (64, 64, 3)
    monkeypatch.setattr(good_pictures, "BUDGET_BYTES", 2000)
    least = picture_arrays(cells, range(6), (128, 128))
    assert 0 < len(least["pictures"]) <= 2000
    assert good_picture(least, 0, BUNDLE) is not None
    assert good_picture(least, 5, BUNDLE) is None


def test_pictures_added_later_get_the_next_numbers(cells: list[ImageRGB]) -> None:
    first = picture_arrays(cells[:3], [0, 2], (128, 128))
    for before in (first, {}):
        more = with_pictures(before, 3, cells[4:], (64, 64))
        for number in range(3):
            old, now = good_picture(before, number, BUNDLE), good_picture(more, number, BUNDLE)
            assert (old is None) == (now is None)
            assert old is None or np.array_equal(old, now)
        added = good_picture(more, 4, BUNDLE)
        assert added is not None
        assert np.abs(added.astype(int) - resize_image(cells[5], (64, 64))).mean() < 4.0
        assert good_picture(more, 5, BUNDLE) is None


def test_the_bank_s_rows_say_which_photos_are_remembered() -> None:
    arrays = {"bank_photos": np.array([4, 1, 4]), "background_photos": np.array([9])}
    assert remembered_photos(arrays) == [1, 4]
    members = {"member0.bank_photos": np.array([3, 1]), "member1.bank_photos": np.array([2])}
    assert remembered_photos(members) == [1, 2, 3]
    assert remembered_photos({"mean": np.zeros(3)}) == []


def test_a_damaged_picture_names_the_bundle(cells: list[ImageRGB]) -> None:
    arrays = picture_arrays(cells, [0], (64, 64))
    arrays["pictures"] = arrays["pictures"][::-1]
    with pytest.raises(BundleCorrupt, match=r"cells\.inspector: a picture of a good photo"):
        good_picture(arrays, 0, BUNDLE)


def test_stopped_pictures_raise(cells: list[ImageRGB]) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        picture_arrays(cells, [0], (64, 64), token=token)
