"""Finding poses, and the way from photo to template and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from inspector.core.progress import Cancelled, CancelToken
from inspector.core.values import ImageRGB
from inspector.engine.methods.coarse_to_fine.congealing import Congealed, Pose, PoseSearch, congeal, search_image
from inspector.engine.methods.coarse_to_fine.geometry import (
    TemplateFrame,
    aligned_crop,
    box_of,
    foreground_mask,
    frame_working_hw,
    to_photo_frame,
    whole_frame,
)
from tests.engine.methods.coarse_to_fine.turned_parts import TurnedPart, turned_part, turned_parts


@pytest.fixture(scope="module")
def parts(good_photos: list[ImageRGB]) -> list[TurnedPart]:
    return turned_parts(good_photos)


@pytest.fixture(scope="module")
def congealed(parts: list[TurnedPart]) -> Congealed:
    return congeal([search_image(part.image) for part in parts], CancelToken())


def turns(degrees: float) -> float:
    return math.degrees(math.remainder(math.radians(degrees), 2 * math.pi))


def test_angles_are_found_up_to_the_templates_own(parts: list[TurnedPart], congealed: Congealed) -> None:
    """The template has an arbitrary rotation, so pose angle + true angle (opposite direction) is the same for all
    parts."""
    sums = [math.degrees(pose.angle) + part.degrees for part, pose in zip(parts, congealed.poses, strict=True)]
    first = sums[0]
    errors = [abs(turns(one - first)) for one in sums]
    assert np.median(errors) < 2.0
    assert np.mean(np.array(errors) > 20) <= 0.1


def test_turned_parts_gain_by_alignment_and_have_no_common_direction(congealed: Congealed) -> None:
    assert congealed.gain > 0.5
    assert congealed.concentration < 0.7


def test_parts_that_lie_still_show_it(good_photos: list[ImageRGB]) -> None:
    still = [turned_part(photo, 0.0, (0.0, 0.0), seed) for seed, photo in enumerate(good_photos)]
    congealed = congeal([search_image(part.image) for part in still], CancelToken())
    assert congealed.concentration > 0.95
    assert congealed.spread < 0.02


def test_a_template_finds_itself_turned_and_shifted(congealed: Congealed) -> None:
    search = PoseSearch(congealed.template)
    there = Pose(0.9, (0.06, -0.04), 1.0)
    square = TemplateFrame((0.0, 0.0), (1.0, 1.0))
    photo = torch.stack(
        [to_photo_frame(one, there, square, (96, 96), (96, 96), padding="zeros") for one in congealed.template]
    )
    found = search.find(photo)[0]
    assert found.angle == pytest.approx(there.angle, abs=math.radians(1))
    assert found.shift_yx == pytest.approx(there.shift_yx, abs=0.01)
    assert found.match > 0.95


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"ground_level": 12.0}, id="light on dark"),
        pytest.param({"size_hw": (230, 36)}, id="elongated"),
        pytest.param({"size_hw": (60, 40), "reach_px": 115.0}, id="small, anywhere in the photo"),
        pytest.param({"reach_px": 75.0}, id="partly out of the photo"),
    ],
)
def test_angles_of_odd_parts_are_found(how: dict[str, object], good_photos: list[ImageRGB]) -> None:
    parts = turned_parts(good_photos, **how)
    congealed = congeal([search_image(part.image) for part in parts], CancelToken())
    sums = [math.degrees(pose.angle) + part.degrees for part, pose in zip(parts, congealed.poses, strict=True)]
    errors = [abs(turns(one - sums[0])) for one in sums]
    # A bare strip looks nearly the same either way round.
    assert np.mean(np.array([min(error, 180 - error) for error in errors]) < 5.0) >= 0.9


def test_a_part_that_looks_the_same_either_way_round_has_two_poses(good_photos: list[ImageRGB]) -> None:
    twofold = np.maximum(good_photos[0], good_photos[0][::-1, ::-1])
    # `turned_part` moves the corner to the middle; this undoes it, so that the part is the middle of the cell.
    centred = np.roll(twofold, (-60, -95), axis=(0, 1))
    parts = [turned_part(centred, degrees, (4.0, -7.0), seed) for seed, degrees in enumerate((0.0, 70.0))]
    poses = PoseSearch(search_image(parts[0].image)).find(search_image(parts[1].image))
    assert len(poses) == 2
    assert abs(turns(math.degrees(poses[0].angle - poses[1].angle))) == pytest.approx(180, abs=3)
    assert poses[1].match > 0.9 * poses[0].match


def test_congealing_stops_when_asked_to(parts: list[TurnedPart]) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        congeal([search_image(part.image) for part in parts], token)


@pytest.mark.parametrize("hw", [(300, 300), (200, 300), (300, 180)])
def test_a_map_of_the_aligned_part_comes_back_to_where_it_was(hw: tuple[int, int], good_photos: list[ImageRGB]) -> None:
    photo = np.ascontiguousarray(good_photos[0][: hw[0], : hw[1]])
    pose = Pose(0.4, (0.03, -0.05), 1.0)
    frame = TemplateFrame((0.02, -0.01), (0.4, 0.35))
    aligned = aligned_crop(photo, pose, frame, (200, 176))
    back = to_photo_frame(torch.from_numpy(aligned[..., 0].copy()).float(), pose, frame, hw, hw, padding="zeros")
    seen = back.numpy() > 0
    assert 0.1 < seen.mean() < 0.9
    difference = np.abs(back.numpy() - photo[..., 0])[seen]
    assert np.median(difference) < 4.0


def test_the_whole_frame_in_the_still_pose_is_the_photo_itself(good_photos: list[ImageRGB]) -> None:
    photo = good_photos[0]
    aligned = aligned_crop(photo, Pose(0.0, (0.0, 0.0), 1.0), whole_frame((300, 300)), (300, 300))
    np.testing.assert_allclose(aligned.astype(int), photo.astype(int), atol=1)


def test_foreground_and_box_hold_the_part_and_leave_the_ground() -> None:
    template = torch.zeros(2, 96, 96)
    template[0, 30:60, 20:50] = 1.0
    template[0, 5, 5] = 1.0  # a speck
    mask = foreground_mask(template)
    assert bool(mask[30:60, 20:50].all())
    assert int(mask.sum()) == 900
    box = box_of(mask)
    assert box.centre_yx == pytest.approx((45 / 96 - 0.5, 35 / 96 - 0.5))
    assert box.size_hw == pytest.approx((30 / 96 + 0.06, 30 / 96 + 0.06))


def test_a_frame_gets_the_same_number_of_pixels_at_its_own_aspect() -> None:
    height, width = frame_working_hw(TemplateFrame((0.0, 0.0), (0.8, 0.2)), 256)
    assert height / width == pytest.approx(4.0, rel=0.15)
    assert height * width == pytest.approx(256 * 256, rel=0.15)
