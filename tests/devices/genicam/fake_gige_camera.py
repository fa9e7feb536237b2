"""A GigE Vision camera: the simulator of Aravis' tools, in a separate process on this computer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspector.devices.genicam.aravis_library import aravis
from inspector.devices.genicam.gvcp import controlled

PROGRAM = "arv-fake-gv-camera-0.8"
IP = "127.0.0.1"
SERIAL = "T1"
START_S = 20.0

needs_fake_camera = pytest.mark.skipif(
    shutil.which(PROGRAM) is None or aravis() is None,
    reason=f"{PROGRAM} (Debian: aravis-tools) or Aravis itself (libaravis-0.8-0) is not installed",
)


class FakeGigeCamera:
    """Can be killed, frozen and started again, as a camera whose cable is pulled."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Switch it on, and wait until it answers."""
        assert controlled(IP) is None, "another camera answers at this address"
        self._process = subprocess.Popen(
            [PROGRAM, "-i", IP, "-s", SERIAL, *self._options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + START_S
        while controlled(IP) is None:
            assert self._process.poll() is None, "the fake camera ended by itself"
            assert time.monotonic() < until, "the fake camera does not answer"

    def kill(self) -> None:
        """Switch it off: its computer refuses its packets."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Pull its cable: nothing answers at all."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)


@contextmanager
def only_one() -> Iterator[None]:
    """Wait for other test runs on this computer: the protocol knows one port."""
    import fcntl

    with (Path(tempfile.gettempdir()) / "inspector-fake-gige-camera.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def fake_gige_camera(*options: str) -> Iterator[FakeGigeCamera]:
    """A running camera, switched off at the end."""
    with only_one():
        camera = FakeGigeCamera(*options)
        camera.start()
        try:
            yield camera
        finally:
            camera.kill()
