"""Review twenty real flagged cells by keyboard, feed five false alarms back, see what that changes, accept, undo."""

import shutil
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from inspector.core.review.decision import Decision, Review
from inspector.core.values import Limits, Verdict
from inspector.gui.state.state import Step
from inspector.storage.history.store import History
from inspector.storage.photos.images import list_images
from inspector.workflows.judging.inspect import inspect_image, inspect_photos
from inspector.workflows.judging.limits import keep_limits
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.judging.record_results import record_run
from inspector.workflows.measuring.demo import prepare_demo_data
from tests.gui.conftest import dialogs, nothing_left, quick_bundle, state, window  # noqa: F401
from tests.storage.history.conftest import NOON, judged

WAIT_MS = 120_000
FLAGGED, ALARMS = 20, 5
NEW = 20
"""New cells of each kind, of which the flagged ones are taken."""
DECODED = 3
"""A part's photo is decoded once each for the large view, for the explanation, and for its row of the list."""


@pytest.fixture
def bundle(quick_bundle, solar_cells, tmp_path):  # noqa: F811
    """A bundle whose limit is so low that five new good cells are NG, and most defective ones."""
    path = shutil.copy(quick_bundle, tmp_path / "cells.inspector")
    loaded = open_bundle(path)
    new = prepare_demo_data(tmp_path / "new cells", goods=30, new_goods=NEW, new_defectives=NEW)
    run = inspect_photos(loaded, list_images(new.mixed))
    goods = [one.score for one in run.inspections if one.path.parent.name == "good" and one.judged]
    goods.sort(reverse=True)
    keep_limits(loaded.stored, Limits((goods[ALARMS - 1] + goods[ALARMS]) / 2.0), note="for the test")
    return path


@pytest.fixture
def kept(bundle, user_folders):
    """Twenty flagged cells, judged and kept in the history: five good ones, the others defective; and the OK ones."""
    run = inspect_photos(open_bundle(bundle), list_images(bundle.parent / "new cells" / "new"))
    flagged = [one for one in run.inspections if one.verdict(run.limits) is Verdict.NG]
    goods = [one for one in flagged if one.path.parent.name == "good"]
    defective = [one for one in flagged if one.path.parent.name == "defective"][: FLAGGED - ALARMS]
    assert (len(goods), len(defective)) == (ALARMS, FLAGGED - ALARMS)
    fine = [one for one in run.inspections if one.verdict(run.limits) is Verdict.OK]
    with History.open() as history:
        record_run(replace(run, inspections=(*goods, *defective, *fine)), history, "early shift")
        # A false alarm of another kind of part must not be taught to this bundle.
        other = history.add(judged(3, 1.3, bundle_sha256="c" * 64, bundle_name="another part"))
        history.review(other, Review(Decision.FALSE_ALARM, "Kim", NOON))
    return run


@pytest.fixture
def work(monkeypatch):
    """The requests to the history from now on: decoded photos, and queries of the window's own thread."""
    asked = {"photos": 0, "in the window's thread": []}
    for name in ("photo", "score_map", "get", "page", "count", "review", "undo_review", "reviewed_parts"):
        monkeypatch.setattr(History, name, _counting(name, getattr(History, name), asked))
    return asked


def _counting(name, method, asked):
    def call(*arguments, **named):
        asked["photos"] += name == "photo"
        if threading.current_thread() is threading.main_thread():
            asked["in the window's thread"].append(name)
        return method(*arguments, **named)

    return call


def settled(window):  # noqa: F811
    return not any(
        window.workers._runners[role].busy
        for role in ("history", "pictures", "judge", "open", "explain", "feed back", "catch")
    )


def test_false_alarms_are_fed_back_seen_accepted_and_undone(window, state, qtbot, bundle, kept, work):  # noqa: F811
    review, feeding, panel = state.review, window.workers.feeding_back, window.review.feedback
    window.commands.take_bundle(bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=WAIT_MS)
    state.set_step(Step.REVIEW)
    before = state.bundle.stored.sha256

    # Five false alarms, and the others confirmed, by the keyboard alone; nobody is asked to touch the mouse.
    qtbot.waitUntil(lambda: settled(window) and review.counts.to_review == FLAGGED, timeout=WAIT_MS)
    decided = {Decision.DEFECT: 0, Decision.FALSE_ALARM: 0}
    work["photos"] = 0
    while review.counts.to_review:
        qtbot.waitUntil(lambda: settled(window) and review.details is not None, timeout=WAIT_MS)
        good = review.details.record.source.endswith("good")
        decided[Decision.FALSE_ALARM if good else Decision.DEFECT] += 1
        count, photos = review.counts.reviewed, work["photos"]
        part = review.selected
        qtbot.keyClick(window, Qt.Key.Key_A if good else Qt.Key.Key_D)
        assert review.selected != part  # the next part is there at once: nothing is waited for
        qtbot.waitUntil(lambda was=count: review.counts.reviewed > was and settled(window), timeout=WAIT_MS)
        # One part a second is a matter of work, not of this machine: each decision brings one more part into view.
        assert work["photos"] - photos <= DECODED
    assert decided == {Decision.DEFECT: FLAGGED - ALARMS, Decision.FALSE_ALARM: ALARMS}
    assert work["photos"] <= DECODED * FLAGGED
    assert work["in the window's thread"] == []

    # The preview comes before any write.
    panel.propose.click()
    qtbot.waitUntil(lambda: feeding.proposal is not None and not feeding.busy, timeout=WAIT_MS)
    preview = feeding.proposal.preview
    assert len(preview.parts) == ALARMS
    assert len(preview.fixed) == ALARMS
    assert f"{ALARMS} false alarms fixed" in panel.words.text()
    assert "At most" in panel.words.text()
    assert open_bundle(bundle).stored.sha256 == before

    # Accepted: the open bundle calls them OK now.
    with qtbot.waitSignal(state.bundle_changed, timeout=WAIT_MS):
        panel.accept.click()
    after = state.bundle
    assert after.stored.sha256 != before
    with History.open() as history:
        ours = [one for one in history.page() if one.bundle_name == "cells"]
        alarms = [one for one in ours if one.decision is Decision.FALSE_ALARM]
        for one in alarms:
            found = inspect_image(after, history.photo(one.id), bundle)
            assert found.verdict(after.stored.manifest.limits) is Verdict.OK
    assert len(alarms) == ALARMS

    # And undone: byte for byte the bundle of before.
    qtbot.waitUntil(lambda: not feeding.busy and panel.undo.isVisible(), timeout=WAIT_MS)
    with qtbot.waitSignal(state.bundle_changed, timeout=WAIT_MS):
        panel.undo.click()
    assert state.bundle.stored.sha256 == before
    qtbot.waitUntil(lambda: settled(window), timeout=WAIT_MS)


def test_without_a_false_alarm_nothing_can_be_fed_back(window, state, qtbot, bundle):  # noqa: F811
    window.commands.take_bundle(bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=WAIT_MS)
    state.set_step(Step.REVIEW)
    assert not window.review.feedback.propose.isEnabled()
    window.workers.feeding_back.propose()
    qtbot.waitUntil(lambda: state.problem is not None, timeout=WAIT_MS)
    assert "false alarm" in state.problem.sentence
