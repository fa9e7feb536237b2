"""Good photos that the user takes out stay out after a restart, beside the model that was trained without them."""

import shutil

import pytest

from inspector.storage.good_photos.left_out import NAME, find_left_out, keep_left_out
from inspector.storage.photos.photo_list import list_images
from tests.gui.conftest import QUICK


@pytest.fixture
def goods(solar_cells, tmp_path):
    folder = tmp_path / "goods"
    folder.mkdir()
    for path in list_images(solar_cells.good)[:12]:
        shutil.copyfile(path, folder / path.name)
    return folder


@pytest.fixture
def chosen(window, state, goods, qtbot):
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: state.good is not None)
    return list_images(goods)


def test_a_choice_is_written_at_once_and_taken_back(window, state, goods, chosen, qtbot):
    state.leave_out(chosen[:2])
    qtbot.waitUntil(lambda: find_left_out(goods, chosen) == set(chosen[:2]))
    state.leave_out(chosen[1:2])
    qtbot.waitUntil(lambda: find_left_out(goods, chosen) == {chosen[1]})
    state.leave_out(())
    qtbot.waitUntil(lambda: not (goods / NAME).exists())


def test_what_was_left_out_before_is_left_out_again_when_the_folder_is_chosen(window, state, goods, qtbot):
    photos = list_images(goods)
    keep_left_out(goods, photos, photos[3:5])
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: state.good is not None)
    assert state.left_out == set(photos[3:5])
    assert window.source.count.text() == "10 good photos, 2 left out"
    assert find_left_out(goods, photos) == set(photos[3:5])
    shutil.copyfile(photos[3], goods / "copy.png")
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: state.good is not None and len(state.good) == 13)
    assert state.left_out == {*photos[3:5], goods / "copy.png"}


def test_other_good_photos_have_their_own_choice(window, state, goods, chosen, solar_cells, tmp_path, qtbot):
    state.leave_out(chosen[:1])
    qtbot.waitUntil(lambda: (goods / NAME).exists())
    other = tmp_path / "other"
    shutil.copytree(solar_cells.mixed / "good", other)
    window.commands.take_good(other)
    qtbot.waitUntil(lambda: state.good is not None and state.good.folder == other)
    assert state.left_out == frozenset()
    assert find_left_out(goods, chosen) == {chosen[0]}
    assert not (other / NAME).exists()


def test_chosen_again_later_the_photos_are_those_of_the_model(
    window, state, goods, chosen, solar_cells, tmp_path, qtbot
):
    state.leave_out(chosen[:2])
    state.set_recipe(QUICK)
    window.commands.train()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    assert state.manifest.goods.count == 10
    assert len(state.manifest.left_out) == 2
    # As after a restart: nothing of these photos is known any more.
    other = shutil.copytree(solar_cells.mixed / "good", tmp_path / "other")
    window.commands.take_good(other)
    qtbot.waitUntil(lambda: state.good.folder == other)
    assert not state.product.trained_here
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: state.good.folder == goods)
    assert state.left_out == set(chosen[:2])
    qtbot.waitUntil(lambda: state.product.trained_here)


def test_a_damaged_list_is_told_and_no_photo_is_chosen(window, state, goods, qtbot):
    (goods / NAME).write_text("{")
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: state.problem is not None)
    assert state.good is None
    assert state.problem.advice == "Delete it to start anew."
