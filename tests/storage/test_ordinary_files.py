"""Paths that a database or a file names stay in their folder, and only ordinary files are opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.storage.ordinary_files import UnsafePath, check_ordinary, inside, read_ordinary

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes, and links only for administrators")


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "..", "/", "../victim.png", "day/../../victim.png", "/etc/passwd", "//server/share/victim.png"),
        *("day//victim.png", "day/./victim.png", "..\\victim.png", "day\\..\\..\\victim.png", "C:/victim.png"),
        *("C:victim.png", "\\\\server\\share\\victim.png", "victim.png\0.png", "day/victim.png:stream", "day/"),
    ],
)
def test_a_path_that_leads_out_of_its_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnsafePath, match="leads out of its folder"):
        inside(tmp_path, path)


@pytest.mark.parametrize("path", [None, 7, b"day/photo.png"])
def test_what_is_no_text_is_no_path(tmp_path: Path, path: object) -> None:
    with pytest.raises(UnsafePath):
        inside(tmp_path, path)  # type: ignore[arg-type]


def test_a_path_below_its_folder_is_followed_whether_or_not_the_file_is_there(tmp_path: Path) -> None:
    assert inside(tmp_path, "2026-03-05/photo ä.png") == tmp_path / "2026-03-05" / "photo ä.png"
    (tmp_path / "2026-03-05").mkdir()
    assert inside(tmp_path, "2026-03-05/photo.png") == tmp_path / "2026-03-05" / "photo.png"


@POSIX
def test_a_folder_on_the_way_must_be_a_folder_and_no_link(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (root / "day").symlink_to(elsewhere)
    (root / "file").touch()
    for path in ("day/photo.png", "file/photo.png"):
        with pytest.raises(UnsafePath, match="where a folder must be"):
            inside(root, path)
    (tmp_path / "chosen").symlink_to(root)  # the folder itself is the user's choice
    assert inside(tmp_path / "chosen", "photo.png") == tmp_path / "chosen" / "photo.png"


@POSIX
@pytest.mark.parametrize("kind", ["pipe", "link", "dangling link", "device", "link to a device"])
def test_only_ordinary_files_are_read(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "file"
    target = {"link": tmp_path / "there", "dangling link": tmp_path / "gone", "link to a device": Path("/dev/zero")}
    (tmp_path / "there").write_bytes(b"secret")
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file = Path("/dev/zero")
    else:
        file.symlink_to(target[kind])
    for use in (check_ordinary, read_ordinary):
        with pytest.raises(UnsafePath, match="only ordinary files are used here"):
            use(file)


def test_ordinary_files_are_read_and_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert read_ordinary(tmp_path / "file") == b"content"
    check_ordinary(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        read_ordinary(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        check_ordinary(tmp_path)


@POSIX
def test_what_is_put_there_after_the_check_is_not_read_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    monkeypatch.setattr("inspector.storage.ordinary_files.check_ordinary", lambda path: None)
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match=r"ordinary|symbolic"):
            read_ordinary(tmp_path / name)
