"""Good photos that stand apart: shown beside typical ones, and answered with one click."""

from __future__ import annotations

import pytest

from inspector.core.promise.stray_words import answer_words
from inspector.core.promise.strays import Answer
from inspector.gui.state.state import Step
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.good_photos.left_out import NAME, answers_to, find_left_out
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.computer.machine import load_libraries
from tests.workflows.small import copy_photos
from tests.workflows.training.test_strays import paint_cross, trained

LONG_MS = 60_000


@pytest.fixture(scope="module")
def training(solar_cells, tmp_path_factory):
    """A training on cells of which one has a painted cross."""
    made = tmp_path_factory.mktemp("stray panel")
    folder = copy_photos(list_images(solar_cells.good)[:24], made / "goods")
    paint_cross(list_images(folder)[5])
    load_libraries()
    outcome = trained(folder, made / "cells.inspector")
    return outcome, outcome.bundle.read_bytes()


@pytest.fixture
def opened(window, state, training, qtbot):
    outcome, content = training
    outcome.bundle.write_bytes(content)  # as it was before another test answered
    good = outcome.counted[0].parent
    (good / NAME).unlink(missing_ok=True)
    window.commands.take_good(good)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_step(Step.TRAIN)
    state.set_outcome(outcome)
    window.workers.training.succeeded.emit(outcome)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=LONG_MS)
    return window.train.bundle


def odd(training):
    return list_images(training[0].counted[0].parent)[5]


def test_the_photo_is_shown_with_its_heatmap_beside_typical_ones(opened, state, training, qtbot):
    panel = opened.strays
    assert panel.isVisible()
    assert panel.heading.text().startswith("1 of 24 good photos stands apart and sets the limit alone. Without it ")
    assert "stands apart" not in opened.promise.text()  # said once
    shown = [picture for picture in panel.pictures if picture.isVisible()]
    assert [picture.name.toolTip() or picture.name.text() for picture in shown] == [odd(training).name]
    assert [picture.isVisible() for picture in panel.typical] == [True, True]
    qtbot.waitUntil(lambda: all(one.image.shows_heatmap for one in (*shown, *panel.typical)), timeout=LONG_MS)
    assert panel.answer.text() == "No decision yet whether this part is good."


@pytest.mark.parametrize("answer", list(Answer))
def test_one_click_answers_in_model_and_good_set(opened, state, training, qtbot, answer):
    panel, good = opened.strays, state.good.folder
    panel.buttons[answer].click()
    qtbot.waitUntil(lambda: state.manifest.strays[0].answer is answer, timeout=LONG_MS)
    qtbot.waitUntil(lambda: not state.work.saving, timeout=LONG_MS)
    (stray,) = load_bundle(state.bundle.stored.path).manifest.strays
    assert (stray.answer, bool(stray.by), stray.at is not None) == (answer, True, True)
    assert [one.answer for one in answers_to(good).values()] == [answer]
    out = {odd(training)} if answer is Answer.DEFECTIVE else set()
    assert find_left_out(good, list_images(good)) == state.left_out == out
    assert panel.answer.text() == answer_words([(stray.answer, stray.by, stray.at)])


def test_without_a_tick_there_is_nothing_to_answer(opened, state):
    panel = opened.strays
    panel.pictures[0].tick.setChecked(False)
    assert not any(button.isEnabled() for button in panel.buttons.values())
    panel.pictures[0].tick.setChecked(True)
    assert all(button.isEnabled() for button in panel.buttons.values())


def test_a_model_opened_later_takes_the_answer_without_its_photos(opened, window, state, training, qtbot):
    before, path = state.bundle, state.bundle.stored.path
    state.set_outcome(None)
    window.commands.take_bundle(path)
    panel = opened.strays
    qtbot.waitUntil(lambda: state.bundle is not before, timeout=LONG_MS)
    assert not any(picture.isVisible() for picture in panel.pictures)
    panel.buttons[Answer.RARE].click()
    qtbot.waitUntil(lambda: state.manifest.strays[0].answer is Answer.RARE, timeout=LONG_MS)
    qtbot.waitUntil(lambda: not state.work.saving, timeout=LONG_MS)
    assert load_bundle(path).manifest.strays[0].answer is Answer.RARE
