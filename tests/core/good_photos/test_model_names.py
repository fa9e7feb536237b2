"""Names proposed for models say which part they are of."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from inspector.core.good_photos.model_names import model_name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/data/hazelnut/train/good", "hazelnut"),
        ("/data/hazelnut/train", "hazelnut"),
        ("/data/Bracket 7/good", "Bracket 7"),
        ("/data/bracket/good photos (2)", "bracket"),
        ("/data/bracket/2026-11-30/ok_1", "bracket"),
        ("/data/line 2", "line 2"),
        ("/data/Flansch/Gutteile", "Flansch"),
        ("/data/goods in", "goods in"),
        ("/people/anna/photos/good", "good"),
        ("/people/anna/valves/good", "valves"),
        ("/data/train", "train"),
        ("/", "part"),
    ],
)
def test_a_name_identifies_the_part(folder, name):
    assert model_name(PurePosixPath(folder), PurePosixPath("/people/anna")) == name


def test_a_drive_is_no_name():
    assert model_name(PureWindowsPath("D:/screw/train/good")) == "screw"
    assert model_name(PureWindowsPath("D:/")) == "part"
