"""Whether the window's table over a million parts ever makes one wait.

    python benchmarks/speed/history_window.py --folder DIR

DIR is the folder that `benchmarks/speed/history.py --folder DIR` filled. Opens the review page on it without a display,
and acts as a user: chooses each filter and order, presses End and Home, drags the scroll bar, spins the wheel. Prints a
markdown table: milliseconds until every visible row was filled, and the longest stall of the event loop.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot
from PySide6.QtTest import QTest

from inspector.app import make_application, make_window
from inspector.gui.review.history_table import RECORD_ROLE
from inspector.gui.state.review_filter import Judged, Period, Reviewed, ReviewFilter
from inspector.gui.state.state import Step
from inspector.gui.threads.jobs import JobRunner
from inspector.gui.window.main_window import MainWindow
from inspector.storage.history.records import Order
from inspector.storage.history.store import History

TICK_MS = 1
WITHIN_S = 60.0
PLACES = 15
WHEEL_TURNS = 300
EVERYTHING = ReviewFilter(Judged.ANY, Reviewed.ANY, order=Order.NEWEST)
AT_ONCE = ("everything, newest first", "not reviewed, newest first")
"""Actions behind these are done before anchors lie in the list."""


@dataclass(frozen=True, slots=True)
class Waited:
    """The waiting times of an action.

    Parameters
    ----------
    rows_ms : float
        Until every visible row was filled.
    held_ms : float
        The longest time in which the event loop did not come round.
    """

    rows_ms: float
    held_ms: float


class Watch(QObject):
    """Looks from inside the event loop whether all visible rows are there, and how long it did not come round."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._view = window.review.list.view
        self._loop = QEventLoop(self)
        self._tick = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._on_tick)
        self._last = self._held = 0.0

    def do(self, deed: Callable[[], object]) -> Waited:
        """Do it from inside the event loop, and wait until the table is filled again."""
        begun = self._last = time.perf_counter()
        self._held = 0.0
        self._tick.start()
        QTimer.singleShot(0, self, deed)
        QTimer.singleShot(int(WITHIN_S * 1000), self._loop, self._loop.quit)
        self._loop.exec()
        self._tick.stop()
        return Waited(1000.0 * (time.perf_counter() - begun), 1000.0 * self._held)

    def rest(self) -> None:
        """Let all that was begun come to its end."""
        while any(runner.busy for runner in self._window.workers.findChildren(JobRunner)):
            QTest.qWait(5)

    @Slot()
    def _on_tick(self) -> None:
        now = time.perf_counter()
        self._held = max(self._held, now - self._last)
        self._last = now
        if self._filled():
            self._loop.quit()

    def _filled(self) -> bool:
        model, view = self._view.model(), self._view
        if self._window.workers.reviewing.table.loading:
            return False
        if not model.rowCount():
            return True
        last = min(view.rowAt(view.viewport().height() - 1), model.rowCount() - 1)
        rows = range(view.rowAt(0), (model.rowCount() - 1 if last < 0 else last) + 1)
        return all(model.index(row, 0).data(RECORD_ROLE) is not None for row in rows)


def deeds(window: MainWindow) -> Iterator[tuple[str, list[Callable[[], object]]]]:
    """Yield the user's actions: name, and each repetition."""
    show, view = window.state.review.set_filter, window.review.list.view
    bar = view.verticalScrollBar()

    def drag(share: float) -> None:
        bar.setValue(int(share * bar.maximum()))

    def turn() -> None:
        bar.setValue(bar.value() + view.viewport().height())

    yield "open the page", [partial(window.state.set_step, Step.REVIEW)]
    for name, chosen in _filters():
        yield name, [partial(show, chosen)]
    yield AT_ONCE[0], [partial(show, EVERYTHING)]
    yield "End, at once", [partial(QTest.keyClick, view, Qt.Key.Key_End)]
    yield "Home", [partial(QTest.keyClick, view, Qt.Key.Key_Home)]
    drawn = random.Random(0)
    yield f"the scroll bar to {PLACES} places", [partial(drag, drawn.random()) for _ in range(PLACES)]
    yield f"the wheel, {WHEEL_TURNS} screens on", [turn] * WHEEL_TURNS
    yield AT_ONCE[1], [partial(show, replace(EVERYTHING, reviewed=Reviewed.NOT_YET))]
    yield "its middle, at once", [partial(drag, 0.5)]


def _filters() -> Iterator[tuple[str, ReviewFilter]]:
    for judged in Judged:
        yield f"verdict {judged.name.lower()}", ReviewFilter(judged, Reviewed.ANY)
    for reviewed in Reviewed:
        yield f"review {reviewed.name.lower().replace('_', ' ')}", ReviewFilter(Judged.ANY, reviewed)
    for period in (Period.TODAY, Period.WEEK):
        yield period.value, ReviewFilter(Judged.ANY, Reviewed.ANY, period)
    yield "score from 0.8", ReviewFilter(Judged.ANY, Reviewed.ANY, lowest=0.8)
    yield "defect class", ReviewFilter(Judged.ANY, Reviewed.ANY, defect_class="crack")
    yield "bundle", ReviewFilter(Judged.ANY, Reviewed.ANY, bundle_sha256="1" * 64, order=Order.NEWEST)
    yield "part id begins", ReviewFilter(Judged.ANY, Reviewed.ANY, part_prefix="part 000012")
    for order in (Order.OLDEST, Order.WORST, Order.BEST):
        yield f"everything, {order.value}", ReviewFilter(Judged.ANY, Reviewed.ANY, order=order)


def measure(window: MainWindow) -> list[tuple[str, list[Waited]]]:
    """Do everything, one after the other."""
    watch, found = Watch(window), []
    for name, times in deeds(window):
        found.append((name, [watch.do(deed) for deed in times]))
        if name not in AT_ONCE:
            watch.rest()
    return found


def write_table(found: list[tuple[str, list[Waited]]], parts: int) -> str:
    """Return the measurements as a markdown table."""
    lines = ["| done | rows there after, ms | event loop held up at most, ms |", "|---|---:|---:|"]
    for name, waits in found:
        rows = [one.rows_ms for one in waits]
        there = f"{max(rows):.0f}" if len(rows) == 1 else f"{statistics.median(rows):.0f} (at most {max(rows):.0f})"
        lines.append(f"| {name} | {there} | {max(one.held_ms for one in waits):.0f} |")
    return "\n".join([*lines, "", f"{parts:,} parts."])


def open_on(folder: Path, home: Path) -> MainWindow:
    """Return a visible window whose history is in a folder; settings and logs go to `home`."""
    os.environ["INSPECTOR_HOME"] = str(home)
    window = make_window(make_application(["history"]))
    window.workers.history.open_store = lambda: History.open(folder)
    window.resize(1360, 860)
    window.show()
    return window


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, required=True, help="of the history that benchmarks/speed/history.py made"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        window = open_on(asked.folder, Path(home))
        try:
            found = measure(window)
            print(write_table(found, window.state.review.counts.parts))
        finally:
            window.workers.close(60_000)
            window.hide()
            window.deleteLater()


if __name__ == "__main__":
    main()
