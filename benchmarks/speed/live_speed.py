"""The speed of live judging: the steps of a frame, and frames a second, with one thread and with two.

    python benchmarks/speed/live_speed.py

Trains the default recipe at 256 px on solar cells that are enlarged to 1280 x 720 and have a camera's noise, then
judges other cells: JPEG in, the painted picture with its heatmap out. First frame after frame, for the time of the
steps; then as a stream with a thread each for decoding, judging and painting. Each number of threads has a process of
its own. Prints a markdown table. Run it on a computer that does nothing else; about two minutes on two cores.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import ImageRGB, Inspection

if TYPE_CHECKING:
    from inspector.workflows.judging.loaded_bundle import LoadedBundle

GOODS, FRAMES, SIZE = 60, 20, 256
FRAME_HW = (720, 1280)
NOISE, JPEG_QUALITY = 2.0, 90
ROUNDS = 100
STREAM_S = 10.0
OFFERED = 30.0
"""Frames a second of the camera in the first stream; the second stream delivers as many as are taken."""
DECODE, PAINT = "decode JPEG to RGB", "heatmap, painted over the photo"
REST = "the rest"

STEPS = {
    "guards: measure the photo": ("inspector.workflows.judging.inspect", "measure_photo"),
    "guards: compare with the good photos": ("inspector.core.guards.guards", "Guards.check"),
    "guards: is it the same part": ("inspector.core.guards.guards", "Guards.check_embedding"),
    "resize": ("inspector.engine.features.patches", "resize_image"),
    "backbone": ("inspector.engine.features.backbones", "Backbone.forward"),
    "patch features": ("inspector.engine.features.patches", "patch_features"),
    "representation": ("inspector.engine.methods.reconpatch", "ReConPatch._represent"),
    "nearest remembered patch": ("inspector.engine.bank.memory_bank", "MemoryBank.nearest"),
    "score map": ("inspector.engine.methods.patchcore", "PatchCore._blurred"),
}
"""The name of a step, and its function: module and name. None calls another."""

Jpeg = NDArray[np.uint8]


class Stopwatch:
    """Wall time by step, in milliseconds, one number a frame."""

    def __init__(self) -> None:
        self.frames: list[dict[str, float]] = []

    def next_frame(self) -> None:
        """Begin another frame."""
        self.frames.append(defaultdict(float))

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, with its time added to the step of the frame that it runs in."""

        def measured(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            answer = function(*arguments, **named)
            self.frames[-1][step] += (time.perf_counter() - started) * 1000.0
            return answer

        return measured


@contextmanager
def watched(stopwatch: Stopwatch) -> Iterator[None]:
    """Time each of `STEPS` wherever it is called."""
    before = []
    for step, (module, path) in STEPS.items():
        *outer, name = path.split(".")
        owner: Any = importlib.import_module(module)
        for one in outer:
            owner = getattr(owner, one)
        before.append((owner, name, getattr(owner, name)))
        setattr(owner, name, stopwatch.timed(step, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def decode(jpeg: Jpeg) -> ImageRGB:
    """Return a frame as OpenCV gives a camera's: decoded, and its channels exchanged."""
    bgr = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


class Painter:
    """The window's view of a part, at the size of a frame, without a screen."""

    def __init__(self, threshold: float) -> None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from PySide6.QtWidgets import QApplication

        from inspector.gui.findings.image_view import ImageView

        self._application = QApplication.instance() or QApplication([])
        self._threshold = threshold
        self._view = ImageView()
        self._view.resize(FRAME_HW[1], FRAME_HW[0])
        self._view.show()

    def paint(self, image_rgb: ImageRGB, inspection: Inspection) -> None:
        """Show a frame and its findings."""
        from PySide6.QtGui import QImage

        from inspector.gui.findings.overlay import heatmap_image

        height, width = image_rgb.shape[:2]
        image = QImage(image_rgb.data, width, height, image_rgb.strides[0], QImage.Format.Format_RGB888)
        self._view.show_photo(image, (height, width))
        if inspection.score_map is not None:
            self._view.show_heatmap(heatmap_image(inspection.score_map.dense(), self._threshold), 1.0)
        self._view.viewport().repaint()


def breakdown(loaded: LoadedBundle, jpegs: Sequence[Jpeg], rounds: int = ROUNDS) -> dict[str, float]:
    """Judge frames one after the other.

    Returns
    -------
    dict of str to float
        Milliseconds of a frame by step, in order: the median over frames. "whole" is all of them.
    """
    from inspector.workflows.judging.inspect import inspect_image

    painter, stopwatch = Painter(loaded.stored.manifest.limits.threshold), Stopwatch()
    timed_decode, timed_paint = stopwatch.timed(DECODE, decode), stopwatch.timed(PAINT, painter.paint)

    def judge(jpeg: Jpeg) -> None:
        image_rgb = timed_decode(jpeg)
        timed_paint(image_rgb, inspect_image(loaded, image_rgb, Path("frame")))

    whole = stopwatch.timed("whole", judge)
    with watched(stopwatch):
        for index in range(rounds):
            stopwatch.next_frame()
            whole(jpegs[index % len(jpegs)])
    frames = stopwatch.frames[min(5, rounds - 1) :]  # the first frames create the caches
    for frame in frames:
        frame[REST] = frame["whole"] - sum(frame[step] for step in (DECODE, *STEPS, PAINT))
    return {
        step: float(np.median([frame[step] for frame in frames])) for step in (DECODE, *STEPS, REST, PAINT, "whole")
    }


def stream(
    loaded: LoadedBundle, jpegs: Sequence[Jpeg], offered: float | None, seconds: float = STREAM_S
) -> dict[str, float]:
    """Judge a stream in threads: one decodes, one judges, this thread paints.

    Parameters
    ----------
    loaded, jpegs
        What judges, and the frames, over and over.
    offered : float or None
        Frames a second of the camera; None for as many as are taken.
    seconds : float
        How long.

    Returns
    -------
    dict of str to float
        Frames shown a second, share dropped, and the age of a frame as it is shown (p50, p95) in milliseconds.
    """
    from inspector.core.live.frames import Frame, NewestFrame
    from inspector.core.live.newest import Newest
    from inspector.core.progress import CancelToken
    from inspector.workflows.live.live_inspection import LiveInspection
    from inspector.workflows.live.moments import LiveMoment, LiveSettings

    frames, views, ended = NewestFrame(), Newest[LiveMoment](), threading.Event()
    limits = loaded.stored.manifest.limits
    given = 0

    def show(view: LiveMoment) -> None:
        views.put(view)

    live = LiveInspection(loaded, frames, LiveSettings(limits), show, lambda _part: None)

    def give() -> None:
        nonlocal given
        started = time.monotonic()
        while not ended.is_set():
            if offered is not None:
                ended.wait(max(started + given / offered - time.monotonic(), 0.0))
            taken_at = time.monotonic()
            frame = Frame(decode(jpegs[given % len(jpegs)]), given, taken_at)
            if offered is not None:
                frames.put(frame)
            elif not frames.hand_over(frame, timeout_s=1.0):
                continue
            given += 1

    painter = Painter(limits.threshold)
    workers = [threading.Thread(target=give), threading.Thread(target=live.run, args=(CancelToken(),))]
    for worker in workers:
        worker.start()
    ages, started = [], time.monotonic()
    while time.monotonic() < started + seconds:
        view = views.take(timeout_s=0.1)
        if view is not None and view.inspection is not None:
            painter.paint(view.frame.image_rgb, view.inspection)
            ages.append((time.monotonic() - view.frame.taken_at) * 1000.0)
    ended.set()
    live.finish()
    for worker in workers:
        worker.join()
    return {
        "shown": len(ages) / seconds,
        "dropped": max(given - len(ages), 0) / max(given, 1),
        "p50": float(np.percentile(ages, 50)),
        "p95": float(np.percentile(ages, 95)),
    }


def prepare(scratch: Path, goods: int = GOODS, frames: int = FRAMES) -> None:
    """Write enlarged cells, train ``bundle.inspector`` on them, and write others as ``frames/*.jpg``."""
    from inspector.core.training.plan import Recipe
    from inspector.storage.photos.images import read_image, write_image
    from inspector.storage.photos.photo_list import list_images
    from inspector.workflows.measuring.demo import prepare_demo_data
    from inspector.workflows.training.train import train

    data = prepare_demo_data(scratch / "cells", goods=goods, new_goods=frames - frames // 2, new_defectives=frames // 2)
    random = np.random.default_rng(0)
    (scratch / "good").mkdir()
    (scratch / "frames").mkdir()
    for path in list_images(data.good):
        write_image(scratch / "good" / f"{path.stem}.png", enlarge(read_image(path), random))
    for path in list_images(data.mixed):
        bgr = cv2.cvtColor(enlarge(read_image(path), random), cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        (scratch / "frames" / f"{path.parent.name} {path.stem}.jpg").write_bytes(jpeg.tobytes())
    train(scratch / "good", scratch / "bundle.inspector", Recipe(size=SIZE), device="cpu")


def enlarge(image_rgb: ImageRGB, random: np.random.Generator) -> ImageRGB:
    """Return a square photo as a camera's frame: as wide as that, its middle rows, with noise."""
    height, width = FRAME_HW
    large = cv2.resize(image_rgb, (width, width), interpolation=cv2.INTER_CUBIC)
    middle = large[(width - height) // 2 :][:height]
    noisy = middle + random.normal(0.0, NOISE, middle.shape)
    return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)


def measure(scratch: Path, threads: int) -> dict[str, Any]:
    """Measure in this process, which must have been started with so many OpenMP threads."""
    import torch

    from inspector.workflows.judging.inspect import inspect_image
    from inspector.workflows.judging.loaded_bundle import open_bundle

    cv2.setNumThreads(threads)
    loaded = open_bundle(scratch / "bundle.inspector", device="cpu")
    jpegs = [np.frombuffer(path.read_bytes(), np.uint8) for path in sorted((scratch / "frames").iterdir())]
    # Refused frames are not judged, and would be faster.
    jpegs = [jpeg for jpeg in jpegs if inspect_image(loaded, decode(jpeg), Path("frame")).judged]
    return {
        "frames": len(jpegs),
        "threads": torch.get_num_threads(),
        "steps": breakdown(loaded, jpegs),
        "camera": stream(loaded, jpegs, OFFERED),
        "most": stream(loaded, jpegs, None),
    }


def write_table(found: Sequence[dict[str, Any]], cores: int) -> str:
    """Return measurements with one and more threads as a markdown table."""
    lines = [
        f"| one frame, median | {' | '.join(_threads(one) for one in found)} |",
        "|---" * (len(found) + 1) + "|",
        *(_row(step, [f"{one['steps'][step]:.1f} ms" for one in found]) for step in found[0]["steps"]),
        _row("frames a second, one after the other", [f"{1000.0 / one['steps']['whole']:.0f}" for one in found]),
        _row(f"{OFFERED:.0f} a second offered: shown a second", [_shown(one["camera"]) for one in found]),
        _row("their age when shown, p50, p95", [_ages(one["camera"]) for one in found]),
        _row("as many as are taken: shown a second", [f"{one['most']['shown']:.0f}" for one in found]),
        _row("their age when shown, p50, p95", [_ages(one["most"]) for one in found]),
        "",
        f"{found[0]['frames']} frames of {FRAME_HW[1]} x {FRAME_HW[0]} px, over and over; default recipe at {SIZE} px; "
        f"{cores} cores.",
    ]
    return "\n".join(lines)


def _threads(one: dict[str, Any]) -> str:
    return f"{one['threads']} thread{'s' if one['threads'] > 1 else ''}"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _shown(one: dict[str, float]) -> str:
    return f"{one['shown']:.1f} ({one['dropped']:.0%} dropped)"


def _ages(one: dict[str, float]) -> str:
    return f"{one['p50']:.0f} ms, {one['p95']:.0f} ms"


def make_table() -> str:
    """Measure with one thread and with two, and return the table."""
    with tempfile.TemporaryDirectory() as scratch:
        _apart("--prepare", scratch)
        found = [json.loads(_apart("--measure", scratch, threads)) for threads in (1, 2)]
    return write_table(found, os.cpu_count() or 1)


def _apart(step: str, scratch: str, threads: int = 1) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    return subprocess.run(
        [sys.executable, __file__, step, scratch, "--threads", str(threads)],
        env=environment | {"OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout


def main() -> None:
    """Do one step in this process if asked to, else make the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.prepare is not None:
        prepare(words.prepare)
    elif words.measure is not None:
        print(json.dumps(measure(words.measure, words.threads)))
    else:
        print(make_table())


if __name__ == "__main__":
    main()
