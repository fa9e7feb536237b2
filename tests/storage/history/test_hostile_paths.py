"""Rows and notes that name files outside the folder of pictures: nothing there is deleted, read or written."""

import json
import os
import sqlite3
from contextlib import closing

import pytest

from inspector.core.errors import HistoryError, PictureMissing
from inspector.core.review.decision import Decision, Review
from inspector.storage.history.disk_budget import DiskBudget
from inspector.storage.history.picture_folder import encode_pictures
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.store import History
from inspector.storage.photos.images import encode_png
from inspector.workflows.reports.writing import report_on_history
from tests.storage.history.conftest import NOON, judged

OK, NG = 0.5, 1.5
SIZE = encode_pictures(judged(0, OK)).size
TIGHT = DiskBudget(int(2.5 * SIZE), 0)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and named pipes are those of Linux and macOS")

HOSTILE = ["../../victim.png", "../victim.png", "{absolute}", "day/../../../victim.png", ".pending/../../victim.png"]


@pytest.fixture
def victim(tmp_path, folder):
    """Somebody's photos outside of the folder of pictures, wherever a hostile path leads."""
    folder.mkdir()
    files = [tmp_path / "victim.png", folder / "victim.png"]
    for file in files:
        file.write_bytes(encode_png(judged(0).image_rgb))
        file.with_suffix(".safetensors").write_bytes(b"not yours")
    return files


def rename_row(folder, number, path, sha256=None):
    """Edit a row by hand, as a person with another tool can."""
    with closing(sqlite3.connect(folder / "history.sqlite")) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'pictures'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE pictures SET photo_path = ? WHERE inspection_id = ?", (path, number))
        if sha256 is not None:
            connection.execute("UPDATE pictures SET photo_sha256 = ? WHERE inspection_id = ?", (sha256, number))
        connection.commit()


def there(files):
    return all(file.exists() and file.with_suffix(".safetensors").exists() for file in files)


@pytest.mark.parametrize("path", HOSTILE)
def test_housekeeping_deletes_nothing_outside(folder, victim, path):
    with History.open(folder, budget=TIGHT) as history:
        history.add(judged(0, OK))
    rename_row(folder, 1, path.format(absolute=victim[0]))
    with History.open(folder, budget=TIGHT) as history:
        for _ in range(4):
            history.add(judged(0, OK))
        assert history.delete_pictures(EVERYTHING, "Q") == 2
        assert there(victim)
        assert history.state.kept_bytes == 0
    History.open(folder).close()
    assert there(victim)


@pytest.mark.parametrize("path", HOSTILE)
def test_neither_review_nor_reports_read_outside(folder, victim, path, tmp_path):
    with History.open(folder) as history:
        history.add(judged(0, NG))
        history.review(1, Review(Decision.DEFECT, "Q", NOON))
        sha256 = history.get(1).photo.sha256
    kept = next((folder / "pictures").glob("2026*/*.png"))
    for file in victim:
        file.write_bytes(kept.read_bytes())  # even a file of the same content is not shown
    rename_row(folder, 1, path.format(absolute=victim[0]), sha256)
    with History.open(folder) as history:
        with pytest.raises(PictureMissing, match="is not followed"):
            history.photo(1)
        out = tmp_path / "out.coco.json"
        report_on_history(history, EVERYTHING, out, scope_words="All")
        document = json.loads(out.read_text())
        assert document["images"] == document["annotations"] == []
        assert "victim" not in out.read_text()
        report_on_history(history, EVERYTHING, tmp_path / "out.html", scope_words="All")
    assert there(victim)


@pytest.mark.parametrize("kind", ["link", "pipe", "device"])
def test_a_picture_must_be_an_ordinary_file(folder, kind, tmp_path):
    with History.open(folder) as history:
        history.add(judged(0, NG))
        (photo,) = (folder / "pictures").glob("2026*/*.png")
        same = tmp_path / "same.png"
        same.write_bytes(photo.read_bytes())
        photo.unlink()
        if kind == "pipe":
            os.mkfifo(photo)
        else:
            photo.symlink_to(same if kind == "link" else "/dev/zero")
        with pytest.raises(PictureMissing, match="only ordinary files are used here"):
            history.photo(1)
        out = tmp_path / "out.coco.json"
        report_on_history(history, EVERYTHING, out, scope_words="All")
        assert json.loads(out.read_text())["images"] == []
        assert history.delete_pictures(EVERYTHING, "Q") == 1
    assert same.exists()


def test_a_folder_of_a_day_that_is_a_link_is_not_followed(folder, tmp_path):
    with History.open(folder) as history:
        history.add(judged(0, OK))
        day = next((folder / "pictures").glob("2026*"))
        elsewhere = tmp_path / "elsewhere"
        day.rename(elsewhere)
        day.symlink_to(elsewhere)
        before = sorted(elsewhere.iterdir())
        with pytest.raises(PictureMissing, match="where a folder must be"):
            history.photo(1)
        with pytest.raises(HistoryError, match="where a folder must be"):
            history.add(judged(1, OK))
        history.delete_pictures(EVERYTHING, "Q")
        assert sorted(elsewhere.iterdir()) == before


def test_notes_delete_nothing_outside_and_are_themselves_no_links(folder, victim, tmp_path):
    History.open(folder).close()
    pending = folder / "pictures" / ".pending"
    paths = [path.format(absolute=victim[0]) for path in HOSTILE]
    (pending / "a").write_text(json.dumps(paths))
    (pending / "b").symlink_to(victim[0])
    os.mkfifo(pending / "c")
    History.open(folder).close()
    assert there(victim)
    assert list(pending.iterdir()) == []
    elsewhere = tmp_path / "documents"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("[]")
    pending.rmdir()
    pending.symlink_to(elsewhere)
    with pytest.raises(HistoryError, match="where a folder must be"):
        History.open(folder)
    assert (elsewhere / "mine.txt").exists()


@pytest.mark.parametrize("path", ["2026-01-01/\ud800.png", "\ud800/x.png", "2026-01-01/x\0.png"])
def test_a_note_of_a_name_that_no_file_has_ends_no_opening(folder, path):
    History.open(folder).close()
    note = folder / "pictures" / ".pending" / "a"
    note.write_text(json.dumps([path]))
    History.open(folder).close()
    assert not note.exists()


@pytest.mark.parametrize("name", ["a:b", "Icon\r", "why?", "back\\slash", "\udcff"])
def test_a_file_that_another_program_put_among_the_notes_ends_no_opening(folder, name):
    History.open(folder).close()
    strange = folder / "pictures" / ".pending" / name
    strange.write_text("[]")
    with History.open(folder) as history:
        assert history.trouble is None
    assert strange.exists()


def test_a_row_that_names_any_folder_as_one_of_pictures_is_not_believed(folder, victim, tmp_path):
    other = tmp_path / "other place"
    with History.open(folder, pictures_folder=other) as history:
        history.add(judged(0, NG))
    with History.open(folder) as history:
        assert history.photo(1).shape == (300, 300, 3)
    with closing(sqlite3.connect(folder / "history.sqlite")) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'picture_folders'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE picture_folders SET path = ? WHERE path <> 'pictures'", (str(tmp_path),))
        connection.commit()
    with History.open(folder) as history, pytest.raises(PictureMissing, match="no folder of pictures"):
        history.photo(1)
