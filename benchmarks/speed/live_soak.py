"""The whole window on a camera for a long time: memory, age of the shown frame, stalls of the window.

    python benchmarks/speed/live_soak.py [--minutes 30] [--fps 30] [--loss-at 10] [--out FILE.json]

Trains on trays of solar cells (live_scene.py), opens the window without a display, and judges every frame of a 1280 x
720 MJPEG stream from a process on the same computer, as in operation. With --loss-at the stream is killed for 5 s after
so many minutes. Exit 1 if a bound is not kept: resident memory grows by less than 50 MB after the first minute, 95 % of
frames are at most 250 ms old when they are painted, the event loop never stalls over 100 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer, Slot

from benchmarks.speed.live_scene import SIZE_HW, Camera, write_scene
from inspector.app import make_application, make_window
from inspector.core.training.plan import Recipe
from inspector.gui.state.state import Step
from inspector.gui.window.main_window import MainWindow
from inspector.workflows.live.moments import LiveMode
from inspector.workflows.training.train import train

GROWTH_MB, AGE_MS, BLOCK_MS = 50.0, 250.0, 100.0
"""The bounds."""
WARM_UP_S = 60.0
SAMPLE_S = 5.0
LOSS_S = 5.0
SCHEDULER = Path("/proc/self/schedstat")


def resident_mb() -> float:
    """Return the memory that this process has in use, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def waited_s() -> float:
    """Return how long this thread was ready but had no processor, in seconds; 0 where the system does not tell."""
    return int(SCHEDULER.read_text(encoding="ascii").split()[1]) / 1e9 if SCHEDULER.exists() else 0.0


class Watcher(QObject):
    """Watches the window from inside its event loop."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.ages_ms: list[float] = []
        self.memory_mb: list[tuple[float, float]] = []
        self.blocks_ms: list[float] = []
        self.net_blocks_ms: list[float] = []
        self._painted = -1
        self._started = self._last = time.monotonic()
        self._waited = waited_s()
        self._view = window.live.view.image.viewport()
        self._view.installEventFilter(self)
        self._tick = QTimer(self, interval=2)
        self._tick.timeout.connect(self._on_tick)
        self._sample = QTimer(self, interval=int(SAMPLE_S * 1000))
        self._sample.timeout.connect(self._on_sample)
        self._tick.start()
        self._sample.start()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Note how old a frame is when it is about to be painted."""
        picture = self._window.state.live.picture
        if event.type() == QEvent.Type.Paint and picture is not None and self._window.state.live.streaming:
            frame = picture.view.frame
            if frame.number != self._painted:
                self._painted = frame.number
                self.ages_ms.append((time.monotonic() - frame.taken_at) * 1000)
        return False

    @Slot()
    def _on_tick(self) -> None:
        now, waited = time.monotonic(), waited_s()
        gap = now - self._last
        if gap > 0.02:
            self.blocks_ms.append(gap * 1000)
            self.net_blocks_ms.append((gap - (waited - self._waited)) * 1000)
        self._last, self._waited = now, waited

    @Slot()
    def _on_sample(self) -> None:
        self.memory_mb.append((time.monotonic() - self._started, resident_mb()))

    def stop(self) -> None:
        """Stop watching."""
        self._tick.stop()
        self._sample.stop()
        self._view.removeEventFilter(self)

    def figures(self, seconds: float) -> dict[str, Any]:
        """Return the observations."""
        live = self._window.state.live
        warm = [mb for at, mb in self.memory_mb if at >= min(WARM_UP_S, seconds / 2)]
        ages = np.array(self.ages_ms or [float("inf")])
        return {
            "seconds": round(seconds, 1),
            "frames_shown": len(self.ages_ms),
            "frames_per_second": round(len(self.ages_ms) / seconds, 2),
            "frames_judged": live.count.parts,
            "kept_in_history": live.kept,
            "age_ms": {"p50": float(np.percentile(ages, 50)), "p95": float(np.percentile(ages, 95)), "max": ages.max()},
            "memory_mb": {"first": warm[0], "last": warm[-1], "growth": max(warm) - warm[0]} if warm else None,
            "longest_block_ms": max(self.blocks_ms, default=0.0),
            "longest_block_less_waiting_ms": max(self.net_blocks_ms, default=0.0),
        }


