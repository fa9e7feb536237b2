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
def chosen(window, session, goods, qtbot):
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: session.good is not None)
    return list_images(goods)


def test_a_choice_is_written_at_once_and_taken_back(window, session, goods, chosen, qtbot):
    session.leave_out(chosen[:2])
    qtbot.waitUntil(lambda: find_left_out(goods, chosen) == set(chosen[:2]))
    session.leave_out(chosen[1:2])
    qtbot.waitUntil(lambda: find_left_out(goods, chosen) == {chosen[1]})
    session.leave_out(())
    qtbot.waitUntil(lambda: not (goods / NAME).exists())


def test_what_was_left_out_before_is_left_out_again_when_the_folder_is_chosen(window, session, goods, qtbot):
    photos = list_images(goods)
    keep_left_out(goods, photos, photos[3:5])
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: session.good is not None)
    assert session.left_out == set(photos[3:5])
    assert window.source.count.text() == "10 good photos, 2 left out"
    assert find_left_out(goods, photos) == set(photos[3:5])
    shutil.copyfile(photos[3], goods / "copy.png")
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: session.good is not None and len(session.good) == 13)
    assert session.left_out == {*photos[3:5], goods / "copy.png"}


def test_other_good_photos_have_their_own_choice(window, session, goods, chosen, solar_cells, tmp_path, qtbot):
    session.leave_out(chosen[:1])
    qtbot.waitUntil(lambda: (goods / NAME).exists())
    other = tmp_path / "other"
    shutil.copytree(solar_cells.mixed / "good", other)
    window.commands.take_good(other)
    qtbot.waitUntil(lambda: session.good is not None and session.good.folder == other)
    assert session.left_out == frozenset()
    assert find_left_out(goods, chosen) == {chosen[0]}
    assert not (other / NAME).exists()


def test_chosen_again_later_the_photos_are_those_of_the_model(
    window, session, goods, chosen, solar_cells, tmp_path, qtbot
):
    session.leave_out(chosen[:2])
    session.set_recipe(QUICK)
    window.commands.train()
    qtbot.waitUntil(lambda: session.bundle is not None, timeout=60_000)
    assert session.manifest.goods.count == 10
    assert len(session.manifest.left_out) == 2
    # As after a restart: nothing of these photos is known any more.
    other = shutil.copytree(solar_cells.mixed / "good", tmp_path / "other")
    window.commands.take_good(other)
    qtbot.waitUntil(lambda: session.good.folder == other)
    assert not session.product.trained_here
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: session.good.folder == goods)
    assert session.left_out == set(chosen[:2])
    qtbot.waitUntil(lambda: session.product.trained_here)


def test_a_damaged_list_is_told_and_no_photo_is_chosen(window, session, goods, qtbot):
    (goods / NAME).write_text("{")
    window.commands.take_good(goods)
    qtbot.waitUntil(lambda: session.problem is not None)
    assert session.good is None
    assert session.problem.advice == "Delete it to start anew."
