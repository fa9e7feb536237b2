from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from inspector.core.good_photos.sessions import NO_SESSIONS, SessionChoice, SessionsBy
from inspector.storage.good_photos.taken_together import UNDATED, find_sessions
from inspector.storage.photos.images import date_taken
from inspector.storage.photos.photo_list import list_images

Copy = Callable[..., Path]
ANY = SessionChoice()


def by(name: str) -> SessionChoice:
    return SessionChoice(SessionsBy(name))


def dated(photo: Path, taken: str, suffix: str = ".jpg") -> Path:
    """Save a copy of a photo that says when it was taken, in the photo's place."""
    target = photo.with_suffix(suffix)
    with Image.open(photo) as image:
        exif = image.getexif()
        exif.get_ifd(0x8769)[0x9003] = taken
        exif[0x8769] = 0  # a place holder, without which PNG and TIFF are written without the block
        image.convert("RGB").save(target, exif=exif if suffix == ".tif" else exif.tobytes())
    if target != photo:
        photo.unlink()
    return target


def set_day(photos: list[Path], day: int) -> None:
    for photo in photos:
        moment = datetime(2026, 3, day, 12).timestamp()
        os.utime(photo, (moment, moment))


@pytest.fixture
def same_day(copied: Copy, tmp_path: Path) -> Path:
    """Six photos in one folder, written on one day."""
    set_day([copied(f"goods/{index}.png", index) for index in range(6)], 5)
    return tmp_path / "goods"


def found(folder: Path, choice: SessionChoice = ANY) -> tuple[str, tuple[str, ...]]:
    sessions = find_sessions(folder, list_images(folder), choice)
    return str(sessions.by), sessions.of_photos


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp", ".png"])
def test_a_photo_says_when_it_was_taken(copied: Copy, suffix: str) -> None:
    plain = copied("a.png")
    assert date_taken(plain) is None
    assert date_taken(dated(plain, "2026:03:05 14:30:07", suffix)) == datetime(2026, 3, 5, 14, 30, 7)


@pytest.mark.parametrize("nonsense", ["0000:00:00 00:00:00", "yesterday", "2026:13:45 99:00:00"])
def test_a_date_that_is_none_is_not_believed(copied: Copy, nonsense: str) -> None:
    assert date_taken(dated(copied("a.png"), nonsense)) is None


def test_photos_of_one_folder_and_day_are_no_sessions(same_day: Path) -> None:
    assert find_sessions(same_day, list_images(same_day), ANY) is NO_SESSIONS
    for way in ("folder", "date", "file-time", "none"):
        assert found(same_day, by(way)) == ("none", ())


def test_folders_are_sessions_at_any_depth(copied: Copy, tmp_path: Path) -> None:
    for index, name in enumerate(("lot 1/a", "lot 1/b", "lot 2/early/a", "lot 2/early/b", "a", "b")):
        copied(f"goods/{name}.png", index)
    goods = tmp_path / "goods"
    names = dict(zip(list_images(goods), found(goods)[1], strict=True))
    assert found(goods)[0] == "folder"
    assert {path.relative_to(goods).as_posix(): name for path, name in names.items()} == {
        "a.png": "goods", "b.png": "goods", "lot 1/a.png": "lot 1", "lot 1/b.png": "lot 1",
        "lot 2/early/a.png": "lot 2/early", "lot 2/early/b.png": "lot 2/early",
    }  # fmt: skip
    assert found(goods, by("none")) == ("none", ())


def test_a_folder_for_each_photo_is_no_session_unless_asked_for(copied: Copy, tmp_path: Path) -> None:
    set_day([copied(f"goods/{index}/photo.png", index) for index in range(4)], 5)
    assert found(tmp_path / "goods") == ("none", ())
    assert found(tmp_path / "goods", by("folder")) == ("folder", ("0", "1", "2", "3"))


def test_dates_taken_tell_days_and_pauses(same_day: Path) -> None:
    hours = ("05 08:00", "05 09:00", "05 15:00", "05 15:30", "06 08:00", "06 08:10")
    for photo, hour in zip(list_images(same_day), hours, strict=True):
        dated(photo, f"2026:03:{hour}:00")
    early, late, next_day = "2026-03-05 08:00", "2026-03-05 15:00", "2026-03-06"
    assert found(same_day) == ("date", (early, early, late, late, next_day, next_day))


def test_dates_count_for_all_photos_or_only_when_asked_for(same_day: Path) -> None:
    photos = list_images(same_day)
    for photo, day in zip(photos[:4], (5, 5, 6, 6), strict=True):
        dated(photo, f"2026:03:{day:02} 08:00:00")
    set_day(list_images(same_day), 5)
    assert found(same_day) == ("none", ())
    assert found(same_day, by("date"))[1] == ("2026-03-05",) * 2 + ("2026-03-06",) * 2 + (UNDATED,) * 2


def test_file_times_count_in_whole_days_and_last(same_day: Path) -> None:
    set_day(list_images(same_day)[3:], 9)
    assert found(same_day) == ("file-time", ("2026-03-05",) * 3 + ("2026-03-09",) * 3)
    for photo, day in zip(list_images(same_day), (5, 6, 5, 6, 5, 6), strict=True):
        dated(photo, f"2026:03:{day:02} 08:00:00")
    assert found(same_day)[0] == "date"


def test_names_that_the_user_gave_join_sessions(same_day: Path) -> None:
    photos = list_images(same_day)
    for position in range(3):
        set_day(photos[2 * position : 2 * position + 2], 5 + position)
    renamed = SessionChoice(renamed=(("2026-03-06", "lot A"), ("2026-03-05", "lot A")))
    assert found(same_day, renamed) == ("hand", ("lot A",) * 4 + ("2026-03-07",) * 2)
