"""The bit depth of the good photos on the first page: found, shown, chosen, and used by training and by the view."""

import numpy as np
import pytest

from inspector.core.photo.pixel_depth import FORMER_DEPTH
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from tests.deep_photos import tiff, write
from tests.gui.conftest import QUICK


@pytest.fixture
def deep_goods(solar_cells, tmp_path):
    """Twelve good cells of 12 bits."""
    for path in list_images(solar_cells.good)[:12]:
        gray = read_image(path)[..., 0].astype(np.uint16)
        write(tmp_path / "goods" / f"{path.stem}.tif", tiff((gray << 4) | 9))
    return tmp_path / "goods"


def choose(row, bits):
    row.choice.setCurrentIndex(row.choice.findData(bits))
    row.choice.activated.emit(row.choice.currentIndex())


def test_nothing_is_said_of_ordinary_photos(window, state, solar_cells, qtbot):
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good_depth.found is not None)
    assert state.good_depth.found.depth.bits == 8
    assert not window.source.bit_depth.isVisible()


def test_the_depth_is_shown_chosen_and_trained_with(window, state, deep_goods, forecasts, qtbot):
    window.commands.take_good(deep_goods)
    depth, row = state.good_depth, window.source.bit_depth
    qtbot.waitUntil(lambda: depth.found is not None)
    assert row.isVisible()
    assert row.found.text().startswith("Bit depth of the good photos: 12 bits a value, by their brightest value, 4")
    choose(row, 14)
    assert row.found.text() == "Bit depth of the good photos: 14 bits a value, as chosen."
    state.set_recipe(QUICK)
    window.commands.train()
    qtbot.waitUntil(lambda: state.outcome is not None, timeout=60_000)
    assert state.outcome.manifest.depth_bits == 14
    assert forecasts[-1][2]["depth_bits"] == 14
    qtbot.waitUntil(lambda: state.bundle is not None)
    assert "14 bits a value" in window.train.bundle.made_of.text()
    window.commands.take_good(deep_goods.parent)
    qtbot.waitUntil(lambda: state.good.folder == deep_goods.parent)
    assert depth.chosen is None


def test_photos_are_shown_by_their_depth(window, state, deep_goods, qtbot):
    loader, first = window.workers.photos, list_images(deep_goods)[0]
    assert state.good_depth.of(first) == FORMER_DEPTH
    window.commands.take_good(deep_goods)
    qtbot.waitUntil(lambda: state.good_depth.found is not None)
    assert state.good_depth.of(first).bits == 12
    with qtbot.waitSignal(loader.photo_ready, check_params_cb=lambda path, _image: path == first) as told:
        loader.request_photo(first)
    seen = read_image(first, state.good_depth.of(first))
    assert told.args[1].pixelColor(150, 150).red() == seen[150, 150, 0] > 16
    choose(window.source.bit_depth, 16)
    qtbot.waitUntil(lambda: loader.thumbnail(first) is not None)
    assert loader.thumbnail(first).toImage().pixelColor(20, 20).red() <= 16
    choose(window.source.bit_depth, None)
    qtbot.waitUntil(lambda: loader.thumbnail(first) is not None)
    assert loader.thumbnail(first).toImage().pixelColor(100, 100).red() > 16


def test_photos_left_out_do_not_decide(window, state, deep_goods, qtbot):
    odd = write(deep_goods / "odd.tif", tiff(np.full((300, 300), 60_001, np.uint16)))
    window.commands.take_good(deep_goods)
    qtbot.waitUntil(lambda: state.good_depth.found is not None)
    assert state.good_depth.found.depth.bits == 16
    state.leave_out([odd])
    assert state.good_depth.found.depth.bits == 12
