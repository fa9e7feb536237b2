"""Real streams on loopback for tests: cameras in processes of their own that can be killed and come back.

Each picture has its number painted in, so that a test can check order, losses and age of frames.
"""

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from inspector.core.errors import SourceError
from tests.streams.painted_numbers import HEIGHT, WIDTH, paint, read_number

__all__ = ["LOGIN", "MjpegServer", "RtspServer", "frames_of", "lost", "number_painted", "read_number", "resized"]

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
LOGIN = "line:pass%3Aw0rd%403@"
"""User and password as they stand in an address."""


def number_painted(image_rgb, number):
    """Return a copy of a photo with a number painted in."""
    pixels = bytearray(np.ascontiguousarray(image_rgb).tobytes())
    paint(pixels, image_rgb.shape[1], number)
    return np.frombuffer(pixels, np.uint8).reshape(image_rgb.shape).copy()


def resized(image_rgb, size_hw):
    """Return a photo in another size, which has room for a number."""
    assert size_hw[0] > HEIGHT
    assert size_hw[1] >= WIDTH
    return cv2.resize(image_rgb, size_hw[::-1], interpolation=cv2.INTER_AREA)


def frames_of(source, count, within_s=20.0):
    """Return the next frames of an open source; fail if they do not come in time."""
    frames, until = [], time.monotonic() + within_s
    while len(frames) < count:
        assert time.monotonic() < until, f"{len(frames)} of {count} frames came in {within_s} s"
        frame = source.read(0.1)
        if frame is not None:
            frames.append(frame)
    return frames


def lost(source, within_s=10.0):
    """Read until an open source reports its loss; return the message and the time."""
    started = time.monotonic()
    while time.monotonic() < started + within_s:
        try:
            source.read(0.1)
        except SourceError as error:
            return error, time.monotonic() - started
    raise AssertionError(f"nothing said within {within_s} s")


class _Server:
    """A process that serves a stream, and says where and since when."""

    scheme = ""

    def __init__(self, fps):
        self.fps = fps
        self.port = self.locked_port = 0
        self.started = 0.0
        self._process = None
        self.restart()

    @property
    def url(self):
        return self.address("live")

    def address(self, path, login=""):
        port = self.locked_port if path == "locked" else self.port
        return f"{self.scheme}://{login}127.0.0.1:{port}/{path}"

    def due(self, number):
        """When the picture with this number was due, in seconds of `time.monotonic`."""
        return self.started + number / self.fps

    def kill(self):
        """Take the server away at once, as with a pulled plug, except for the kernel's messages."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def revive(self):
        """Start it again if it was killed."""
        if self._process is None:
            self.restart()

    def restart(self):
        """Start it on the port that it had; its numbers begin at 0 again."""
        self.kill()
        self._process = subprocess.Popen(
            self.command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=HERE
        )
        word, *said = self._process.stdout.readline().split() or [""]
        assert word == "ready"
        self.port, self.started = int(said[0]), float(said[1])
        self.locked_port = int(said[2]) if said[2:] else self.port

    def command(self):
        raise NotImplementedError


class MjpegServer(_Server):
    """An MJPEG camera that shows photos in turn; see mjpeg_server.py for what else it serves.

    `folder` is an empty folder of its own.
    """

    scheme = "http"

    def __init__(self, folder, photos_rgb, fps=30.0, size_hw=(480, 640)):
        self._folder = folder
        for place, photo in enumerate(photos_rgb):
            bgr = cv2.cvtColor(resized(photo, size_hw), cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(folder / f"{place:04d}.png"), bgr)
        super().__init__(fps)

    def command(self):
        return [sys.executable, HERE / "mjpeg_server.py", self._folder, str(self.port), str(self.fps)]


class RtspServer(_Server):
    """An RTSP camera that shows one photo as H.264; `folder` is an empty folder of its own."""

    scheme = "rtsp"

    def __init__(self, folder, photo_rgb, fps=30.0, size_hw=(480, 640)):
        self._photo, self._size_hw = folder / "photo.rgb", size_hw
        self._photo.write_bytes(resized(photo_rgb, size_hw).tobytes())
        super().__init__(fps)

    @staticmethod
    def what_is_missing():
        """Say in words what this computer lacks to run it; empty if nothing."""
        try:
            check = [SYSTEM_PYTHON, HERE / "rtsp_server.py", "--check"]
            found = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
        except OSError as error:
            return f"{SYSTEM_PYTHON}: {error.strerror}"
        return found.stderr.strip().splitlines()[-1] if found.returncode else ""

    def command(self):
        height, width = self._size_hw
        script = [SYSTEM_PYTHON, HERE / "rtsp_server.py", self._photo]
        return [*script, str(width), str(height), str(self.port), str(self.fps)]
