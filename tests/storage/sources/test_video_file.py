"""Video files: every frame, once, in order, without noise."""

import sys

import cv2
import pytest

from inspector.core.errors import SourceError
from inspector.storage.images import list_images, read_image
from inspector.storage.sources.addresses import open_source
from inspector.storage.sources.frame_source import SourceEnded
from tests.streams import number_painted, read_number, resized

FRAMES = 25


@pytest.fixture(scope="module")
def video(solar_cells, tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / ("run 1.mp4" if sys.platform == "win32" else "run: 1.mp4")
    cell = resized(read_image(list_images(solar_cells.good)[0]), (240, 320))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, (320, 240))
    for number in range(FRAMES):
        writer.write(cv2.cvtColor(number_painted(cell, number), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def all_frames(source):
    frames = []
    source.open()
    try:
        while True:
            frames.append(source.read(0.1))
    except SourceEnded:
        return frames
    finally:
        source.close()


def test_each_frame_is_delivered_once_and_the_end_is_told(video):
    source = open_source(str(video))
    for _ in range(2):  # and again from the beginning
        frames = all_frames(source)
        assert [read_number(frame.image_rgb) for frame in frames] == list(range(FRAMES))
        assert [frame.number for frame in frames] == list(range(FRAMES))
    assert not source.live
    assert source.name == video.name
    assert source.settings() == ()
    with pytest.raises(SourceError, match="no setting gain"):
        source.change("gain", 1.0)


def test_a_name_that_looks_like_a_protocol_is_a_file_all_the_same(video, monkeypatch):
    monkeypatch.chdir(video.parent)
    assert len(all_frames(open_source(video.name))) == FRAMES


def test_what_is_no_video_is_said_in_words_and_not_on_stderr(tmp_path, video, capfd):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(video.read_bytes()[:600])
    text = tmp_path / "notes.txt"
    text.write_text("no video")
    for path in (broken, text):
        source = open_source(str(path))
        with pytest.raises(SourceError, match=r"not a video|no frame of this video"):
            all_frames(source)
    assert capfd.readouterr().err == ""


def test_a_video_that_was_deleted_is_said_in_words(tmp_path, video):
    path = tmp_path / "gone.mp4"
    path.write_bytes(video.read_bytes())
    source = open_source(str(path))
    path.unlink()
    with pytest.raises(SourceError, match="no such file"):
        source.open()
