"""Folders of photos as a source: in natural order, each once, bad ones told and left out."""

import shutil

import numpy as np
import pytest

from inspector.core.errors import ImageUnreadable, SourceError
from inspector.core.progress import CancelToken
from inspector.devices.addresses import open_source
from inspector.devices.sources.frame_source import SourceEnded
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.live.capture import capture


@pytest.fixture
def folder(solar_cells, tmp_path):
    for name, cell in zip(("part10.png", "part2.png", "part1.png"), list_images(solar_cells.good), strict=False):
        shutil.copy(cell, tmp_path / name)
    return tmp_path


def test_photos_come_in_natural_order_under_their_names(folder):
    source = open_source(str(folder))
    source.open()
    frames = [source.read(0.1) for _ in range(3)]
    assert [frame.name for frame in frames] == ["part1.png", "part2.png", "part10.png"]
    assert [frame.number for frame in frames] == [0, 1, 2]
    assert np.array_equal(frames[1].image_rgb, read_image(folder / "part2.png"))
    for _ in range(2):
        with pytest.raises(SourceEnded):
            source.read(0.1)
    assert not source.live
    assert source.name == folder.name


def test_a_damaged_photo_is_told_and_the_next_one_comes(folder):
    (folder / "part2.png").write_bytes(b"\x89PNG\r\n\x1a\n half")
    source = open_source(str(folder))
    source.open()
    assert source.read(0.1).name == "part1.png"
    with pytest.raises(ImageUnreadable, match=r"part2\.png"):
        source.read(0.1)
    after = source.read(0.1)
    assert (after.name, after.number) == ("part10.png", 2)


def test_one_photo_is_a_source_of_one(folder):
    source = open_source(str(folder / "part2.png"))
    source.open()
    assert source.read(0.1).name == "part2.png"
    with pytest.raises(SourceEnded):
        source.read(0.1)


def test_a_folder_without_photos_is_said_in_words(tmp_path):
    source = open_source(str(tmp_path))
    with pytest.raises(SourceError, match="no photo in this folder"):
        source.open()


def test_photos_of_subfolders_keep_the_folder_in_their_name(folder):
    (folder / "damaged").mkdir()
    (folder / "part1.png").rename(folder / "damaged" / "part2.png")
    source = open_source(str(folder))
    source.open()
    assert [source.read(0.1).name for _ in range(3)] == ["damaged/part2.png", "part2.png", "part10.png"]


def test_what_is_skipped_is_told_beside_the_frames(folder):
    (folder / "part3.heic").touch()
    (folder / "#recycle").mkdir()
    states, frames = [], []
    capture(open_source(str(folder)), frames.append, states.append, CancelToken())
    assert len(frames) == 3
    sentence = "1 trash or system folder ignored: #recycle; 1 file skipped: Inspector reads no HEIC pictures"
    assert [state.kind for state in states] == ["connecting", "streaming", "streaming", "ended"]
    assert states[2].sentence.startswith(sentence)
    assert states[3].sentence == states[2].sentence
