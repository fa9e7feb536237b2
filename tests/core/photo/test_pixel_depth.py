import numpy as np
import pytest

from inspector.core.photo.pixel_depth import (
    FORMER_DEPTH,
    DepthBy,
    PixelDepth,
    StoredRange,
    find_depth,
    range_of,
    to_eight_bits,
)
from inspector.core.photo.pixel_depth_words import depth_words


def deep(*peaks: int, declared: int | None = None, step: int = 1) -> list[StoredRange]:
    return [StoredRange(None, declared, peak, step) for peak in peaks]


@pytest.mark.parametrize(
    ("photos", "bits", "by"),
    [
        (deep(4088, 4095, 3900), 12, DepthBy.VALUES),
        (deep(1000, 1023), 10, DepthBy.VALUES),
        (deep(16_000, 15_000), 14, DepthBy.VALUES),
        (deep(40_095, 65_000), 16, DepthBy.VALUES),
        (deep(250, 255), 8, DepthBy.VALUES),
        (deep(900, 850), 10, DepthBy.VALUES),  # nothing says more; a person can choose 12
        (deep(900, 850, declared=12), 12, DepthBy.TAGS),
        (deep(900, 850, declared=14), 14, DepthBy.TAGS),
        (deep(60_000, 65_520, step=16), 16, DepthBy.VALUES),
        (deep(9_600, 8_000, step=16), 16, DepthBy.VALUES),  # dark, but shifted up
        (deep(65_520, 60_000, declared=12, step=16), 16, DepthBy.VALUES),  # sBIT as the PNG standard means it
        (deep(3_200, 3_000, declared=12, step=16), 12, DepthBy.VALUES),
        (deep(4095, 4000, declared=16), 12, DepthBy.VALUES),
        ([StoredRange(8), StoredRange(8)], 8, DepthBy.FORMAT),
        ([StoredRange(12), StoredRange(12)], 12, DepthBy.FORMAT),
        ([StoredRange(8), *deep(4095)], 12, DepthBy.VALUES),
        (deep(0, 0), 8, DepthBy.VALUES),
    ],
)
def test_one_depth_for_the_whole_set(photos: list[StoredRange], bits: int, by: DepthBy) -> None:
    found = find_depth(photos)
    assert (found.depth.bits, found.depth.by) == (bits, by)
    assert not any(found.depth.problem(one) for one in photos if one.peak)


def test_a_person_decides_otherwise() -> None:
    photos = deep(900, 850)
    depth = find_depth(photos, 12).depth
    assert (depth.bits, depth.by) == (12, DepthBy.HAND)
    assert not any(depth.problem(one) for one in photos)
    former = find_depth(deep(4095, 4000, declared=12), 16).depth
    assert not any(former.problem(one) for one in deep(4095, 3000, declared=12))


@pytest.mark.parametrize(
    ("goods", "photo", "reason"),
    [
        (deep(4090, 4095), StoredRange(None, None, 65_000), "reach 65000"),
        (deep(4090, 4095), StoredRange(None, None, 65_520, 16), "reach 65520"),
        (deep(65_000, 64_000), StoredRange(None, None, 4095), "brightest value is 4095"),
        (deep(65_000, 64_000), StoredRange(None, None, 16_383), "brightest value is 16383"),
        (deep(16_000, 15_900), StoredRange(None, None, 4095), "brightest value is 4095"),
        (deep(4090, 4095), StoredRange(None, None, 1023), "brightest value is 1023"),
        (deep(4090, 4095), StoredRange(None, None, 255), "brightest value is 255"),
        (deep(4090, 4095, declared=12), StoredRange(None, 14, 4000), "has 14 bits a value"),
        (deep(16_000, 9_000), StoredRange(None, 12, 4095), "has 12 bits a value"),
        ([StoredRange(8)], StoredRange(None, None, 4095), "reach 4095"),
        ([StoredRange(8)], StoredRange(None, None, 65_535), "reach 65535"),
    ],
)
def test_a_photo_of_another_depth_is_told(goods: list[StoredRange], photo: StoredRange, reason: str) -> None:
    problem = find_depth(goods).depth.problem(photo)
    assert problem is not None
    assert reason in problem


def test_a_photo_among_the_good_ones_of_another_depth_is_in_the_way_too() -> None:
    goods = deep(65_000, 64_000, 63_000, 4095)
    depth = find_depth(goods).depth
    assert [bool(depth.problem(one)) for one in goods] == [False, False, False, True]
    tagged = [*deep(4000, 4001, declared=12), *deep(4002, declared=14)]
    assert [bool(find_depth(tagged).depth.problem(one)) for one in tagged] == [False, False, True]


def test_darker_photos_of_the_same_depth_are_fine() -> None:
    depth = find_depth(deep(4000, 3500)).depth
    assert depth.problem(StoredRange(None, None, 1024)) is None
    varied = find_depth(deep(4000, 3500, 600)).depth
    assert varied.problem(StoredRange(None, None, 300)) is None
    dark = find_depth(deep(200, 180, 150, declared=12)).depth
    assert dark.problem(StoredRange(None, None, 100)) is None


@pytest.mark.parametrize("photo", [StoredRange(8), StoredRange(12), *deep(1, 65_535)])
def test_former_models_take_every_photo(photo: StoredRange) -> None:
    assert FORMER_DEPTH.problem(photo) is None


def test_files_that_state_their_scale_are_never_in_doubt() -> None:
    depth = find_depth(deep(4095, 4000)).depth
    assert depth.problem(StoredRange(8)) is None
    assert depth.problem(StoredRange(12)) is None
    assert depth.problem(StoredRange(16)) is None


def test_values_are_cut_and_never_stretched() -> None:
    values = np.arange(0, 4096, dtype=np.uint16).reshape(64, 64)
    np.testing.assert_array_equal(to_eight_bits(values, None, PixelDepth(12)), values >> 4)
    np.testing.assert_array_equal(to_eight_bits(values, None, FORMER_DEPTH), values >> 8)
    np.testing.assert_array_equal(to_eight_bits(values, 12, FORMER_DEPTH), values >> 4)
    assert to_eight_bits(values, None, PixelDepth(10)).max() == 255


def test_a_range_is_that_of_all_channels() -> None:
    values = np.array([[[16, 48, 1024]]], np.uint16)
    assert range_of(values, None, 12) == StoredRange(None, 12, 1024, 16)
    assert range_of(values, None, 11).declared == 12
    assert range_of(np.zeros((2, 2), np.uint16), None, 16) == StoredRange(None, None, 0, 1)


def test_words() -> None:
    assert depth_words(find_depth([StoredRange(8)] * 3)) == ""
    assert depth_words(find_depth(deep(4090))) == (
        "Bit depth of the good photos: 12 bits a value, by their brightest value, 4090."
    )
    mixed = depth_words(find_depth([StoredRange(8), *deep(4090, 4091)]))
    assert "The set is mixed. Files of 16 bits, scaled from 12 bits: 2; files that state their own scale: 1." in mixed
