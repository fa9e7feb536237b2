import pytest

from inspector.core.errors import SourceError
from inspector.devices.genicam.genicam_camera import FoundCamera, FrameCounter, the_only


def numbers(*frame_ids):
    counter = FrameCounter()
    return [counter.number(frame_id) for frame_id in frame_ids]


@pytest.mark.parametrize(
    ("frame_ids", "counted"),
    [
        ((1, 2, 3), [0, 1, 2]),
        ((700, 701, 705), [0, 1, 5]),
        ((65534, 65535, 1, 2), [0, 1, 2, 3]),
        ((65533, 2), [0, 4]),
        ((70000, 70001, 70003), [0, 1, 3]),
        ((70000, 5, 6), [0, 1, 2]),
        ((0, 0, 0), [0, 1, 2]),
        ((100, 99, 101), [0, 1, 3]),
    ],
    ids=["in a row", "lost", "begun again", "lost while begun again", "64 bits", "restarted", "none sent", "late"],
)
def test_numbers_rise_and_lost_frames_are_gaps(frame_ids, counted):
    assert numbers(*frame_ids) == counted


def test_numbers_go_on_where_the_ids_start_anew():
    counter = FrameCounter()
    assert counter.number(500) == 0
    counter.begin_again()
    assert counter.number(1) == 1
    assert counter.number(2) == 2


def test_a_camera_is_meant_by_each_of_its_names():
    camera = FoundCamera("Maker-M1-77", "77", "Maker", "M1", "192.0.2.7")
    assert all(camera.is_meant_by(wanted) for wanted in ("", "Maker-M1-77", "77", "192.0.2.7"))
    assert not camera.is_meant_by("7")


def test_several_cameras_are_named():
    assert the_only([], [], "genicam:") is None
    with pytest.raises(SourceError, match="open one by its ID: a, b"):
        the_only([1, 2], ["a", "b"], "genicam:")
