"""Whatever the world does, a plain sentence comes of it, and nothing that was accepted is lost."""

import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest

from inspector.core.errors import HistoryCorrupt, HistoryError, HistoryLocked, HistoryTooNew
from inspector.storage.history.disk_budget import DiskBudget
from inspector.storage.history.sql import database as database_module
from inspector.storage.history.sql.database import connect
from inspector.storage.history.sql.tables import metadata
from inspector.storage.history.store import History
from tests.storage.history.conftest import judged
from tests.storage.history.test_kill import files_on_disk

NO_FLOOR = DiskBudget(floor_bytes=0)


@pytest.fixture
def small_disk(tmp_path):
    """A real disk of 4 MB, where the system lets us make one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("only root on Linux may mount a disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def locked(folder, exclusive=False):
    """Another program holds the database."""
    with closing(sqlite3.connect(folder / "history.sqlite", isolation_level=None)) as other:
        if exclusive:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield other
        other.execute("ROLLBACK")


def fill(disk):
    """Another program fills the disk to the last byte; returns its file."""
    filler = disk / "other program's"
    number = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with os.fdopen(number, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk).free == 0
    return filler


def add_until_it_fails(history, words, most=100):
    """Add parts until that fails with these words; return the numbers of those that were accepted."""
    accepted = []
    with pytest.raises(HistoryError, match=words):
        accepted.extend(history.add(judged(index % 40, 1.5)) for index in range(most))
    return accepted


def test_a_disk_that_fills_up_loses_nothing_that_was_accepted(small_disk):
    folder = small_disk / "history"
    with History.open(folder, budget=NO_FLOOR) as history:
        accepted = [history.add(judged(0, 1.5))]
        filler = fill(small_disk)
        add_until_it_fails(history, "the disk is full", most=1)
        filler.unlink()
        accepted += [history.add(judged(index, 1.5)) for index in range(5)]
        assert [record.id for record in reversed(history.page(limit=1000))] == accepted
        assert all(history.photo(number).shape == (300, 300, 3) for number in accepted)
    with History.open(folder, budget=NO_FLOOR) as history:
        assert history.count() == len(accepted)
    assert len(files_on_disk(folder / "pictures")) == 2 * len(accepted)


def test_a_full_database_takes_the_part_s_files_back(history, folder):
    history.add(judged(0))
    limit_pages(history, 1)  # as if the disk ended here: no less than there are
    accepted = add_until_it_fails(history, "the disk is full")
    assert len(files_on_disk(folder / "pictures")) == 2 * (1 + len(accepted))
    assert history.count() == 1 + len(accepted)
    limit_pages(history, 2**30)
    number = history.add(judged(5))
    assert history.get(number).record.part_id == "cell 5"


def limit_pages(history, pages):
    with history._database.reading() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_a_read_only_disk_is_named(small_disk):
    folder = small_disk / "history"
    with History.open(folder, budget=NO_FLOOR) as history:
        history.add(judged(0))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    part = judged(1)
    with History.open(folder) as history:
        assert history.count() == 1
        with pytest.raises(HistoryError, match=r"read-only|not allowed|cannot be opened"):
            history.add(part)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with History.open(folder, budget=NO_FLOOR) as history:
        assert history.add(judged(1)) == 2


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_write_that_fails_leaves_no_trace_and_may_be_tried_again(history, folder, monkeypatch, step, number):
    history.add(judged(0))
    before = files_on_disk(folder / "pictures")

    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        with pytest.raises(HistoryError, match=";"):
            history.add(judged(1))
    assert files_on_disk(folder / "pictures") == before
    assert history.count() == 1
    assert history.add(judged(1)) == 2


def test_a_folder_that_one_may_not_write_to_is_named(folder):
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        pytest.skip("root may write everywhere, and Windows has no such folders")
    History.open(folder).close()
    folder.chmod(0o500)
    (folder / "pictures").chmod(0o500)
    try:
        with History.open(folder) as history, pytest.raises(HistoryError, match=r"not allowed|cannot be opened"):
            history.add(judged(0))
    finally:
        folder.chmod(0o700)
        (folder / "pictures").chmod(0o700)


def test_a_file_where_the_folder_should_be_is_named(folder):
    folder.write_text("not a folder")
    with pytest.raises(HistoryError, match="a file stands where a folder is needed"):
        History.open(folder)


def test_a_database_that_another_program_writes_to_is_waited_for_and_then_named(folder):
    with History.open(folder, busy_s=0.2) as history:
        history.add(judged(0))
        before = files_on_disk(folder / "pictures")
        with locked(folder):
            with pytest.raises(HistoryLocked, match="another program holds the history locked; close it"):
                history.add(judged(1))
            assert history.count() == 1  # reading goes on
        assert files_on_disk(folder / "pictures") == before
        assert history.add(judged(1)) == 2


def test_a_database_that_another_program_keeps_to_itself_is_named(folder):
    History.open(folder).close()
    with locked(folder, exclusive=True), pytest.raises(HistoryLocked, match=r"history.sqlite: another program"):
        History.open(folder, busy_s=0.2)
    History.open(folder).close()


@pytest.mark.parametrize("content", [b"no database, but some text" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_a_file_that_is_no_database_is_left_as_it_is(folder, content):
    folder.mkdir()
    (folder / "history.sqlite").write_bytes(content)
    with pytest.raises(HistoryCorrupt, match="damaged, or is not a history"):
        History.open(folder)
    assert (folder / "history.sqlite").read_bytes() == content


def test_a_damaged_database_is_named(folder):
    with History.open(folder) as history:
        for index in range(5):
            history.add(judged(index))
    path = folder / "history.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(HistoryCorrupt, match="damaged"):
        History.open(folder).get(1)


def test_another_program_s_database_is_not_touched(folder):
    folder.mkdir()
    with closing(sqlite3.connect(folder / "history.sqlite")) as other:
        other.execute("CREATE TABLE inspections (id INTEGER)")
    with pytest.raises(HistoryCorrupt, match="belongs to another program"):
        History.open(folder)


@pytest.mark.parametrize(
    "version", ["0", "0000", "3", "\N{ARABIC-INDIC DIGIT THREE}" * 4, "00", "-001", "0001x", " 0003"]
)
def test_a_version_that_no_release_wrote_is_told(folder, version):
    History.open(folder).close()
    with closing(sqlite3.connect(folder / "history.sqlite")) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (version,))
        other.commit()
    with pytest.raises(HistoryCorrupt, match="belongs to another program"):
        History.open(folder)


@pytest.mark.parametrize("table", [table for table in metadata.tables if table not in ("identity", "inspections")])
def test_a_table_that_somebody_took_away_is_told(folder, table):
    History.open(folder).close()
    with closing(sqlite3.connect(folder / "history.sqlite")) as other:
        other.execute("PRAGMA foreign_keys = OFF")
        other.execute(f"DROP TABLE {table}")
    with pytest.raises(HistoryCorrupt, match=f"its table {table} is missing; put a copy of the history in its"):
        History.open(folder)


def test_a_column_that_somebody_took_away_is_told(folder):
    History.open(folder).close()
    with closing(sqlite3.connect(folder / "history.sqlite")) as other:
        other.execute("ALTER TABLE details DROP COLUMN ms")
    with pytest.raises(HistoryCorrupt, match=r"its column details\.ms is missing"):
        History.open(folder)


def test_a_history_of_a_later_release_is_not_opened(folder):
    History.open(folder).close()
    with closing(sqlite3.connect(folder / "history.sqlite")) as other:
        other.execute("UPDATE alembic_version SET version_num = '0999'")
        other.commit()
    with pytest.raises(HistoryTooNew, match="a later release of Inspector wrote this history"):
        History.open(folder)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://user@host/database", "SQLite or PostgreSQL"),
        ("nonsense://", "SQLite or PostgreSQL"),
        ("mysql://user@host/database?password=hunter2", "SQLite or PostgreSQL"),
        ("postgresql://user:hunter2@host:port/database", "not the address of a database"),
        ("postgresql://user@host:port/database?password=hunter2", "not the address of a database"),
        ("postgresql+nodriver://user:hunter2@host/database?password=hunter2", "cannot be used"),
        ("postgresql://user@127.0.0.1:9/database?password=hunter2", "does not answer"),
        ("postgresql://user@127.0.0.1:9/database?sslpassword=hunter2&connect_timeout=1", "does not answer"),
        ("postgresql://user:hunter2@127.0.0.1:9/database", "does not answer"),
        ("postgresql://user:hun@hunter2.invalid/x@127.0.0.1:9/database", "does not answer"),
        ("postgresql://user@127.0.0.1:9/database?passwort=hunter2", "setting that PostgreSQL does not know"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_without_its_password(address, words):
    with pytest.raises(HistoryError, match=words) as raised:
        History.open(address, busy_s=1.0)
    assert "hunter2" not in f"{raised.value} {raised.value.subject} {raised.value.__cause__!r}"


def test_the_name_of_a_database_has_no_secret():
    for secret in ("password=hunter2", "passfile=hunter2", "sslmode=require&password=hunter2"):
        assert connect(f"postgresql://user:hunter2@host/history?{secret}").name == "postgresql://host/history"


def test_a_missing_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(HistoryError, match=r"pip install 'inspector\[postgres\]'"):
        History.open("postgresql://user@host/database")


def test_bugs_are_not_taken_for_the_world(history):
    with pytest.raises(Exception, match="no such column") as raised, history._database.reading() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM inspections")
    assert not isinstance(raised.value, HistoryError)


def test_leftovers_of_a_program_that_died_go_at_the_next_opening(folder):
    with History.open(folder) as history:
        history.add(judged(0))
    kept = files_on_disk(folder / "pictures")
    pictures = folder / "pictures"
    (photo,) = [path for path in kept if path.endswith(".png")]
    orphan = photo.replace(".png", "0.png")
    (pictures / orphan).write_bytes(b"half a pho")
    (pictures / orphan.replace(".png", ".safetensors")).write_bytes(b"")
    (pictures / orphan).with_name(".inspector-0123456789abcdef.tmp").write_bytes(b"")
    outside = folder / "mine.png"
    outside.write_bytes(b"not yours")
    (pictures / ".pending" / "a").write_text(f'["{photo}", "{orphan}", "../mine.png", "x/../../mine.png", 7]')
    (pictures / ".pending" / "b").write_text('["2026-0')
    History.open(folder).close()
    assert files_on_disk(pictures) == kept
    assert outside.exists()


def test_the_wait_for_others_has_a_default_that_people_can_live_with():
    assert 5.0 <= database_module.BUSY_S <= 30.0


def test_an_answer_that_gets_lost_after_the_commit_is_no_loss(history, folder, monkeypatch):
    real = history._database.writing

    @contextmanager
    def commit_and_lose_the_answer():
        with real() as connection:
            yield connection
        raise HistoryError("server", "the database server does not answer; try again")

    with monkeypatch.context() as broken:
        broken.setattr(history._database, "writing", commit_and_lose_the_answer)
        assert history.add(judged(0, 1.5)) == 1
    assert history.count() == 1
    assert history.photo(1).shape == (300, 300, 3)
    assert list((folder / "pictures" / ".pending").iterdir()) == []
