"""Photos taken together: found, named anew, joined, and carried to training."""

from __future__ import annotations

import shutil

import pytest
from PySide6.QtCore import Qt

from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.core.promise.session_promise import promise_by_session
from inspector.gui.state.state import Step
from inspector.gui.widgets import wording
from inspector.storage.photos.photo_list import list_images
from tests.gui.conftest import QUICK


@pytest.fixture
def two_folders(solar_cells, tmp_path):
    """Twelve good cells in two folders."""
    for at, photo in enumerate(list_images(solar_cells.good)[:12]):
        folder = tmp_path / "goods" / ("early", "late")[at % 2]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, folder / photo.name)
    return tmp_path / "goods"


@pytest.fixture
def chosen(window, state, two_folders, qtbot):
    """The window with the two folders chosen and their sessions found."""
    window.commands.take_good(two_folders)
    qtbot.waitUntil(lambda: bool(state.grouping.found.names))
    return window.source.sessions


def choose(panel, by):
    panel.by.setCurrentIndex(panel.by.findData(by))
    panel.by.activated.emit(panel.by.currentIndex())


def test_sessions_are_found_and_shown_with_their_photos(chosen, state):
    assert chosen.found.text() == "2 groups, by folder: early (6), late (6)"
    assert chosen.names.isVisible()
    assert not chosen.table.isVisible()
    chosen.names.click()
    assert chosen.table.isVisible()
    assert [chosen.table.item(row, 0).text() for row in range(2)] == ["early", "late"]
    assert [chosen.table.item(row, 1).text() for row in range(2)] == ["6", "6"]
    assert not chosen.table.item(0, 1).flags() & Qt.ItemFlag.ItemIsEditable


def test_another_way_finds_others_or_none(chosen, state, qtbot):
    choose(chosen, SessionsBy.NONE)
    qtbot.waitUntil(lambda: chosen.found.text() == "No groups: each photo is held out alone.")
    assert not chosen.names.isVisible()
    choose(chosen, SessionsBy.FOLDER)
    qtbot.waitUntil(lambda: "early" in chosen.found.text())


def test_two_sessions_given_one_name_are_one(chosen, state):
    chosen.table.item(1, 0).setText("early")
    assert chosen.found.text() == "No groups: each photo is held out alone."
    assert state.grouping.choice == SessionChoice(renamed=(("late", "early"),))
    chosen.table.item(1, 0).setText("lot B")
    assert chosen.found.text() == "2 groups: early (6), lot B (6)"
    chosen.table.item(1, 0).setText("  ")
    assert chosen.table.item(1, 0).text() == "late"
    assert state.grouping.choice == SessionChoice()


def test_other_photos_forget_the_names_but_not_the_way(chosen, window, state, solar_cells, qtbot):
    choose(chosen, SessionsBy.FOLDER)
    qtbot.waitUntil(lambda: bool(state.grouping.found.names))
    chosen.table.item(0, 0).setText("lot A")
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None and state.good.folder == solar_cells.good)
    assert state.grouping.choice == SessionChoice(SessionsBy.FOLDER)
    assert not state.grouping.found.names


def test_training_holds_the_sessions_out_and_the_card_says_what_that_promises(chosen, window, state, qtbot):
    chosen.table.item(1, 0).setText("lot B")
    state.set_recipe(QUICK)
    state.set_step(Step.TRAIN)
    window.commands.train()
    assert not chosen.by.isEnabled()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    manifest = state.manifest
    promise = promise_by_session(manifest.sessions, manifest.threshold.value)
    assert [(one.name, one.goods) for one in promise.shares] == [("early", 6), ("lot B", 6)]
    card = window.train.bundle
    assert card.by_session.isVisible()
    assert card.by_session.text() == wording.promise_by_session(manifest, manifest.threshold.value, found=False)
    assert card.groups.heading.text().startswith("2 groups by hand. Held out whole, scores rise by")


def test_the_card_says_whether_the_photos_are_enough_and_draws_the_curve(window, state, quick_bundle, qtbot):
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None)
    state.set_step(Step.TRAIN)
    card = window.train.bundle
    assert card.coverage.text() == wording.coverage(state.manifest.coverage) != ""
    assert not card.by_session.isVisible()
    curve = card.coverage_curve
    assert curve.isVisible()
    line = [curve.line()[at] for at in range(curve.line().size())]
    assert [point.x() for point in line] == sorted(point.x() for point in line)
    assert line[-1].y() > line[0].y()  # down: it falls
    assert curve.rect().contains(line[-1].toPoint())
    curve.show_points(())
    assert not curve.isVisible()