def soak(
    folder: Path, minutes: float, fps: float, *, goods: int = 40, size_hw: tuple[int, int] = SIZE_HW,
    recipe: Recipe | None = None, loss_at: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run the window on a camera.

    Parameters
    ----------
    folder : Path
        For photos, bundle and history; of its own.
    minutes, fps : float
        How long, at how many frames a second.
    goods : int
        Trays to train on.
    size_hw : (int, int)
        Height and width of the camera's picture in pixels.
    recipe : Recipe or None
        None for the default.
    loss_at : float or None
        Minutes after which the camera goes away for `LOSS_S`.

    Returns
    -------
    dict
        Figures; ``lost_told_after_s`` and ``back_after_s`` with `loss_at`.
    """
    os.environ["INSPECTOR_HOME"] = str(folder / "home")
    write_scene(folder, goods, 24, size_hw)
    bundle = folder / "trays.inspector"
    train(folder / "good", bundle, recipe or Recipe())
    camera = Camera(folder / "seen", fps)
    camera.start()
    app = make_application(["soak"])
    window = make_window(app)
    window.resize(1360, 860)
    window.show()
    try:
        return _Run(window, camera, bundle).figures(minutes * 60, loss_at)
    finally:
        camera.kill()
        window.workers.cancel_all()
        window.workers.close(60_000)
        window.hide()
        window.deleteLater()


class _Run:
    """One window on one camera."""

    def __init__(self, window: MainWindow, camera: Camera, bundle: Path) -> None:
        self._window, self._camera, self._live = window, camera, window.state.live
        window.commands.take_bundle(bundle)
        self._until(lambda: window.state.bundle is not None)
        window.state.set_step(Step.LIVE)
        self._live.set_options(replace(self._live.options, address=camera.url, mode=LiveMode.CONTINUOUS))
        window.actions_table["camera_on"].trigger()
        self._until(lambda: self._live.count.parts >= 3)

    def figures(self, seconds: float, loss_at: float | None) -> dict[str, Any]:
        watcher, started = Watcher(self._window), time.monotonic()
        found: dict[str, Any] = {}
        if loss_at is not None:
            self._for(loss_at * 60)
            found = self._lose()
        self._for(started + seconds - time.monotonic())
        watcher.stop()
        found = watcher.figures(time.monotonic() - started) | found
        self._window.actions_table["camera_on"].trigger()
        return found

    def _lose(self) -> dict[str, float]:
        killed = time.monotonic()
        self._camera.kill()
        self._until(lambda: not self._live.streaming)
        told = time.monotonic() - killed
        self._for(LOSS_S - told)
        starting = threading.Thread(target=self._camera.start)
        starting.start()
        self._until(lambda: not starting.is_alive())
        back = time.monotonic()
        judged = self._live.count.parts
        self._until(lambda: self._live.streaming and self._live.count.parts > judged)
        return {"lost_told_after_s": told, "back_after_s": time.monotonic() - back}

    def _for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._until(lambda: time.monotonic() >= until, seconds + 60)

    def _until(self, condition: Callable[[], bool], within_s: float = 120.0) -> None:
        loop, until = QEventLoop(), time.monotonic() + within_s
        timer = QTimer(interval=20)
        timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > until else None)
        timer.start()
        loop.exec()
        timer.stop()
        if not condition():
            raise TimeoutError("what the soak waits for did not come")


def missed(found: dict[str, Any]) -> list[str]:
    """Return which bounds were not kept, in words."""
    words = []
    if found["memory_mb"] and found["memory_mb"]["growth"] >= GROWTH_MB:
        words.append(f"memory grew by {found['memory_mb']['growth']:.0f} MB")
    if found["age_ms"]["p95"] > AGE_MS:
        words.append(f"5 % of frames were older than {found['age_ms']['p95']:.0f} ms")
    if found["longest_block_ms"] > BLOCK_MS:
        words.append(f"the window was held up for {found['longest_block_ms']:.0f} ms")
    return words


def write_table(found: dict[str, Any]) -> str:
    """Return the figures as a markdown table."""
    age, memory = found["age_ms"], found["memory_mb"]
    rows = {
        "how long": f"{found['seconds'] / 60:.0f} min",
        "frames judged and shown": f"{found['frames_shown']:,}, {found['frames_per_second']:.1f} a second",
        "age when painted: p50, p95, most": f"{age['p50']:.0f} ms, {age['p95']:.0f} ms, {age['max']:.0f} ms",
        "resident memory after the first minute": f"{memory['first']:.0f} MB",
        "its growth from then on": f"{memory['growth']:.1f} MB",
        "longest time the event loop was held up": f"{found['longest_block_ms']:.0f} ms",
        "kept in the history": f"{found['kept_in_history']:,} stretches of frames",
    }
    if "lost_told_after_s" in found:
        rows["camera killed: told after"] = f"{found['lost_told_after_s']:.2f} s"
        rows["camera back: next frame judged after"] = f"{found['back_after_s']:.1f} s"
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def main(argv: Sequence[str] | None = None) -> int:
    """Read the words of the command, soak, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--loss-at", type=float)
    parser.add_argument("--out", type=Path)
    words = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        found = soak(Path(scratch), words.minutes, words.fps, loss_at=words.loss_at)
    text = json.dumps(found, indent=2)
    print(text, write_table(found), sep="\n\n")
    if words.out is not None:
        words.out.write_text(text + "\n", encoding="utf-8")
    for word in missed(found):
        print(f"missed: {word}", file=sys.stderr)
    return 1 if missed(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
