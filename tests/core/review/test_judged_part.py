"""Names of judged parts."""

import pytest

from inspector.core.review.judged_part import FROM_A_FILE, part_name


@pytest.mark.parametrize(
    ("part_id", "source", "trigger", "name"),
    [
        ("27.png", "photos/good", FROM_A_FILE, "good/27.png"),
        ("27.png", "photos/damaged", FROM_A_FILE, "damaged/27.png"),
        ("damaged/27.png", "photos", FROM_A_FILE, "damaged/27.png"),
        ("27.png", "", FROM_A_FILE, "27.png"),
        ("27.png", "/", FROM_A_FILE, "27.png"),
        ("", "photos/good", FROM_A_FILE, ""),
        ("A-17", "rtsp://camera/1", "arrival", "A-17"),
        ("", "rtsp://camera/1", "arrival", ""),
    ],
)
def test_a_file_keeps_the_name_of_its_folder(part_id, source, trigger, name):
    assert part_name(part_id, source, trigger) == name
