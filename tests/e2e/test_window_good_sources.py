"""Good photos taken in the window from every kind of source: no source stalls, and ended sources report a summary."""

import os
import shutil
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from inspector.devices.sources import usb_camera
from inspector.devices.sources.opencv_capture import OpenCVCapture
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import Step
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.live import good_taking
from inspector.workflows.live.moments import LiveMode
from tests.gui.conftest import dialogs, nothing_left, quick_bundle, state, window  # noqa: F401
from tests.streams import resized

LONG_MS = 60_000


@pytest.fixture
def cell(solar_cells):
    return resized(read_image(list_images(solar_cells.good)[0]), (240, 320))


@pytest.fixture
def video(cell, tmp_path):
    """Two seconds of a part that slides in and rests."""
    path = tmp_path / "run.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (320, 240))
    for number in range(60):
        writer.write(cv2.cvtColor(np.roll(cell, 20 * max(0, 10 - number), axis=1), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


class UsbDevice:
    """A camera of this computer, as OpenCV gives it."""

    def __init__(self, rgb):
        self._bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)

    def isOpened(self):
        return True

    def grab(self):
        threading.Event().wait(1 / 30)
        return True

    def retrieve(self):
        return True, self._bgr.copy()

    def get(self, _property):
        return 0.0

    def set(self, _property, _value):
        return False

    def release(self):
        pass


@pytest.fixture
def photos(solar_cells, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in list_images(solar_cells.good)[:3]:
        shutil.copy(path, folder / path.name)
    return folder


def start(window, address, folder, **changes):  # noqa: F811
    live = window.state.live
    window.state.set_step(Step.LIVE)
    live.set_options(
        replace(live.options, address=str(address), purpose=Purpose.TAKE_GOOD, good_folder=folder, **changes)
    )
    window.actions_table["camera_on"].trigger()
    return live


def stop(window, qtbot):  # noqa: F811
    if window.state.live.running:
        window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: not any(runner.busy for runner in window.workers._runners.values()), timeout=LONG_MS)


def take(window, qtbot, live, count):  # noqa: F811
    """Press the key once there is a picture, and wait for the photo."""
    qtbot.waitUntil(lambda: window.actions_table["take_part"].isEnabled(), timeout=LONG_MS)
    window.actions_table["take_part"].trigger()
    qtbot.waitUntil(lambda: len(live.goods) == count, timeout=LONG_MS)


@pytest.mark.parametrize("kind", ["mjpeg", "rtsp", "usb"])
def test_a_camera_gives_a_photo_for_each_press(window, qtbot, tmp_path, request, cell, monkeypatch, kind):  # noqa: F811
    if kind == "usb":
        monkeypatch.setattr(usb_camera, "ON_LINUX", False)  # looks for no file in /dev
        monkeypatch.setattr(usb_camera, "open_device", lambda _: OpenCVCapture(UsbDevice(cell)))
        address = "camera:0"
    else:
        address = request.getfixturevalue(f"{kind}_server").url
    live = start(window, address, tmp_path / "good")
    for count in (1, 2):
        take(window, qtbot, live, count)
    stop(window, qtbot)
    assert [path.name for path in list_images(tmp_path / "good")] == ["good-0001.png", "good-0002.png"]
    assert live.summary == ""


def test_a_video_plays_through_and_ends_with_a_summary(window, qtbot, tmp_path, video):  # noqa: F811
    live = start(window, video, tmp_path / "good")
    take(window, qtbot, live, 1)
    qtbot.waitUntil(lambda: not live.running, timeout=LONG_MS)
    assert live.summary == "1 good photo taken of 60 frames."
    assert live.summary in window.live.banner.words
    assert window.actions_table["camera_on"].isEnabled()
    stop(window, qtbot)
    start(window, video, tmp_path / "good")  # and once more
    assert live.summary == ""
    qtbot.waitUntil(lambda: live.picture is not None, timeout=LONG_MS)
    stop(window, qtbot)


def test_of_a_video_parts_that_rest_are_taken_by_themselves(window, qtbot, tmp_path, video):  # noqa: F811
    live = start(window, video, tmp_path / "good", automatic=True)
    qtbot.waitUntil(lambda: bool(live.summary), timeout=LONG_MS)
    assert live.summary == "1 good photo taken of 60 frames."
    stop(window, qtbot)


def test_photos_of_a_folder_are_shown_and_the_one_on_the_screen_is_taken(
    window,  # noqa: F811
    qtbot,
    tmp_path,
    photos,
    monkeypatch,
):
    monkeypatch.setattr(good_taking, "SHOWN_S", 60.0)
    (photos / "zz-broken.png").write_bytes(b"no photo")
    live = start(window, photos, tmp_path / "good")
    names = [path.name for path in list_images(photos)]
    for count in (1, 2, 3):
        qtbot.waitUntil(lambda n=count: live.picture and live.picture.view.frame.name == names[n - 1], timeout=LONG_MS)
        take(window, qtbot, live, count)
    qtbot.waitUntil(lambda: not live.running, timeout=LONG_MS)
    assert live.summary.startswith("3 good photos taken of")
    assert "1 could not be read" in live.summary
    for taken, name in zip(list_images(tmp_path / "good"), names, strict=False):
        assert np.array_equal(read_image(taken), read_image(photos / name))
    stop(window, qtbot)


def test_photos_that_nobody_takes_pass_by(window, qtbot, tmp_path, photos, monkeypatch):  # noqa: F811
    monkeypatch.setattr(good_taking, "SHOWN_S", 0.05)
    live = start(window, photos, tmp_path / "good")
    qtbot.waitUntil(lambda: bool(live.summary), timeout=LONG_MS)
    assert live.summary == "0 good photos taken of 3 frames."
    stop(window, qtbot)


def test_all_photos_of_a_folder_are_taken_by_themselves(window, qtbot, tmp_path, photos):  # noqa: F811
    live = start(window, photos, tmp_path / "good", automatic=True)
    qtbot.waitUntil(lambda: bool(live.summary), timeout=LONG_MS)
    assert len(live.goods) == 3
    stop(window, qtbot)


def test_a_photo_that_appears_in_a_watched_folder_is_taken_without_waiting_for_the_next(
    window,  # noqa: F811
    qtbot,
    tmp_path,
    photos,
):
    watched = tmp_path / "incoming"
    watched.mkdir()
    live = start(window, f"watch:{watched}", tmp_path / "good")
    qtbot.waitUntil(lambda: live.connection is not None and live.connection.kind == "streaming", timeout=LONG_MS)
    for count, path in enumerate(list_images(photos)[:2], 1):
        shutil.copy(path, watched / "part")
        os.replace(watched / "part", watched / path.name)
        qtbot.waitUntil(lambda p=path: live.picture and live.picture.view.frame.name == p.name, timeout=LONG_MS)
        take(window, qtbot, live, count)
    stop(window, qtbot)
    assert len(list_images(tmp_path / "good")) == 2


@pytest.mark.parametrize("judged", [True, False])
def test_a_video_that_is_judged_ends_with_what_was_found(window, qtbot, video, judged, request):  # noqa: F811
    live = window.state.live
    if judged:
        window.commands.take_bundle(request.getfixturevalue("quick_bundle"))
        qtbot.waitUntil(lambda: window.state.bundle is not None, timeout=LONG_MS)
    window.state.set_step(Step.LIVE)
    live.set_options(replace(live.options, address=str(video), mode=LiveMode.CONTINUOUS))
    for _ in range(1 if judged else 2):  # counts of the run, not of the shift
        window.actions_table["camera_on"].trigger()
        qtbot.waitUntil(lambda: bool(live.summary), timeout=LONG_MS)
        if judged:
            assert live.run_count.parts == 60
            assert live.summary.startswith("Frames: ")
        else:
            assert live.summary == "60 frames, not judged."
        stop(window, qtbot)
