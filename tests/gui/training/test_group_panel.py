"""Groups that training found: shown with photos, kept, changed or removed."""

from __future__ import annotations

import pytest

from inspector.core.good_photos.sessions import SessionsBy
from inspector.gui.state.state import Step
from inspector.gui.widgets import wording
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.computer.machine import load_libraries
from inspector.workflows.training.train import train
from tests.gui.conftest import QUICK
from tests.workflows.training.test_train_sessions import brighter

PLACES = 5


@pytest.fixture(scope="module")
def training(solar_cells, tmp_path_factory):
    """The outcome of training on cells in five lights, the place in the name; read-only by agreement."""
    folder = tmp_path_factory.mktemp("group panel") / "cells by place"
    folder.mkdir()
    for at, photo in enumerate(list_images(solar_cells.good)):
        write_image(folder / f"{at:03d}_place{at % PLACES}_a.png", brighter(read_image(photo), at % PLACES - 3.0))
    load_libraries()
    return train(folder, folder.parent / "cells.inspector", QUICK)


@pytest.fixture
def trained(window, state, training, tmp_path, qtbot):
    window.commands.take_good(training.counted[0].parent)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_recipe(QUICK)
    state.set_target(tmp_path / "again.inspector")
    state.set_step(Step.TRAIN)
    state.set_outcome(training)
    window.workers.training.succeeded.emit(training)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    return window


def test_found_groups_are_shown_with_their_photos_and_their_rise(trained, state):
    panel = trained.train.bundle.groups
    assert panel.isVisible()
    assert panel.heading.text() == wording.groups(state.manifest.groups)
    assert panel.heading.text().startswith("5 groups by name. Held out whole, scores rise by ")
    assert panel.strip.photos.rowCount() == 2 * PLACES
    assert [panel.strip.caption(at) for at in range(0, 10, 2)] == [f"{place} (6)" for place in range(PLACES)]
    index = panel.strip.photos.index(2)
    assert "_place1_" in index.data()
    assert "Expect up to " in trained.train.bundle.promise.text()
    assert "For parts of known groups alone the limit would be" in trained.train.bundle.by_session.text()
    assert "5 groups by name" not in trained.train.bundle.by_session.text()  # said once


def test_groups_are_kept_removed_or_changed(trained, state):
    panel = trained.train.bundle.groups
    panel.accept.click()
    assert state.grouping.choice.by is SessionsBy.NAME
    assert not panel.accept.isVisible()
    assert panel.answer.text() == "Saved for each later training."
    panel.remove.click()
    assert state.grouping.choice.by is SessionsBy.NONE
    assert panel.answer.text().startswith("The next training ignores groups.")
    assert not panel.remove.isVisible()
    panel.change.click()
    assert state.step is Step.GOOD
    assert trained.source.sessions.isVisible()
    assert trained.source.sessions.by.currentData() == SessionsBy.NONE


def test_without_groups_there_is_no_panel(window, state, quick_bundle, qtbot):
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None)
    state.set_step(Step.TRAIN)
    assert not window.train.bundle.groups.isVisible()
