"""A folder that another process writes photos into, slowly and otherwise."""

import io
import os
import shutil
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from inspector.core.errors import ImageUnreadable, SourceError
from inspector.devices.sources.settling import AHEAD
from inspector.devices.sources.watched_folder import WatchedFolder
from inspector.storage.photos.images import decode_image, list_images, read_image
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
    monkeypatch.setattr("inspector.devices.sources.watched_folder.UNREADABLE_S", 0.5)
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


def in_every_format(photo_rgb):
    """Return a photo under a name of each format: whole, and of full length with its last third not yet written."""
    made = {}
    image, other = Image.fromarray(photo_rgb), Image.fromarray(photo_rgb[::-1])
    for name, form, options in (
        ("1.png", "PNG", {}),
        ("2.bmp", "BMP", {}),
        ("3.tif", "TIFF", {}),
        ("4.tiff", "TIFF", {"compression": "tiff_lzw"}),
        ("5.webp", "WEBP", {"quality": 90}),
        ("6.jpg", "JPEG", {"quality": 90}),
        ("7.jpg", "MPO", {"save_all": True, "append_images": [other]}),
        ("8.gif", "GIF", {}),
        ("9.jp2", "JPEG2000", {}),
        ("10.avif", "AVIF", {"speed": 10}),
        ("11.ppm", "PPM", {}),
    ):
        file = io.BytesIO()
        image.save(file, form, **options)
        whole = file.getvalue()
        written = 2 * len(whole) // 3
        made[name] = whole, whole[:written] + bytes(len(whole) - written)
    return made


def test_files_of_full_length_are_waited_for_until_their_end_is_written(watched, cells):
    folder, source = watched
    photos = in_every_format(read_image(cells[1]))
    for name, (_, begun) in photos.items():
        (folder / name).write_bytes(begun)
    nothing_for(source, 1.5)
    for name, (whole, begun) in photos.items():
        with (folder / name).open("r+b") as file:
            file.seek(len(begun.rstrip(b"\0")))
            file.write(whole[file.tell() :])
    frames = {frame.name: frame for frame in frames_of(source, len(photos))}
    assert frames.keys() == photos.keys()
    for name, frame in frames.items():
        assert np.array_equal(frame.image_rgb, read_image(folder / name)), name


def test_content_that_changes_under_the_same_size_and_time_is_no_photo_at_rest(watched, cells):
    folder, source = watched
    file = folder / "memory mapped.bmp"
    stamp = time.time_ns() - 10**10
    until = time.monotonic() + 1.2
    at = 0
    while time.monotonic() < until:
        at = (at + 1) % len(cells)
        Image.fromarray(255 - read_image(cells[at]) // 2).save(file)
        os.utime(file, ns=(stamp, stamp))
        assert source.read(0.1) is None
    (frame,) = frames_of(source, 1)
    assert np.array_equal(frame.image_rgb, 255 - read_image(cells[at]) // 2)


def test_a_black_end_in_a_format_that_cannot_tell_is_waited_for_and_then_delivered(watched, cells, monkeypatch):
    monkeypatch.setattr("inspector.devices.sources.watched_folder.UNREADABLE_S", 1.0)
    folder, source = watched
    photo = read_image(cells[1])
    photo[:50] = 0  # a BMP begins with the lowest row
    Image.fromarray(photo).save(folder / "black.bmp")
    nothing_for(source, 0.7)
    (frame,) = frames_of(source, 1)
    assert np.array_equal(frame.image_rgb, photo)


def test_files_that_never_become_photos_do_not_hold_up_the_others(watched, cells):
    folder, source = watched
    for number in range(3 * AHEAD):
        (folder / f"1 half {number}.png").write_bytes(cells[1].read_bytes()[:300])
    for number in range(20):
        shutil.copy(cells[2], folder / f"2 whole {number}.png")
    assert [frame.name for frame in frames_of(source, 20)] == [f"2 whole {number}.png" for number in range(20)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_pipes_links_and_folders_do_not_block(watched, cells, monkeypatch):
    monkeypatch.setattr("inspector.devices.sources.watched_folder.UNREADABLE_S", 0.5)
    folder, source = watched
    os.mkfifo(folder / "1 pipe.png")
    (folder / "2 loop.png").symlink_to(folder / "2 loop.png")
    (folder / "3 folder.png").mkdir()
    shutil.copy(cells[1], folder / "4 two\nlines.png")
    assert frames_of(source, 1)[0].name == "4 two\nlines.png"
    with pytest.raises(ImageUnreadable, match="not an ordinary file"):
        frames_of(source, 1)
    nothing_for(source, 0.5)


def test_files_that_are_skipped_are_counted_with_their_reason(watched, cells):
    folder, source = watched
    (folder / "uploads").mkdir()
    for name in ("1.heic", "2.heic", "3.png.part", "Thumbs.db"):
        (folder / name).touch()
    shutil.copy(cells[1], folder / "4.jpe")
    assert frames_of(source, 1)[0].name == "4.jpe"
    words = "Inspector reads no HEIC pictures; save the photo as PNG, TIFF or JPEG"
    assert source.remark == f"2 files skipped: {words}"
    (folder / "1.heic").unlink()
    nothing_for(source, 0.3)
    assert source.remark == f"1 file skipped: {words}"


def work_for(folder, cells, waiting, delivered, monkeypatch):
    """Return how often files were looked at and read, and the folder listed, to deliver photos of a backlog."""
    folder.mkdir()
    source = WatchedFolder(folder)
    source.open()
    shutil.copy(cells[1], folder / "0.png")
    for number in range(1, waiting):
        os.link(folder / "0.png", folder / f"{number}.png")
    count = Counter()

    def counted(name, call):
        def counting(*args, **named):
            count[name] += 1
            return call(*args, **named)

        return counting

    with monkeypatch.context() as patched:
        module = "inspector.devices.sources.watched_folder"
        patched.setattr(f"{module}.os.stat", counted("stat", os.stat))
        patched.setattr(f"{module}.os.listdir", counted("list", os.listdir))
        patched.setattr(f"{module}.WatchedFolder._content", staticmethod(counted("read", WatchedFolder._content)))
        patched.setattr(f"{module}.decode_image", counted("decode", decode_image))
        names = [frame.name for frame in frames_of(source, delivered)]
    assert names == [f"{number}.png" for number in range(delivered)]
    return count


def test_what_a_photo_costs_does_not_grow_with_the_number_that_waits(tmp_path, cells, monkeypatch):
    for waiting in (100, 5000):
        count = work_for(tmp_path / str(waiting), cells, waiting, 80, monkeypatch)
        assert count["decode"] == 80
        assert count["read"] <= 2 * 80 + AHEAD
        assert count["stat"] <= 2 * 80 + AHEAD
        assert count["list"] <= 1 + 80
