"""Cameras of this computer. None is needed: a video stands in for the device behind OpenCV."""

import sys
import time

import cv2
import pytest

from inspector.core.errors import SourceError
from inspector.devices import found_cameras
from inspector.devices.addresses import open_source
from inspector.devices.sources import usb_camera
from inspector.devices.sources.opencv_capture import OpenCVCapture
from inspector.storage.photos.images import list_images, read_image
from tests.streams import frames_of, lost, number_painted, read_number, resized

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of its cameras")


def node(system, devices, file, **told):
    (system / file).mkdir(parents=True)
    (devices / file).write_bytes(b"")
    for key, value in told.items():
        (system / file / key).write_text(f"{value}\n")


@ON_LINUX
def test_cameras_are_listed_by_number_under_their_names(tmp_path):
    system, devices = tmp_path / "class", tmp_path / "dev"
    devices.mkdir()
    node(system, devices, "video10", name="Line camera", index=0)
    node(system, devices, "video2", name="HD Webcam: HD Webcam", index=0)
    node(system, devices, "video3", name="HD Webcam: HD Webcam", index=1)  # data about the pictures, no pictures
    node(system, devices, "vbi0", name="Tuner", index=0)
    found = found_cameras._linux_cameras(system, devices)
    assert [(camera.address, camera.name) for camera in found] == [
        ("camera:2", "HD Webcam: HD Webcam"),
        ("camera:10", "Line camera"),
    ]
    assert found[0].detail == str(devices / "video2")
    assert open_source(found[1].address).address == "camera:10"


@ON_LINUX
def test_no_cameras_is_an_empty_list(tmp_path):
    assert found_cameras._linux_cameras(tmp_path / "none", tmp_path) == ()


def test_listing_and_opening_are_silent(capfd):
    assert all(camera.address.startswith("camera:") for camera in found_cameras.list_cameras())
    started = time.monotonic()
    with pytest.raises(SourceError) as told:
        open_source("camera:63").open()
    assert time.monotonic() - started < 2.0
    assert told.value.subject == "camera:63"
    assert "connect it" in told.value.sentence
    assert capfd.readouterr().err == ""


@ON_LINUX
def test_a_device_that_is_no_camera_is_refused_without_noise(monkeypatch, capfd):
    monkeypatch.setattr(usb_camera.Path, "exists", lambda _path: True)
    with pytest.raises(SourceError, match="cannot be opened"):
        open_source("camera:63").open()
    assert capfd.readouterr().err == ""


@pytest.fixture
def camera(solar_cells, tmp_path, monkeypatch):
    """A camera that shows ten numbered frames and is then unplugged; it has a gain, and its size is fixed."""
    path = tmp_path / "frames.avi"
    cell = resized(read_image(list_images(solar_cells.good)[0]), (240, 320))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (320, 240))
    for number in range(10):
        writer.write(cv2.cvtColor(number_painted(cell, number), cv2.COLOR_RGB2BGR))
    writer.release()

    class Device(OpenCVCapture):
        """OpenCV's answers about a device: a file that it reads, and a gain that it keeps."""

        def __init__(self):
            super().__init__(cv2.VideoCapture(str(path), cv2.CAP_FFMPEG))
            self.device = WithGain(self.device)

    monkeypatch.setattr(usb_camera, "open_device", lambda _index: Device())
    monkeypatch.setattr(usb_camera, "ON_LINUX", False)
    source = open_source("camera:0")
    source.open()
    yield source
    source.close()


class WithGain:
    def __init__(self, device):
        self._device, self._gain = device, 2.0

    def __getattr__(self, name):
        return getattr(self._device, name)

    def get(self, number):
        return self._gain if number == cv2.CAP_PROP_GAIN else self._device.get(number)

    def set(self, number, value):
        if number == cv2.CAP_PROP_GAIN:
            self._gain = min(value, 8.0)
            return True
        return False


def test_a_camera_delivers_its_frames_and_its_loss_is_told(camera):
    assert camera.live
    frames = frames_of(camera, 10)
    assert [read_number(frame.image_rgb) for frame in frames] == list(range(10))
    assert [frame.number for frame in frames] == list(range(10))
    error, seconds = lost(camera)
    assert seconds < 2.0
    assert "check its cable" in error.sentence
    camera.open()
    assert frames_of(camera, 1)[0].number == 0


def test_a_camera_offers_what_it_has_and_says_what_it_made_of_a_change(camera):
    settings = {setting.name: setting for setting in camera.settings()}
    assert set(settings) == {"gain", "width", "height", "frame_rate"}
    assert (settings["width"].value, settings["width"].unit) == (320, "px")
    assert camera.change("gain", 100.0).value == 8.0
    with pytest.raises(SourceError, match="refuses 640 px as its width"):
        camera.change("width", 640.0)
    for name in ("exposure", "colour"):
        with pytest.raises(SourceError, match=f"no setting {name}"):
            camera.change(name, 1.0)
