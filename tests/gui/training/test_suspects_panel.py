"""After training: suspicious good photos to look at and to leave out, and near-duplicates that are counted once."""

import shutil
from pathlib import Path

import pytest

from inspector.core.errors import ImageUnreadable
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.state import Step
from inspector.gui.training.suspects_panel import FEWEST_SHOWN, MOST_SHOWN, shown_of
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.computer.machine import load_libraries
from inspector.workflows.training.train import train
from tests.gui.conftest import QUICK


@pytest.fixture(scope="module")
def training(solar_cells, tmp_path_factory):
    """The outcome of training on 14 cells, one of them defective, and two copies; read-only by agreement."""
    good = tmp_path_factory.mktemp("review") / "good cells"
    good.mkdir()
    for photo in list_images(solar_cells.good)[:13]:
        shutil.copy(photo, good / photo.name)
    shutil.copy(list_images(solar_cells.mixed / "defective")[0], good / "broken.png")
    for photo in list_images(solar_cells.good)[:2]:
        shutil.copy(photo, good / f"z copy of {photo.name}")
    load_libraries()  # here, not in the window's worker: on a busy computer it may outlast the window
    return train(good, good.parent / "cells.inspector", QUICK)


@pytest.fixture
def trained(window, state, training, tmp_path, qtbot):
    """The window as it is after that training."""
    window.commands.take_good(training.goods[0].path.parent)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_recipe(QUICK)
    state.set_target(tmp_path / "again.inspector")
    state.set_step(Step.TRAIN)
    state.set_outcome(training)
    window.workers.training.succeeded.emit(training)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    return window


def choose(review, position):
    review.strip.setCurrentIndex(review.strip.photos.index(position))


def test_the_most_suspicious_are_shown_with_their_scores_and_copies_are_told(trained, state):
    review = trained.train.bundle.review
    assert review.strip.isVisible()
    assert review.strip.photos.rowCount() == FEWEST_SHOWN
    assert state.suspects[0].path.name == "broken.png"
    delegate = review.strip.itemDelegate()
    shown = [review.strip.photos.index(position) for position in range(FEWEST_SHOWN)]
    scores = [delegate.caption(index, None) for index in shown]
    assert scores[0] == "1.00 \N{MULTIPLICATION SIGN} limit"
    assert scores == sorted(scores, reverse=True)
    assert [index.data() for index in shown] == [good.path.name for good in state.suspects[:FEWEST_SHOWN]]
    assert review.duplicates.text() == "2 of 16 photos are near-duplicates of others; counted as 14."
    assert "from 14 good photos" in trained.train.bundle.promise.text()
    assert not review.look.isEnabled()
    assert review.leave_out.toolTip() == "Select a photo first."


def test_painting_a_cell_does_not_walk_the_good_photos(trained, state, monkeypatch):
    strip = trained.train.bundle.review.strip
    assert state.suspects
    walked = []
    monkeypatch.setattr(Path, "is_relative_to", lambda *paths: bool(walked.append(paths)) or True)
    strip.itemDelegate().caption(strip.photos.index(0), None)
    assert not walked
    monkeypatch.undo()
    state.set_good(PhotoSet(Path("elsewhere"), ()))
    assert state.suspects == ()


def test_a_photo_is_left_out_taken_back_and_left_out_of_the_next_training(trained, state, qtbot):
    review = trained.train.bundle.review
    broken = state.suspects[0].path
    choose(review, 0)
    review.leave_out.click()
    assert state.left_out == {broken}
    assert review.strip.photos.left_out == {broken}
    assert trained.source.gallery.photos.left_out == {broken}
    assert review.leave_out.text() == "Put back"
    assert review.left_out.text() == "1 photo left out of the next training"
    assert trained.train.summary.text() == "15 good photos in good cells"
    review.leave_out.click()
    assert state.left_out == frozenset()
    assert not review.take_back.isVisible()
    review.leave_out.click()
    before = state.bundle
    trained.train.again.click()
    qtbot.waitUntil(lambda: state.bundle is not before, timeout=60_000)
    assert state.manifest.goods.count == 15
    assert broken not in [good.path for good in state.suspects]
    assert review.take_back.isVisible()
    review.take_back.click()
    assert state.left_out == frozenset()


def test_the_review_follows_the_session(trained, state):
    review = trained.train.bundle.review
    choose(review, 1)
    state.leave_out([state.suspects[1].path, state.suspects[2].path])
    assert review.leave_out.text() == "Put back"
    assert review.left_out.text() == "2 photos left out of the next training"
    state.leave_out([])
    assert review.leave_out.text() == "Leave out"


def test_a_suspect_is_looked_at_large_with_its_heatmap(trained, state, qtbot):
    review, view = trained.train.bundle.review, trained.train.good_photo
    choose(review, 0)
    review.look.click()
    assert state.looking_at == 0
    assert view.isVisible()
    qtbot.waitUntil(lambda: view.image.shows_heatmap)
    assert view.image.shows_outlines  # the ring around the peak
    assert view.name.text() == "broken.png"
    assert not view.previous.isEnabled()
    view.next.click()
    assert state.looking_at == 1
    assert view.name.text() == state.suspects[1].path.name
    view.image.stepped.emit(1)
    view.leave_out.click()
    assert state.left_out == {state.suspects[2].path}
    view.image.stepped.emit(-1)
    assert view.leave_out.text() == "Leave out"
    for _ in range(FEWEST_SHOWN):
        view.image.stepped.emit(1)
    assert state.looking_at == FEWEST_SHOWN - 1
    assert not view.next.isEnabled()
    view.back.click()
    assert review.isVisible()
    review.strip.activated.emit(review.strip.photos.index(0))
    assert view.isVisible()


def test_a_photo_that_went_away_is_told(trained, state, qtbot, monkeypatch):
    def gone(path, _depth):
        raise ImageUnreadable(path, "the file went away")

    path = state.suspects[3].path
    monkeypatch.setattr("inspector.gui.threads.decoder.read_image", gone)
    state.look_at(3)
    qtbot.waitUntil(lambda: trained.train.good_photo.name.text() == f"{path.name}: the file went away")
    assert not trained.train.good_photo.image.shows_heatmap


def test_suspects_are_those_of_the_bundle_and_the_good_photos_in_use(trained, state, quick_bundle, tmp_path, qtbot):
    review = trained.train.bundle.review
    state.look_at(2)
    own = state.bundle
    trained.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not own, timeout=60_000)
    state.set_step(Step.TRAIN)
    assert (state.suspects, state.looking_at) == ((), -1)
    assert not review.strip.isVisible()
    assert not review.duplicates.isVisible()  # that bundle's good photos are all different
    state.set_bundle(own)
    assert review.strip.isVisible()
    state.look_at(1)
    state.set_good(PhotoSet(tmp_path / "other", (tmp_path / "other" / "1.png",)))
    assert (state.suspects, state.looking_at) == ((), -1)
    assert not review.strip.isVisible()
    with pytest.raises(IndexError):
        state.look_at(0)


@pytest.mark.parametrize(("goods", "shown"), [(3, 3), (30, FEWEST_SHOWN), (150, 15), (151, 16), (5000, MOST_SHOWN)])
def test_a_tenth_is_shown_within_reason(goods, shown):
    assert shown_of(goods) == shown
