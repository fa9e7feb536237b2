"""Files that are skipped in lists of photos: trash, system files, hidden files, files that are not photos."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.core.errors import NoImages
from inspector.storage.good_photos.good_set import read_good_set
from inspector.storage.photos.photo_list import find_images
from inspector.storage.photos.skipped_files import SkippedFile, skipped_json, skipped_words

SYSTEM = [
    "$RECYCLE.BIN",
    "$Recycle.Bin",
    "RECYCLER",
    "#recycle",
    "@Recycle",
    "@eaDir",
    "#snapshot",
    "System Volume Information",
    "lost+found",
    "LOST.DIR",
    "__MACOSX",
    ".Trash",
    ".Trash-1000",
    ".Trashes",
    "FOUND.000",
    "@__thumb",
]


@pytest.mark.parametrize("name", SYSTEM)
def test_a_trash_or_system_folder_is_ignored(copied: Callable[..., Path], tmp_path: Path, name: str) -> None:
    photo = copied("line 1/1.png")
    deleted = copied(f"line 1/{name}/S-1-5/2.png")
    found = find_images(tmp_path)
    assert found.photos == [photo]
    assert skipped_words(found.skipped) == [f"1 trash or system folder ignored: {name}"]
    assert find_images(tmp_path / "line 1" / name).photos == [deleted]  # whoever names the folder wants it


@pytest.mark.parametrize("name", ["recycle parts", "trash", "found", "@parts", "system", "snapshots"])
def test_a_users_folder_of_a_similar_name_is_read(copied: Callable[..., Path], tmp_path: Path, name: str) -> None:
    photo = copied(f"{name}/1.png")
    assert find_images(tmp_path).photos == [photo]


def test_deleted_photos_are_not_trained_on(copied: Callable[..., Path], tmp_path: Path) -> None:
    goods = [copied(f"{number}.png", number) for number in range(3)]
    copied("$RECYCLE.BIN/$R1.png", 3)
    copied(".Trash-0/files/4.png", 4)
    good_set = read_good_set(tmp_path)
    assert list(good_set.paths) == goods
    assert skipped_words(good_set.skipped) == ["2 trash or system folders ignored: $RECYCLE.BIN, .Trash-0"]


def test_a_system_folder_that_cannot_be_opened_does_no_harm(
    copied: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = copied("1.png")
    closed = copied("System Volume Information/2.png").parent
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert find_images(tmp_path).photos == [photo]


def test_every_file_that_is_no_photo_is_named_with_its_reason(copied: Callable[..., Path], tmp_path: Path) -> None:
    for name in ("1.jfif", "2.JPE", "3.jp2", "4.gif", "5.avif", "6.pgm", "7.apng", "8.dib", "9.mpo", "10.j2k"):
        copied(name)
    for name in ("a.heic", "b.HEIC", "c.dng", "notes.txt", "scan", ".hidden.png", ".DS_Store", "Thumbs.db"):
        copied(name)
    copied(".cache/x.png")
    for name in ("results.json", "results.csv", "part.inspector"):
        copied(name)
    found = find_images(tmp_path)
    assert len(found.photos) == 10
    assert sorted(one.path.name for one in found.skipped) == sorted(
        ["a.heic", "b.HEIC", "c.dng", "notes.txt", "scan", ".hidden.png", ".cache"]
    )
    assert set(skipped_words(found.skipped)) == {
        "2 files skipped: Inspector reads no HEIC pictures; save the photo as PNG, TIFF or JPEG",
        "1 file skipped: Inspector reads no raw camera pictures; save the photo as PNG, TIFF or JPEG",
        "1 file skipped: .txt is no suffix of a photo",
        "1 file skipped: the name has no suffix of a photo",
        "1 file skipped: a hidden file: its name begins with a dot",
        "1 hidden folder ignored",
    }
    assert {"path": str(tmp_path / "a.heic"), "reason": found.skipped[-4].reason} in skipped_json(found.skipped)


def test_a_folder_of_nothing_but_heic_says_so(copied: Callable[..., Path], tmp_path: Path) -> None:
    copied("a.heic")
    with pytest.raises(NoImages, match="1 file skipped: Inspector reads no HEIC pictures; save the photo as PNG"):
        find_images(tmp_path)


def test_odd_names_are_listed_and_told(copied: Callable[..., Path], tmp_path: Path) -> None:
    photo = copied("two\nlines.png")
    (tmp_path / "folder.png").mkdir()
    inside = copied("folder.png/1.png")
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.heic"
    try:
        Path(os.fsdecode(odd)).touch()
    except OSError:
        pytest.skip("this system has no such names")
    found = find_images(tmp_path)
    assert sorted(found.photos) == sorted([photo, inside])
    assert skipped_json(found.skipped)[0]["path"].endswith(".heic")
    assert skipped_words([SkippedFile(Path(".x"), "a hidden folder")] * 2) == ["2 hidden folders ignored"]
