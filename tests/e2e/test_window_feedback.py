"""Review real flagged cells by keyboard, feed five false alarms back, see what that changes, accept, undo."""

import pytest
from PySide6.QtCore import Qt

from inspector.core.review import Decision, Review
from inspector.core.values import Limits, Verdict
from inspector.gui.session import Step
from inspector.storage.history.store import History
from inspector.storage.images import list_images
from inspector.workflows.inspect import inspect_image, inspect_photos, open_bundle
from inspector.workflows.limits import keep_limits
from inspector.workflows.recording import keep_run
from inspector.workflows.train import train
from tests.gui.conftest import QUICK, dialogs, nothing_left, session, window  # noqa: F401
from tests.storage.history.conftest import NOON, judged

WAIT_MS = 120_000
ALARMS = 5


@pytest.fixture
def bundle(solar_cells, tmp_path):
    """A bundle whose limit is so low that most new cells are NG."""
    path = tmp_path / "cells.inspector"
    train(solar_cells.good, path, QUICK)
    stored = open_bundle(path).stored
    keep_limits(stored, Limits(0.4 * stored.manifest.limits.threshold), note="for the test")
    return path


@pytest.fixture
def kept(bundle, solar_cells, user_folders):
    """New good and defective cells, judged and kept in the history."""
    run = inspect_photos(open_bundle(bundle), list_images(solar_cells.mixed))
    flagged = [one.path.parent.name for one in run.inspections if one.verdict(run.limits) is Verdict.NG]
    assert flagged.count("good") >= ALARMS
    assert flagged.count("defective") >= 2
    with History.open() as history:
        keep_run(run, history, "early shift")
        # A false alarm of another kind of part must not be taught to this bundle.
        other = history.add(judged(3, 1.3, bundle_sha256="c" * 64, bundle_name="another part"))
        history.review(other, Review(Decision.FALSE_ALARM, "Kim", NOON))
    return run


def settled(window):  # noqa: F811
    return not any(window.crew._runners[role].busy for role in ("history", "pictures", "judge"))


def test_false_alarms_are_fed_back_seen_accepted_and_undone(window, session, qtbot, bundle, kept):  # noqa: F811
    review, feeding, panel = session.review, window.crew.feeding_back, window.review.feedback
    window.commands.take_bundle(bundle)
    qtbot.waitUntil(lambda: session.bundle is not None, timeout=WAIT_MS)
    session.set_step(Step.REVIEW)
    before = session.bundle.stored.sha256

    # Five false alarms, and the others confirmed, by the keyboard alone.
    decided = 0
    while True:
        qtbot.waitUntil(
            lambda: settled(window) and (review.details is not None or not review.counts.to_review), timeout=WAIT_MS
        )
        if review.details is None:
            break
        good = "good" in review.details.record.source or "good" in review.details.record.part_id
        key = Qt.Key.Key_A if good and decided < ALARMS else Qt.Key.Key_D
        decided += key == Qt.Key.Key_A
        count = review.counts.reviewed
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda was=count: review.counts.reviewed > was, timeout=WAIT_MS)
    assert decided == ALARMS

    # What it would change is seen before anything is written.
    panel.propose.click()
    qtbot.waitUntil(lambda: feeding.proposal is not None and not feeding.busy, timeout=WAIT_MS)
    preview = feeding.proposal.preview
    assert len(preview.parts) == ALARMS
    assert len(preview.fixed) == ALARMS
    assert f"{ALARMS} false alarms fixed" in panel.words.text()
    assert "At most" in panel.words.text()
    assert open_bundle(bundle).stored.sha256 == before

    # Accepted: the open bundle calls them OK now.
    with qtbot.waitSignal(session.bundle_changed, timeout=WAIT_MS):
        panel.accept.click()
    after = session.bundle
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
    with qtbot.waitSignal(session.bundle_changed, timeout=WAIT_MS):
        panel.undo.click()
    assert session.bundle.stored.sha256 == before
    qtbot.waitUntil(lambda: settled(window), timeout=WAIT_MS)


def test_without_a_false_alarm_nothing_can_be_fed_back(window, session, qtbot, bundle):  # noqa: F811
    window.commands.take_bundle(bundle)
    qtbot.waitUntil(lambda: session.bundle is not None, timeout=WAIT_MS)
    session.set_step(Step.REVIEW)
    assert not window.review.feedback.propose.isEnabled()
    window.crew.feeding_back.propose()
    qtbot.waitUntil(lambda: session.problem is not None, timeout=WAIT_MS)
    assert "false alarm" in session.problem.sentence
