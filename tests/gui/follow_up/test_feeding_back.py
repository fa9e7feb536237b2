"""Undo of accepted feedback belongs to the model in whose file it was accepted."""

import shutil

from inspector.gui.follow_up.feeding_back import FeedingBack
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import HistoryHandle
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.bundles.versions import keep_version
from inspector.workflows.judging.limits import Limits, keep_limits
from inspector.workflows.judging.loaded_bundle import LoadedBundle


def test_undo_after_another_model_was_opened_is_that_of_its_own_file(qtbot, runner, quick_bundle, tmp_path):
    paths = [tmp_path / "one.inspector", tmp_path / "other.inspector"]
    for path in paths:
        shutil.copyfile(quick_bundle, path)
    before = load_bundle(paths[0])
    keep_version(before)
    state = State()
    feeding = FeedingBack(state, HistoryHandle(None), runner)

    def show(path):
        state.set_bundle(LoadedBundle(load_bundle(path), None))

    show(paths[0])
    feeding._before = before.sha256  # as accepting has it
    feeding._on_succeeded(keep_limits(before, Limits(9.0)))
    show(paths[0])
    assert feeding.undoable == before.sha256
    show(paths[1])
    assert feeding.undoable == ""
    show(paths[0])
    with qtbot.waitSignal(feeding.bundle_written):
        feeding.undo()
    assert load_bundle(paths[0]).sha256 == before.sha256
    assert state.problem is None
    assert feeding.undoable == ""
