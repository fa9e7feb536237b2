"""Video files: every frame, once, in order, at their own speed, without noise."""

import shutil
import sys
import time

import cv2
import pytest

from inspector.core.errors import SourceError
from inspector.devices.addresses import open_source
from inspector.devices.sources.frame_source import SourceEnded
from inspector.devices.sources.video_file import LATE_S, _step_s
from inspector.storage.photos.images import list_images, read_image
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
            frame = source.read(0.1)
            if frame is not None:
                frames.append(frame)
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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_of_bytes_that_are_no_letters_is_said_in_words(tmp_path, video):
    for strange in (tmp_path / "run\udcff.mp4", tmp_path / "k\udcffln" / "run.mp4"):
        strange.parent.mkdir(exist_ok=True)
        shutil.copy(video, strange)
        with pytest.raises(SourceError, match="rename the file or its folder"):
            open_source(str(strange)).open()


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


def test_a_video_plays_at_its_own_speed(video):
    """It ran 3.4 times too fast. Only lower bounds: a busy machine may be slower."""
    started = time.monotonic()
    frames = all_frames(open_source(str(video)))
    assert time.monotonic() - started > (FRAMES - 1) / 30 - LATE_S
    assert frames[-1].taken_at - frames[0].taken_at > (FRAMES - 1) / 30 - LATE_S


def test_after_a_wait_a_video_goes_on_at_its_own_speed(video):
    source = open_source(str(video))
    source.open()
    while source.read(0.1) is None:
        pass
    time.sleep(0.6)  # a part was held: 18 frames would be due at once
    taken = []
    while len(taken) < 12:
        frame = source.read(0.1)
        if frame is not None:
            taken.append(frame.taken_at)
    assert taken[-1] - taken[0] > 11 / 30 - LATE_S - 1 / 30
    source.close()


def test_a_read_waits_no_longer_than_asked(video, monkeypatch):
    source = open_source(str(video))
    source.open()
    assert source.read(0.1).number == 0
    source._due_at += 60.0  # as of a time-lapse
    started = time.monotonic()
    assert source.read(0.05) is None
    assert source.read(0.05) is None
    assert time.monotonic() - started < 10.0
    source._due_at -= 60.0
    assert source.read(0.1).number == 1  # none was lost meanwhile
    source.close()


@pytest.mark.parametrize("fps", [0.0, -30.0, float("nan"), float("inf"), 90_000.0, 1e-9])
def test_a_rate_that_cannot_be_is_none(fps):
    assert _step_s(fps) == 0.0
    assert _step_s(25.0) == 0.04
