"""Photos taken out of a good set stay out, by their content."""

import json
import os
import shutil
from pathlib import Path

import pytest

from inspector.core.errors import DatasetError, ResultsError
from inspector.storage.good_photos.left_out import NAME, find_left_out, keep_left_out
from inspector.storage.photos.photo_list import find_images, list_images


@pytest.fixture
def folder(tmp_path: Path, cells: list[Path]) -> Path:
    for number, cell in enumerate(cells[:4]):
        target = tmp_path / "goods" / ("early", "late")[number % 2] / f"größe {number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cell, target)
    return tmp_path / "goods"


def found(folder: Path) -> set[str]:
    return {path.name for path in find_left_out(folder, list_images(folder))}


def test_what_was_taken_out_stays_out_and_what_is_put_back_comes_back(folder: Path) -> None:
    photos = list_images(folder)
    assert found(folder) == set()
    assert not (folder / NAME).exists()
    keep_left_out(folder, photos, photos[:2])
    assert found(folder) == {path.name for path in photos[:2]}
    keep_left_out(folder, photos, photos[1:3])
    assert found(folder) == {path.name for path in photos[1:3]}
    keep_left_out(folder, photos, [])
    assert found(folder) == set()
    assert not (folder / NAME).exists()


def test_the_content_counts_and_not_the_name(folder: Path, cells: list[Path]) -> None:
    photos = list_images(folder)
    keep_left_out(folder, photos, photos[:1])
    photos[0].rename(folder / "renamed.png")
    shutil.copyfile(folder / "renamed.png", folder / "late" / "copy.png")
    assert found(folder) == {"renamed.png", "copy.png"}
    shutil.copyfile(cells[5], folder / "renamed.png")  # another photo under its name
    assert found(folder) == {"copy.png"}
    moved = shutil.copytree(folder, folder.parent / "elsewhere")
    assert found(moved) == {"copy.png"}


def test_a_photo_that_is_away_for_a_while_is_not_forgotten(folder: Path) -> None:
    photos = list_images(folder)
    keep_left_out(folder, photos, photos[:1])
    away = photos[0].rename(folder.parent / "away.png")
    rest = list_images(folder)
    keep_left_out(folder, rest, rest[:1])
    keep_left_out(folder, rest, [])
    away.rename(photos[0])
    assert found(folder) == {photos[0].name}


def test_only_photos_of_the_same_size_in_bytes_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = list_images(folder)
    keep_left_out(folder, photos, photos[:1])
    read: list[Path] = []
    monkeypatch.setattr(
        "inspector.storage.good_photos.left_out.file_sha256", lambda path: read.append(path) or "0" * 64
    )
    find_left_out(folder, photos)
    assert read == [path for path in photos if path.stat().st_size == photos[0].stat().st_size]


def test_the_list_is_no_photo_and_no_skipped_file(folder: Path) -> None:
    photos = list_images(folder)
    keep_left_out(folder, photos, photos[:1])
    listed = find_images(folder)
    assert (sorted(listed.photos), list(listed.skipped)) == (sorted(photos), [])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"photos": [{}]}', b'{"schema_number": 2}', b'{"photos": [{"sha256": "../x"}]}'],
)
def test_a_damaged_list_is_told_and_kept(folder: Path, content: bytes) -> None:
    (folder / NAME).write_bytes(content)
    photos = list_images(folder)
    for call in (lambda: find_left_out(folder, photos), lambda: keep_left_out(folder, photos, photos[:1])):
        with pytest.raises(DatasetError, match=r"left-out\.json: the list .* cannot be read; delete it"):
            call()
    assert (folder / NAME).read_bytes() == content


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_link_or_pipe_in_its_place_is_not_followed(folder: Path) -> None:
    other = folder.parent / "other.json"
    other.write_text(json.dumps({"photos": []}))
    (folder / NAME).symlink_to(other)
    with pytest.raises(DatasetError, match="cannot be read"):
        find_left_out(folder, list_images(folder))
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)
    with pytest.raises(DatasetError, match="cannot be read"):
        find_left_out(folder, list_images(folder))


def test_a_folder_that_cannot_be_written_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inspector.storage.good_photos.left_out.replacing", full)
    photos = list_images(folder)
    with pytest.raises(ResultsError, match="the list of left-out photos cannot be saved: "):
        keep_left_out(folder, photos, photos[:1])


def test_one_photo_stands_for_its_folder(folder: Path) -> None:
    photos = list_images(folder)
    here = photos[0].parent
    keep_left_out(photos[0], photos[:1], photos[:1])
    assert (here / NAME).exists()
    assert find_left_out(photos[0], photos[:1]) == {photos[0]}
