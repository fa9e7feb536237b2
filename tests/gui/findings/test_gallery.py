"""The grid of photos: its cost depends on the photos that are visible, not on their number."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.gui.findings.gallery import Gallery

MANY = 20_000


class Photos(Sequence):
    """Counts the photos that are asked for."""

    def __init__(self):
        self.asked = set()

    def __len__(self):
        return MANY

    def __getitem__(self, row):
        self.asked.add(row)
        return Path(f"good/{row}.png")


class Loader(QWidget):
    thumbnail_ready = Signal(object)

    def thumbnail(self, _path):
        return None


@pytest.fixture
def gallery(qtbot):
    loader = Loader()
    qtbot.addWidget(loader)
    made = Gallery(loader)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made, loader


def test_only_visible_photos_are_asked_for(gallery, qtbot):
    view, loader = gallery
    photos = Photos()
    view.photos.show(photos)
    assert not photos.asked
    view.grab()
    assert 0 < len(photos.asked) < 60
    shown = set(photos.asked)
    loader.thumbnail_ready.emit(Path("good/3.png"))
    view.grab()
    assert photos.asked == shown
