"""A camera of 1280 x 720 pixels over trays of solar cells, in a separate process that takes little processor time.

Each tray holds 4 x 2 real cells of the installed package elpv-dataset. Good trays train; a stream shows others, of
which some hold a defective cell. Frames are compressed once, then sent over and over.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

from inspector.core.values import ImageRGB
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.measuring.demo import prepare_demo_data

SIZE_HW = (720, 1280)
COLUMNS, ROWS = 4, 2
GROUND = 24
BOUNDARY = b"--tray"


def write_scene(folder: Path, goods: int, seen: int, size_hw: tuple[int, int] = SIZE_HW) -> None:
    """Write trays: ``good`` to train on, and ``seen`` for the camera, every fourth with a defective cell.

    Parameters
    ----------
    folder : Path
        Of its own.
    goods, seen : int
        How many trays.
    size_hw : (int, int)
        Height and width of the camera's picture in pixels.
    """
    each = COLUMNS * ROWS
    data = prepare_demo_data(
        folder / "cells", goods=goods * each, new_goods=min(seen * each, 100), new_defectives=max(seen // 4, 1)
    )
    good, new = (itertools.cycle(list_images(place)) for place in (data.good, data.mixed / "good"))
    bad = itertools.cycle(list_images(data.mixed / "defective"))
    for name in ("good", "seen"):
        (folder / name).mkdir()
    for number in range(goods):
        _write(folder / "good" / f"{number:03d}.png", [next(good) for _ in range(each)], size_hw)
    for number in range(seen):
        cells = [next(new) for _ in range(each)]
        if number % 4 == 3:
            cells[number // 4 % each] = next(bad)
        _write(folder / "seen" / f"{number:03d}.png", cells, size_hw)


def _write(path: Path, cells: list[Path], size_hw: tuple[int, int]) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(_tray([read_image(cell) for cell in cells], size_hw), cv2.COLOR_RGB2BGR))


def _tray(cells: list[ImageRGB], size_hw: tuple[int, int]) -> ImageRGB:
    tray = np.full((*size_hw, 3), GROUND, dtype=np.uint8)
    height, width = size_hw[0] // ROWS, size_hw[1] // COLUMNS
    edge = int(0.92 * min(height, width))
    for place, cell in enumerate(cells):
        top = place // COLUMNS * height + (height - edge) // 2
        left = place % COLUMNS * width + (width - edge) // 2
        tray[top : top + edge, left : left + edge] = cv2.resize(cell, (edge, edge), interpolation=cv2.INTER_AREA)
    return tray


class Camera:
    """The process; `kill` takes it away, `start` brings it back on the same port.

    Parameters
    ----------
    folder : Path
        Trays that it shows in turn, each for `TRAY_S`.
    fps : float
        Frames a second.
    """

    def __init__(self, folder: Path, fps: float) -> None:
        self._folder, self._fps, self.port = folder, fps, 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Address of the stream."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the process and wait until it can be asked."""
        command = [
            sys.executable,
            "-m",
            "benchmarks.speed.live_scene",
            str(self._folder),
            str(self.port),
            str(self._fps),
        ]
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        """Take it away at once."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


TRAY_S = 1.0


class _Stream(BaseHTTPRequestHandler):
    frames: tuple[bytes, ...] = ()
    fps = 30.0

    def log_message(self, *_words: object) -> None:
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        """Send frames when they are due; those that the reader is too slow for are left out."""
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={BOUNDARY.decode()}")
        self.end_headers()
        started, number = time.monotonic(), 0
        with suppress(BrokenPipeError, ConnectionResetError):
            while True:
                jpeg = self.frames[int(number / self.fps / TRAY_S) % len(self.frames)]
                self.wfile.write(
                    b"%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (BOUNDARY, len(jpeg), jpeg)
                )
                number = max(number + 1, int((time.monotonic() - started) * self.fps))
                time.sleep(max(0.0, started + number / self.fps - time.monotonic()))


def main() -> None:
    """Serve FOLDER on PORT (0: any) at FRAMES_PER_SECOND, and print the port."""
    folder, port, fps = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    quality = [cv2.IMWRITE_JPEG_QUALITY, 90]
    trays = [cv2.cvtColor(read_image(path), cv2.COLOR_RGB2BGR) for path in list_images(folder)]
    _Stream.frames = tuple(cv2.imencode(".jpg", tray, quality)[1].tobytes() for tray in trays)
    _Stream.fps = fps
    ThreadingHTTPServer.allow_reuse_address = True
    server = ThreadingHTTPServer(("127.0.0.1", port), _Stream)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
