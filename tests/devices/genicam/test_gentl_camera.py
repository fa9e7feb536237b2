"""Industrial cameras by GenTL, against the producer of simulated cameras that comes with the genicam package."""

import os
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import SourceError
from inspector.devices.genicam import genicam_source
from inspector.devices.genicam.genicam_source import GenicamSource, list_genicam_cameras
from inspector.devices.genicam.gentl_producers import harvesters_installed, installed_producers, producer
from tests.devices.reading import next_frame, read_on


def producer_of_simulated_cameras():
    package = find_spec("genicam") if harvesters_installed() else None
    return Path(package.origin).with_name("viky.cti") if package and package.origin else Path("viky.cti")


VIKY = producer_of_simulated_cameras()
RED, GREEN = "VikyTL_DEV_red", "VikyTL_DEV_green"
pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not VIKY.is_file(), reason="the extra genicam, or its simulated cameras, are not installed"),
]


@pytest.fixture
def only_producers(monkeypatch):
    monkeypatch.setenv("GENICAM_GENTL64_PATH", str(VIKY.parent))
    monkeypatch.setattr(genicam_source, "aravis", lambda: None)


@pytest.fixture
def source():
    source = GenicamSource(f"genicam:{VIKY}?{RED}")
    yield source
    source.close()


def test_producers_are_found_where_the_environment_says(only_producers, tmp_path, monkeypatch):
    assert VIKY in installed_producers()
    monkeypatch.setenv("GENICAM_GENTL64_PATH", str(tmp_path / "none"))
    assert installed_producers() == ()


def test_the_cameras_of_a_producer_are_listed(only_producers):
    cameras = list_genicam_cameras()
    assert [camera.address for camera in cameras] == [f"genicam:VikyTL_DEV_{c}" for c in ("red", "green", "blue")]
    assert all(camera.name.endswith("Viky") for camera in cameras)
    assert [camera.detail for camera in cameras] == ["0", "1", "2"]


@pytest.mark.parametrize("wanted", [RED, "0"], ids=["ID", "serial"])
def test_a_camera_opens_by_its_names(only_producers, wanted):
    source = GenicamSource(f"genicam:{wanted}")
    source.open()
    try:
        frame = next_frame(source)
        assert source.name.endswith("Viky 0")
        assert frame.image_rgb.shape == (400, 400, 3)
        assert np.unique(frame.image_rgb.reshape(-1, 3), axis=0).tolist() == [[255, 0, 0], [255, 255, 255]], (
            "a red ball"
        )
    finally:
        source.close()


def test_frames_are_numbered_without_gaps_while_somebody_reads(source):
    source.open()
    frames = [next_frame(source) for _ in range(8)]
    numbers = [frame.number for frame in frames]
    assert numbers[0] == 0
    assert np.diff(numbers).min() >= 1
    assert np.all(np.diff([frame.taken_at for frame in frames]) > 0)


def test_frames_that_nobody_read_are_skipped(source):
    source.open()
    source.change("frame_rate", 200)
    first = next_frame(source).number
    other = GenicamSource(f"genicam:{VIKY}?{GREEN}")
    other.open()
    try:
        for _ in range(5):
            next_frame(other)
    finally:
        other.close()
    assert next_frame(source).number > first + 1


def test_settings_have_ranges_and_change(source):
    source.open()
    settings = {setting.name: setting for setting in source.settings()}
    assert list(settings) == ["frame_rate", "width", "height"]
    assert (settings["width"].low, settings["width"].high, settings["width"].unit) == (100, 800, "px")
    before = next_frame(source).number
    for name, value in {"frame_rate": 50, "width": 320, "height": 200}.items():
        assert source.change(name, value).value == value
    after = next_frame(source)
    assert after.image_rgb.shape == (200, 320, 3)
    assert after.number > before
    with pytest.raises(SourceError, match="takes a width of 100 to 800 px, not 50"):
        source.change("width", 50)
    with pytest.raises(SourceError, match="has no exposure"):
        source.change("exposure", 100)


def test_two_cameras_share_a_producer_that_can_be_opened_once(source, only_producers):
    source.open()
    other = GenicamSource(f"genicam:{GREEN}")
    other.open()
    try:
        assert next_frame(other).image_rgb.reshape(-1, 3).min(axis=0).tolist() == [0, 255, 0]
        assert len(list_genicam_cameras()) == 3
        next_frame(source)
    finally:
        other.close()
    next_frame(source)


def test_a_camera_that_is_open_already_is_told(source):
    source.open()
    with pytest.raises(SourceError, match="close other programs that use it"):
        GenicamSource(source.address).open()
    next_frame(source)


def test_a_broken_connection_is_told_and_opens_again(source):
    source.open()
    next_frame(source)
    # A producer releases the device handle when a camera goes away.
    with producer(VIKY) as harvester:
        harvester.image_acquirers[0].device.module.close()
    with pytest.raises(SourceError, match="connection to the camera broke"):
        read_on(source)
    source.open()
    assert next_frame(source).number == 0


def test_a_slow_camera_is_not_taken_for_lost(source):
    source.open()
    source.change("frame_rate", 1)
    assert None in [source.read(0.6) for _ in range(4)], "of 2.4 s, some 0.6 s have no frame"
    next_frame(source)


def test_waiting_for_a_frame_leaves_other_threads_their_time(source):
    source.open()
    source.change("frame_rate", 1)
    next_frame(source)
    beats = []
    stop = threading.Event()

    def beat():
        while not stop.wait(0.005):
            beats.append(time.monotonic())

    thread = threading.Thread(target=beat)
    thread.start()
    source.read(0.8)
    stop.set()
    thread.join()
    assert np.median(np.diff(beats)) < 0.02, "a wait within the producer would hold every thread up"


def test_what_cannot_be_opened_is_told(tmp_path):
    with pytest.raises(SourceError, match="open one by its ID: VikyTL_DEV_red, "):
        GenicamSource(f"genicam:{VIKY}").open()
    with pytest.raises(SourceError, match="no industrial camera answers"):
        GenicamSource(f"genicam:{VIKY}?nobody").open()
    absent = tmp_path / "maker.cti"
    with pytest.raises(SourceError, match="no GenTL producer here"):
        GenicamSource(f"genicam:{absent}").open()
    absent.write_bytes(b"no library")
    with pytest.raises(SourceError, match="no GenTL producer that can be loaded"):
        GenicamSource(f"genicam:{absent}?77").open()


def test_a_producer_that_cannot_be_loaded_does_not_hide_the_others(only_producers, tmp_path, monkeypatch):
    (tmp_path / "broken.cti").write_bytes(b"no library")
    monkeypatch.setenv("GENICAM_GENTL64_PATH", f"{tmp_path}{os.pathsep}{VIKY.parent}")
    assert len(list_genicam_cameras()) == 3
