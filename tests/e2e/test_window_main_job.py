"""The main job in the window, on real photos: good photos, train, inspect, move the threshold, export the report."""

import csv
import gc
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from inspector.app import show_at_start
from inspector.core.training.plan import Recipe
from inspector.core.values import Verdict
from inspector.engine.methods import table
from inspector.gui.state.state import Step
from inspector.workflows.judging import loaded_bundle
from tests.gui.conftest import dialogs, nothing_left, quick_bundle, state, window  # noqa: F401

SMALL = Recipe(size=128, settings={"steps": 40})
"""The default method, small enough to train in seconds on two busy cores."""

LONGEST_BLOCK_S = 0.1
SCHEDULER = Path("/proc/self/schedstat")


def waited_for_processor_s():
    """Time the main thread was ready but had no processor; 0 where the system does not tell."""
    return int(SCHEDULER.read_text().split()[1]) / 1e9 if SCHEDULER.exists() else 0.0


class Ticks:
    """Measures how long the event loop was held up, by a timer that should fire every few milliseconds.

    A slot or a lock that holds the loop up counts; waiting for a processor is the machine's load, and is subtracted.
    """

    def __init__(self, parent):
        self.longest_s = 0.0
        self._last = self._waited = 0.0
        self._timer = QTimer(parent, interval=2)
        self._timer.timeout.connect(self._on_tick)

    def start(self):
        self._last, self._waited = time.perf_counter(), waited_for_processor_s()
        self._timer.start()

    def stop(self):
        self._timer.stop()

    def _on_tick(self):
        now, waited = time.perf_counter(), waited_for_processor_s()
        self.longest_s = max(self.longest_s, now - self._last - (waited - self._waited))
        self._last, self._waited = now, waited


@pytest.fixture
def collected():
    """No full garbage collection is due during the test; in a test process one takes half a second."""
    gc.collect()


@pytest.fixture
def ready(window, state, dialogs, solar_cells, tmp_path, qtbot):  # noqa: F811
    """Good photos are chosen, the bundle will go to a folder of the test's own."""
    dialogs.folder = solar_cells.good
    window.source.welcome.findChild(type(window.source.next)).click()
    qtbot.waitUntil(lambda: state.good is not None)
    window.source.next.click()
    assert state.step == Step.TRAIN
    dialogs.target = tmp_path / "solar cells.inspector"
    window.actions_table["choose_target"].trigger()
    state.set_recipe(SMALL)
    return window


def test_from_good_photos_to_a_report(ready, state, dialogs, solar_cells, tmp_path, qtbot):  # noqa: F811
    ready.train.train.click()
    qtbot.waitUntil(lambda: state.bundle is not None or state.problem is not None, timeout=120_000)
    assert state.problem is None
    assert (tmp_path / "solar cells.inspector").exists()
    assert "from 30 good photos" in ready.train.bundle.promise.text()

    dialogs.folder = solar_cells.mixed
    ready.train.bundle.next.click()
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)
    assert state.step == Step.JUDGE
    scores = {state.name_of(inspection): inspection.score for inspection in state.inspections}
    worst = sorted(scores, key=lambda name: -scores[name])[:3]
    assert all(name.startswith("defective/") for name in worst), scores
    qtbot.waitUntil(lambda: ready.judge.view.shown == state.selected_inspection.path)

    at_own_limit = state.counts()[Verdict.NG]
    ready.judge.threshold.fields.slider.setValue(60)
    assert state.counts()[Verdict.NG] > at_own_limit
    assert ready.judge.threshold.flips.strip.shown
    ready.judge.threshold.fields.slider.setValue(ready.judge.threshold.fields.slider.maximum())
    assert state.counts()[Verdict.NG] <= at_own_limit
    ready.actions_table["reset_threshold"].trigger()
    assert state.counts()[Verdict.NG] == at_own_limit

    for name in ("report for Mr. M\u00fcller.html", "report.csv", "report.pdf", "labels.coco.json"):
        dialogs.report = tmp_path / name
        ready.actions_table["export_report"].trigger()
        qtbot.waitUntil(lambda: not state.work.exporting, timeout=60_000)
        assert state.problem is None
        assert dialogs.report.exists()
        assert ready.activity.open_file.isVisible()
    html = (tmp_path / "report for Mr. M\u00fcller.html").read_text(encoding="utf-8")
    assert "solar cells" in html
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows].count("NG") == at_own_limit

    dialogs.folder = tmp_path / "results"
    ready.actions_table["save_results"].trigger()
    qtbot.waitUntil(lambda: not state.work.exporting, timeout=60_000)
    assert (tmp_path / "results" / "results.json").exists()


def test_a_report_that_cannot_be_written_is_told_and_the_results_stay(
    window, state, dialogs, quick_bundle, solar_cells, tmp_path, qtbot  # noqa: F811
):  # fmt: skip
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([solar_cells.mixed])
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=120_000)
    dialogs.report = tmp_path / "no such folder" / "report.html"
    window.actions_table["export_report"].trigger()
    qtbot.waitUntil(lambda: state.problem is not None, timeout=60_000)
    assert state.problem.title == "The results could not be saved"
    assert len(state.inspections) == 12


@pytest.mark.usefixtures("collected")
def test_the_event_loop_is_never_held_up_while_training(ready, state, quick_bundle, qtbot):  # noqa: F811
    assert quick_bundle.exists()  # so torch is imported already: once a session, and it holds the interpreter lock
    longest_s = []
    for _ in range(2):  # a slot or a lock holds the loop up each time, another program on these cores only once
        ticks = Ticks(ready)
        ready.train.train.click()
        ticks.start()
        qtbot.waitUntil(lambda: not state.work.training, timeout=120_000)
        ticks.stop()
        assert state.outcome is not None
        longest_s.append(ticks.longest_s)
        if longest_s[-1] < LONGEST_BLOCK_S:
            break
    assert min(longest_s) < LONGEST_BLOCK_S, f"held up for {longest_s} s"


@pytest.mark.usefixtures("collected")
def test_the_event_loop_is_never_held_up_while_a_bundle_is_opened(window, state, quick_bundle, qtbot):  # noqa: F811
    ticks = Ticks(window)
    ticks.start()
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    ticks.stop()
    assert ticks.longest_s < LONGEST_BLOCK_S, f"held up for {ticks.longest_s * 1000:.0f} ms"


def test_libraries_are_loaded_before_a_bundle_needs_them(
    window, state, quick_bundle, tmp_path, qtbot, monkeypatch  # noqa: F811
):  # fmt: skip
    # Their first use would import them with the interpreter locked: the window stood still for 0.3 s.
    order = []
    load, load_detector = loaded_bundle.load_libraries, table.load_detector
    monkeypatch.setattr(loaded_bundle, "load_libraries", lambda: (order.append("libraries"), load()))
    monkeypatch.setattr(table, "load_detector", lambda *words: (order.append("detector"), load_detector(*words))[1])
    window.commands.take_bundle(tmp_path / "nothing.inspector")
    qtbot.waitUntil(lambda: state.problem is not None, timeout=60_000)
    assert order == []  # told at once, without seconds of loading
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    assert order == ["libraries", "detector"]


def test_the_demo_opens_the_window_on_its_results(window, state, quick_bundle, solar_cells, qtbot):  # noqa: F811
    show_at_start(window, solar_cells.good, quick_bundle, solar_cells.mixed)
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=120_000)
    qtbot.waitUntil(lambda: state.good is not None)
    assert state.step == Step.JUDGE
    assert state.selected_inspection is not None
