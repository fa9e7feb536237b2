"""A missing history is not replaced by an empty one, and an unwritable history is opened for reading."""

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from inspector.core.errors import HistoryError, HistoryLocked, HistoryMissing, HistoryReadOnly
from inspector.core.review.decision import Decision, Review
from inspector.storage.folders import settings_file
from inspector.storage.history import chain
from inspector.storage.history.sql import schema
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged
from tests.storage.history.sql.test_schema import as_release


@pytest.fixture
def used(folder):
    """A history of two parts, closed."""
    with History.open(folder) as history:
        history.add(judged(0, 1.5))
        history.add(judged(1, 0.5))
    return folder


def test_an_unmounted_disk_is_no_new_history(used, tmp_path):
    disk = used.rename(tmp_path / "unplugged")
    for _ in range(2):
        with pytest.raises(HistoryMissing, match="the history is missing; connect its disk"):
            History.open(used)
        assert not used.exists()
    used.mkdir()  # the empty mount point
    with pytest.raises(HistoryMissing):
        History.open(used)
    assert list(used.iterdir()) == []
    used.rmdir()
    disk.rename(used)
    with History.open(used) as history:
        assert history.count() == 2


@pytest.mark.parametrize("content", [b"", None])
def test_an_empty_database_in_its_place_is_no_new_history_either(used, content):
    for file in used.glob("history.sqlite*"):
        file.unlink()
    if content is None:
        sqlite3.connect(used / "history.sqlite").execute("PRAGMA user_version = 1").connection.close()
    else:
        (used / "history.sqlite").write_bytes(content)
    with pytest.raises(HistoryMissing):
        History.open(used)


def test_who_wants_a_new_one_begins_it_and_it_is_remembered_from_then_on(used, tmp_path):
    used.rename(tmp_path / "old")
    with History.open(used, anew=True) as history:
        assert history.count() == 0
        history.add(judged(0))
    with History.open(used) as history:
        assert history.count() == 1
    shutil.rmtree(used)
    shutil.copytree(tmp_path / "old", used)
    with pytest.raises(HistoryMissing, match="this is not the history that was used before"):
        History.open(used)
    with History.open(used, anew=True) as history:
        assert history.count() == 2  # existing files stay untouched
    with History.open(used) as history:
        assert history.count() == 2


def test_a_copy_of_the_same_history_is_the_same(used, tmp_path):
    with History.open(used) as history:
        history.add(judged(2))
    copy = shutil.copytree(used, tmp_path / "copy")
    shutil.rmtree(used)
    shutil.copytree(copy, used)
    with History.open(used) as history, History.open(copy) as other:
        assert history.count() == other.count() == 3


def test_what_nobody_remembers_is_opened_as_before(used, tmp_path):
    (remembered,) = (settings_file().parent / "histories").iterdir()
    for content in ("{", "[]", '{"uuid": null}', "[" * 100_000):
        remembered.write_text(content)
        History.open(used).close()
        assert json.loads(remembered.read_text())["place"] == str(used)
    shutil.rmtree(settings_file().parent / "histories")
    used.rename(tmp_path / "old")
    with History.open(used) as history:
        assert history.count() == 0


def test_pictures_on_a_disk_that_is_not_connected_are_asked_for(folder, tmp_path):
    disk = tmp_path / "disk"
    with History.open(folder, pictures_folder=disk) as history:
        history.add(judged(0, 1.5))
    disk.rename(tmp_path / "unplugged")
    disk.mkdir()
    with pytest.raises(HistoryMissing, match="the folder of pictures of this history is missing"):
        History.open(folder, pictures_folder=disk)
    assert list(disk.iterdir()) == []
    disk.rmdir()
    (tmp_path / "unplugged").rename(disk)
    with History.open(folder, pictures_folder=disk) as history:
        assert history.photo(1).shape == (300, 300, 3)
    shutil.rmtree(disk)
    with History.open(folder, pictures_folder=disk, anew=True) as history:
        history.add(judged(1))


@contextmanager
def held(folder):
    """Another program that writes, or holds the file as one that upgrades does."""
    with closing(sqlite3.connect(folder / "history.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def as_another_user(folder):
    """Be somebody who may read the folder and write nothing there."""
    if not hasattr(os, "seteuid") or os.geteuid() != 0:
        pytest.skip("only root can be another user for a moment")
    above = folder.parent
    chain_of_folders = [above, *[one for one in above.parents if Path(tempfile.gettempdir()) in one.parents]]
    modes = {one: one.stat().st_mode for one in chain_of_folders}
    for one in chain_of_folders:
        one.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for one, mode in modes.items():
            one.chmod(mode & 0o777)


def test_an_older_history_that_another_program_holds_opens_for_reading(folder, monkeypatch):
    as_release("0002", folder)
    with monkeypatch.context() as patched:
        patched.setattr(schema, "SCHEMA", "0002")
        patched.setattr(chain, "append", lambda *_: None)
        with History.open(folder) as history:
            number = history.add(judged(0, 1.5))
    with held(folder):
        history = History.open(folder, busy_s=0.2)
        assert isinstance(history.trouble, HistoryLocked)
        assert "open for reading only: another program holds the history locked" in history.state.sentence
        assert [record.id for record in history.page()] == [number]
        assert history.get(number).record.part_id == "cell 0"
        assert history.photo(number).shape == (300, 300, 3)
        for write in (
            lambda: history.add(judged(1)),
            lambda: history.review(number, Review(Decision.DEFECT, "Q", NOON)),
        ):
            with pytest.raises(HistoryLocked, match="another program holds"):
                write()
    with history:  # the other program has ended
        assert history.add(judged(1)) == number + 1
        assert history.trouble is None
        assert history.state.sentence == ""
        assert history.verify().intact


@pytest.mark.parametrize("writable_again", [True, False])
def test_a_history_on_a_read_only_disk_opens_for_reading(used, writable_again):
    with as_another_user(used):
        history = History.open(used)
    part = judged(2)
    with history:
        assert isinstance(history.trouble, HistoryReadOnly)
        assert "open for reading only" in history.state.sentence
        with as_another_user(used):
            assert history.count() == 2
            assert history.photo(1).shape == (300, 300, 3)
            assert history.verify().intact
            with pytest.raises(HistoryError, match=r"not allowed|cannot be opened"):
                history.add(part)
        if writable_again:
            history.add(part)  # the disk can be written again
            assert history.count() == 3


def test_what_is_neither_readable_is_named(used):
    (used / "history.sqlite").write_bytes(b"nothing" * 1000)
    with pytest.raises(HistoryError, match="damaged, or is not a history"):
        History.open(used)
