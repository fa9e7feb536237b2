"""Good photos, taken with a camera straight into a folder."""

import threading

import cv2
import numpy as np
import pytest

from inspector.storage.good_photos.good_set import read_good_set
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.live.good_taking import GoodTaking
from tests.line import FPS, Fed, Line, cells


@pytest.fixture(scope="module")
def parts(solar_cells):
    return cells(solar_cells.good)[:8]


class Taking(Fed):
    """Takes photos of good parts."""

    def __init__(self, folder, bundle=None):
        super().__init__()
        self.taken, self.told = [], threading.Condition()
        self.goods = self.works = GoodTaking(folder, self.frames, lambda _view: None, self._on_taken, bundle)

    def _on_taken(self, good):
        with self.told:
            self.taken.append(good)
            self.told.notify()

    def take(self, frames):
        """Ask for a photo once the part before is out of sight."""
        self.feed(frames[:2])
        self.goods.take()
        return self.feed(frames[2:])

    def wait_for(self, count):
        with self.told:
            assert self.told.wait_for(lambda: len(self.taken) >= count, 60.0)


def test_a_part_is_taken_when_asked_and_written_without_loss(tmp_path, parts):
    line = Line(noise=0.0)
    with Taking(tmp_path / "new" / "good") as taking:
        for part in parts[:3]:
            taking.take(line.rests(part, 10))
        taking.wait_for(3)
    paths = list_images(tmp_path / "new" / "good")
    assert [path.name for path in paths] == ["good-0001.png", "good-0002.png", "good-0003.png"]
    assert [one.count for one in taking.taken] == [1, 2, 3]
    assert np.array_equal(read_image(paths[0]), parts[0])


def test_parts_that_come_to_rest_are_taken_by_themselves_once_each(tmp_path, parts):
    line = Line()
    with Taking(tmp_path) as taking:
        taking.goods.automatic = True
        for part in parts[:4]:
            taking.feed(line.passes(part, rest=FPS))
        taking.wait_for(4)
    assert len(list_images(tmp_path)) == 4
    assert read_good_set(tmp_path).photo_hw == (300, 300)


def test_the_same_part_twice_and_a_part_in_other_light_are_told(tmp_path, parts):
    line = Line(noise=0.5)
    with Taking(tmp_path) as taking:
        for part in parts[:6]:
            taking.take(line.rests(part, 10))
        taking.take(line.rests(parts[1], 10))
        taking.take(line.rests(parts[6], 10, gain=0.15))
        taking.wait_for(8)
    first, same, dark = taking.taken[:6], taking.taken[6], taking.taken[7]
    assert same.duplicate_of == taking.taken[1].path
    assert all(one.duplicate_of is None for one in first)
    assert dark.fit.odd_light
    assert dark.fit.stops < -1.0
    assert not any(one.fit.odd_light for one in first)


def test_a_photo_is_taken_back(tmp_path, parts):
    line = Line()
    with Taking(tmp_path) as taking:
        taking.take(line.rests(parts[0], 10)).wait_for(1)
        taking.goods.take_back()
        taking.take(line.rests(parts[1], 10)).wait_for(2)
    assert taking.taken[1].count == 1
    assert len(list_images(tmp_path)) == 1


def test_what_was_in_the_folder_stays(tmp_path, parts):
    (tmp_path / "good-0001.png").write_bytes(b"mine")
    with Taking(tmp_path) as taking:
        taking.take(Line().rests(parts[0], 10)).wait_for(1)
    assert (tmp_path / "good-0001.png").read_bytes() == b"mine"
    assert taking.taken[0].path.name == "good-0002.png"


def test_the_guards_of_a_bundle_tell_what_they_have_against_a_photo(tmp_path, parts, trained_bundle):
    line = Line(noise=0.0)
    with Taking(tmp_path, open_bundle(trained_bundle)) as taking:
        for part in (parts[0], cv2.GaussianBlur(parts[1], (0, 0), 4.0)):
            taking.take(line.rests(part, 10))
        taking.wait_for(2)
    assert taking.taken[0].refusal is None
    assert "focus" in taking.taken[1].refusal


def test_a_source_that_stops_after_a_press_gives_the_frames_that_came(tmp_path, parts):
    """A slow camera, or a video at its end: no later frame says that the time is over."""
    with Taking(tmp_path) as taking:
        taking.take(Line(noise=0.0).rests(parts[0], 3)).wait_for(1)
        taking.goods.finish()
        taking.ended()
    assert np.array_equal(read_image(taking.taken[0].path), parts[0])


def test_the_end_comes_once_all_frames_were_seen(tmp_path, parts):
    with Taking(tmp_path) as taking:
        taking.goods.automatic = True
        taking.feed(Line().passes(parts[0], rest=FPS))
        taking.goods.finish()
        taking.ended()
        assert len(taking.taken) == 1
