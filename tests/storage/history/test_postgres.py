"""The same history on a real PostgreSQL server, which these tests start and stop."""

import contextlib
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from benchmarks.speed.history import fill
from inspector.core.errors import HistoryError, HistoryLocked, HistoryTooNew, PictureMissing
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.storage.history.disk_budget import DiskBudget, Room
from inspector.storage.history.opening import station
from inspector.storage.history.records import EVERYTHING, Order, PartFilter, Pictures
from inspector.storage.history.sql.tables import metadata
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged
from tests.storage.history.test_disk_budget import NG, OK, SMALL
from tests.storage.history.test_queries import in_order, meant, random_filter

pwd = pytest.importorskip("pwd", reason="these tests start the server as Linux and macOS do")
psycopg = pytest.importorskip("psycopg", reason="the driver comes with the extra postgres")


class Server:
    """A server of its own in a folder of its own, reached through a socket there and by no network."""

    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        # PostgreSQL does not run as root.
        self.user = {"user": unprivileged().pw_uid, "group": unprivileged().pw_gid} if os.geteuid() == 0 else {}
        self.databases = 0

    def run(self, program, *arguments):
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        with (self.folder / "log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, timeout=120, cwd=self.folder, **self.user)

    def make(self):
        self.run("initdb", "-U", "inspector", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self):
        # Without syncing, since the tests kill no computer; and known to nobody but those who reach the socket.
        self.run("pg_ctl", "-w", "-o", f"-F -c listen_addresses='' -k '{self.folder}'", "-l", "server.log", "start")

    def stop(self):
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")

    def url(self, database):
        return f"postgresql://inspector@/{database}?host={self.folder}"

    def new_database(self):
        self.databases += 1
        name = f"plant{self.databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


def unprivileged():
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL does not run as root, and there is no other user here")


def programs():
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # where Debian keeps them
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@pytest.fixture(scope="module")
def server():
    place = programs()
    if place is None:
        pytest.skip("there is no PostgreSQL server here; Debian's package is called postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short, as the name of a socket must be
    made = Server(place, folder)
    try:
        if made.user:
            os.chown(folder, made.user["user"], made.user["group"])
        made.make()
        made.start()
        yield made
        made.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def url(server):
    return server.new_database()


@pytest.fixture
def shared(url, folder):
    with History.open(url, pictures_folder=folder) as history:
        yield history


def test_a_part_comes_back_as_it_was_judged(shared):
    part = judged(3, 1.25, part_id="a\udcff\0b", source="=1+1")
    number = shared.add(part)
    found = shared.get(number)
    assert found.record.part_id == "a\\udcff\\x00b"
    assert found.record.inspected_at == part.inspected_at
    assert found.record.inspected_at.utcoffset() == timedelta(hours=1)
    assert (found.record.score, found.record.verdict) == (part.inspection.score, Verdict.NG)
    assert (found.regions, found.readings) == (part.regions, part.inspection.readings)
    np.testing.assert_array_equal(shared.photo(number), part.image_rgb)
    np.testing.assert_array_equal(shared.score_map(number).grid, part.inspection.score_map.grid)


def test_reviews_are_added_and_taken_back(shared):
    number = shared.add(judged(0, NG))
    shared.review(number, Review(Decision.DEFECT, "A", NOON, "crack"))
    shared.review(number, Review(Decision.FALSE_ALARM, "B", NOON))
    shared.undo_review(number, "B", NOON)
    found = shared.get(number)
    assert (found.record.decision, found.record.defect_class) == (Decision.DEFECT, "crack")
    assert [review.decision for review in found.reviews] == [Decision.DEFECT, Decision.FALSE_ALARM, Decision.DEFECT]
    assert found.reviews[0].reviewed_at == NOON


@pytest.mark.parametrize(
    "change", ["UPDATE inspections SET verdict = 'OK'", "DELETE FROM reviews", "DELETE FROM inspections"]
)
def test_the_server_refuses_to_change_what_was_said(shared, url, change):
    number = shared.add(judged(0, NG))
    shared.review(number, Review(Decision.FALSE_ALARM, "Q", NOON))
    with closing(psycopg.connect(url)) as other, pytest.raises(psycopg.Error, match="append-only"):
        other.execute(change)
    assert shared.get(number).record.verdict is Verdict.NG


TABLES = ("inspections", "details", "reviews", "bundles", "pictures", "picture_folders", "chain", "identity")


def test_no_table_can_be_emptied_or_rewritten(shared, url):
    number = shared.add(judged(0, NG))
    shared.review(number, Review(Decision.DEFECT, "A", NOON, "crack"))
    changes = [
        *(f"TRUNCATE {table} CASCADE" for table in TABLES),
        *(f"DELETE FROM {table}" for table in TABLES),
        "INSERT INTO bundles SELECT * FROM bundles ON CONFLICT (id) DO UPDATE SET name = 'other'",
        "UPDATE bundles SET name = 'other'",
        "UPDATE pictures SET photo_path = '../../victim.png'",
        "UPDATE picture_folders SET path = '/'",
        "UPDATE chain SET hash = 'other'",
        "UPDATE identity SET uuid = 'other'",
    ]
    for change in changes:
        with closing(psycopg.connect(url)) as other, pytest.raises(psycopg.Error, match="append-only"):
            other.execute(change)
    assert shared.verify().intact


def test_the_first_row_that_somebody_altered_is_named(shared, url):
    for index in range(4):
        shared.add(judged(index, NG))
    shared.review(2, Review(Decision.DEFECT, "A", NOON, "crack"))
    shared.delete_pictures(EVERYTHING, "A")
    assert shared.verify().intact
    changes = [
        ("UPDATE inspections SET score = score * (1 + 1e-15) WHERE id = 3", "part 3 was altered"),
        ("UPDATE details SET regions = '[]' WHERE inspection_id = 2", "part 2 was altered"),
        ("DELETE FROM details WHERE inspection_id = 1", "part 1 was altered"),
    ]
    with psycopg.connect(url, autocommit=True) as other:
        for change, sentence in changes:
            other.execute(f"SET session_replication_role = replica; {change}")  # without triggers, as its owner can
            assert sentence in shared.verify().problems[0].sentence
    with psycopg.connect(url, options="-c timezone=Asia/Tokyo") as other:  # another program's settings do not matter
        other.execute("SET session_replication_role = replica; TRUNCATE reviews CASCADE")
    assert any("review 1 was removed" in one.sentence for one in shared.verify().problems)


def test_several_stations_write_one_chain(url, tmp_path):
    failed = []

    def write(index):
        try:
            with History.open(url, pictures_folder=tmp_path / str(index)) as history:
                for _ in range(8):
                    number = history.add(judged(index, OK))
                    history.review(number, Review(Decision.UNSURE, "A", NOON))
                history.delete_pictures(EVERYTHING, "A")
        except HistoryError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with History.open(url, pictures_folder=tmp_path / "0") as history:
        found = history.verify()
    assert (found.problems, found.entries) == ([], 1 + 32 + 32 + 32)


def test_migrations_lead_to_the_tables_that_the_program_uses(shared):
    with shared._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_any_filter_in_any_order_means_what_it_says(url, folder):
    fill(url, 300)
    with History.open(url, pictures_folder=folder) as history:
        everyone = history.page(order=Order.OLDEST, limit=1000)
        assert len(everyone) == 300
        for order in [*Order] * 8:
            part_filter = random_filter(everyone)
            wanted = in_order([record for record in everyone if meant(record, part_filter)], order)
            assert list(history.page(part_filter, order, limit=1000)) == wanted
            assert history.count(part_filter) == len(wanted)
            assert list(history.page(part_filter, order, after=wanted[0], limit=7) if wanted else ()) == wanted[1:8]


def test_reviewed_parts_are_counted_by_the_clock_on_the_wall(shared):
    tokyo = timezone(timedelta(hours=9))
    for at in (NOON, datetime(2026, 3, 6, 1, 30, tzinfo=tokyo)):  # the latter is the 5th in UTC
        part = shared.add(judged(0, 1.5, inspected_at=at))
        shared.review(part, Review(Decision.DEFECT, "Kim", NOON))
    found = [(one.day, one.verdict, one.decision, one.parts) for one in shared.reviewed_by_day()]
    assert found == [(date(2026, 3, day), Verdict.NG, Decision.DEFECT, 1) for day in (5, 6)]


def test_two_computers_share_a_history_and_keep_their_own_pictures(url, tmp_path, monkeypatch):
    with History.open(url, pictures_folder=tmp_path / "one", budget=DiskBudget(SMALL, 0)) as one:
        here = one.add(judged(0, NG))
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(platform, "node", lambda: "line-2")
            other = History.open(url, pictures_folder=tmp_path / "two", budget=DiskBudget(SMALL, 0))
        there = other.add(judged(1, NG))
        assert [record.id for record in one.page()] == [there, here]
        with pytest.raises(PictureMissing, match="on the computer line-2, in"):
            one.photo(there)
        assert one.get(there).record.pictures is Pictures.KEPT
        for _ in range(5):
            one.add(judged(0, OK))
        assert one.state.room is Room.DELETING
        assert other.state.room is Room.AMPLE
        other.close()
        assert one.delete_pictures(PartFilter(verdicts=frozenset({Verdict.NG})), "Q") == 1  # only those that lie here


def test_the_oldest_ok_parts_go_first(url, folder):
    with History.open(url, pictures_folder=folder, budget=DiskBudget(SMALL, 0)) as history:
        for score in (OK, NG, OK, NG, OK, OK):
            history.add(judged(0, score))
        kept = [record.id for record in history.page(order=Order.OLDEST) if record.pictures is Pictures.KEPT]
    assert kept == [2, 4, 5, 6]


def test_a_row_that_another_program_holds_is_waited_for_and_then_named(url, folder):
    with History.open(url, pictures_folder=folder, busy_s=0.2) as history, closing(psycopg.connect(url)) as other:
        history.add(judged(0))
        other.execute("SELECT * FROM picture_folders FOR UPDATE")
        with pytest.raises(HistoryLocked, match="another program"):
            history.add(judged(1))
        other.rollback()
        assert history.count() == 1
        history.add(judged(1))
        assert len(list(folder.glob("2026*/*.png"))) == 2


def test_a_server_that_goes_away_and_comes_back_loses_nothing(server, url, folder):
    with History.open(url, pictures_folder=folder, busy_s=2.0) as history:
        accepted = [history.add(judged(index)) for index in range(3)]
        server.stop()
        try:
            for ask in (lambda: history.add(judged(3)), history.count, lambda: History.open(url)):
                with pytest.raises(HistoryError, match="does not answer"):
                    ask()
        finally:
            server.start()
        accepted.append(history.add(judged(3)))
        assert [record.id for record in history.page(order=Order.OLDEST)] == accepted
    with History.open(url, pictures_folder=folder) as history:  # settles the remains of the failure
        assert history.count() == 4
        assert len(list(folder.glob("2026*/*.png"))) == 4
        assert list((folder / ".pending").iterdir()) == []


def test_addresses_that_lead_nowhere_are_named(server, url):
    with pytest.raises(HistoryError, match=r'refuses .*"nowhere"'):
        History.open(server.url("nowhere"))
    with pytest.raises(HistoryError, match="does not answer"):
        History.open(f"postgresql://inspector@/plant?host={server.folder}/nowhere")


def test_a_history_of_a_later_release_is_not_opened(shared, url):
    with closing(psycopg.connect(url)) as other:
        other.execute("UPDATE alembic_version SET version_num = '0999'")
        other.commit()
    with pytest.raises(HistoryTooNew, match="later release"):
        History.open(url)


def test_one_computer_is_named_by_its_own_name():
    assert station()
