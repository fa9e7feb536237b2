"""A folder that another process writes photos into, slowly and otherwise."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from inspector.core.errors import ImageUnreadable, SourceError
from inspector.storage.images import list_images, read_image
from tests.streams import frames_of, lost

# Writes each file in pieces, and waits for a line on stdin before each piece but the first.
SLOW_WRITER = """
import sys
source, pieces, *targets = sys.argv[1:]
data = open(source, "rb").read()
step = -(-len(data) // int(pieces))
for target in targets:
    with open(target, "wb", buffering=0) as file:
        for start in range(0, len(data), step):
            file.write(data[start : start + step])
            print(start, flush=True)
            if start + step < len(data):
                sys.stdin.readline()
"""


@pytest.fixture
def cells(solar_cells):
    return list_images(solar_cells.good)


@pytest.fixture
def watched(tmp_path, opened, cells):
    """An open source on a folder with one photo in it."""
    folder = tmp_path / "hot folder"
    folder.mkdir()
    shutil.copy(cells[0], folder / "before.png")
    return folder, opened(f"watch:{folder}")


def nothing_for(source, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert source.read(0.1) is None


def test_photos_that_appear_are_delivered_once_and_those_before_are_not(watched, cells):
    folder, source = watched
    shutil.copy(cells[1], folder / "part10.png")
    shutil.copy(cells[2], folder / "part9.png")
    (folder / "notes.txt").write_text("no photo")
    shutil.copy(cells[2], folder / ".hidden.png")
    (folder / "folder.png").mkdir()
    frames = frames_of(source, 2)
    assert [frame.name for frame in frames] == ["part9.png", "part10.png"]
    assert [frame.number for frame in frames] == [0, 1]
    assert np.array_equal(frames[1].image_rgb, read_image(cells[1]))
    shutil.copy(cells[3], folder / "part9.png")  # overwritten: not a new one
    nothing_for(source, 0.6)
    shutil.copy(cells[4], folder / "part11.png")
    assert frames_of(source, 1)[0].name == "part11.png"


def test_a_file_that_is_still_being_written_is_waited_for(watched, cells):
    folder, source = watched
    command = [sys.executable, "-c", SLOW_WRITER, cells[1], "3", folder / "slow.png"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        writer.stdout.readline()
        nothing_for(source, 0.8)  # longer than a file must stand still
        for _ in range(2):
            writer.stdin.write("\n")
            writer.stdin.flush()
            writer.stdout.readline()
        (frame,) = frames_of(source, 1)
    assert frame.name == "slow.png"
    assert np.array_equal(frame.image_rgb, read_image(cells[1]))


def test_many_photos_written_at_once_by_another_process_all_come_once(watched, cells):
    folder, source = watched
    targets = [folder / f"{number}.png" for number in range(30)]
    with subprocess.Popen([sys.executable, "-c", SLOW_WRITER, cells[2], "1", *targets], stdout=subprocess.DEVNULL):
        frames = frames_of(source, len(targets))
    assert sorted(frame.name for frame in frames) == sorted(target.name for target in targets)
    nothing_for(source, 0.5)


def test_a_file_that_never_becomes_a_photo_is_told_once(watched, cells, monkeypatch):
    monkeypatch.setattr("inspector.storage.sources.watched_folder.UNREADABLE_S", 0.5)
    folder, source = watched
    (folder / "half.png").write_bytes(cells[1].read_bytes()[:300])
    with pytest.raises(ImageUnreadable, match=r"half\.png"):
        frames_of(source, 1)
    nothing_for(source, 0.8)
    shutil.copy(cells[1], folder / "half.png")  # the rest came after all
    assert frames_of(source, 1)[0].name == "half.png"


def test_files_that_vanish_do_no_harm_and_may_come_back(watched, cells):
    folder, source = watched
    shutil.copy(cells[1], folder / "part1.png")
    assert source.read(0.0) is None  # seen, and not settled
    (folder / "part1.png").unlink()
    nothing_for(source, 0.5)
    shutil.copy(cells[2], folder / "part1.png")
    (frame,) = frames_of(source, 1)
    assert np.array_equal(frame.image_rgb, read_image(cells[2]))
    (folder / "part1.png").unlink()
    nothing_for(source, 0.2)
    shutil.copy(cells[3], folder / "part1.png")
    assert np.array_equal(frames_of(source, 1)[0].image_rgb, read_image(cells[3]))


def test_a_folder_that_goes_away_is_told_and_what_came_meanwhile_is_delivered(watched, cells):
    folder, source = watched
    elsewhere = folder.with_name("drive unplugged")
    os.rename(folder, elsewhere)
    error, seconds = lost(source)
    assert seconds < 2.0
    assert "no such folder" in error.sentence
    source.close()
    with pytest.raises(SourceError, match="no such folder"):
        source.open()
    shutil.copy(cells[1], elsewhere / "meanwhile.png")
    os.rename(elsewhere, folder)
    source.open()
    assert [frame.name for frame in frames_of(source, 1)] == ["meanwhile.png"]
    nothing_for(source, 0.4)


def test_opened_anew_it_leaves_out_what_came_while_it_was_closed(watched, cells):
    folder, source = watched
    source.close()
    shutil.copy(cells[1], folder / "meanwhile.png")
    source.open()
    nothing_for(source, 0.5)


def test_a_read_waits_no_longer_than_asked(watched):
    _, source = watched
    started = time.monotonic()
    assert source.read(0.25) is None
    assert 0.2 < time.monotonic() - started < 1.0


def test_what_cannot_be_watched_is_said_in_words(tmp_path, opened):
    (tmp_path / "file").write_text("")
    for name, words in (("none", "no such folder"), ("file", "not a folder")):
        with pytest.raises(SourceError, match=words):
            opened(f"watch:{tmp_path / name}")
