"""Recorded rows stay unchanged: the database refuses changes, and the hash chain shows changes by other means."""

import hashlib
import json
import random
import shutil
import sqlite3
import threading
import tracemalloc
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from benchmarks.speed.history import fill
from inspector.core.errors import HistoryCorrupt, HistoryError
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.review.decision import Decision, Review
from inspector.storage.history import chain, known
from inspector.storage.history.disk_budget import DiskBudget
from inspector.storage.history.picture_folder import encode_pictures
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.sql import schema
from inspector.storage.history.sql.database import FILE_NAME
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged
from tests.storage.history.sql.test_schema import as_release

OK, NG = 0.5, 1.5
TABLES = ("inspections", "details", "reviews", "bundles", "pictures", "picture_folders", "chain", "identity")
SIZE = encode_pictures(judged(0, OK)).size


def say(decision, reviewer="Kim"):
    return Review(decision, reviewer, NOON, "crack" if decision is Decision.DEFECT else "")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A closed history in which everything occurs: pictures, deleted ones, none, reviews, one taken back."""
    folder = tmp_path_factory.mktemp("made") / "history"
    with History.open(folder, budget=DiskBudget(int(3.5 * SIZE), 0)) as history:
        for score in (OK, NG, OK, None, OK, OK, NG):
            history.add(judged(0, score))
        history.review(2, say(Decision.DEFECT))
        history.review(1, say(Decision.FALSE_ALARM))
        history.undo_review(1, "Lee", NOON)
        history.delete_pictures(EVERYTHING, "Kim")
        history.add(judged(1, NG))
    return folder


@pytest.fixture
def filled(made, folder):
    """A copy of it."""
    return shutil.copytree(made, folder)


def by_hand(folder, *statements, unguarded=True):
    """Change the file as somebody can who has it: without the triggers."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        if unguarded:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def verified(folder, head=None):
    with History.open(folder) as history:
        return history.verify(head)


def test_what_was_only_added_to_is_intact(filled):
    found = verified(filled)
    assert (found.intact, found.problems) == (True, [])
    with closing(sqlite3.connect(filled / FILE_NAME)) as connection:
        kinds = connection.execute("SELECT kind, count(*) FROM chain GROUP BY kind ORDER BY kind").fetchall()
    assert dict(kinds) == {"identity": 1, "part": 8, "review": 3, "deletion": 7}
    assert found.entries == 19
    assert found.older_entries == 0


def test_the_hashes_are_those_that_the_documentation_describes(filled):
    """Computed here without the program, for the first entries of each kind."""
    with closing(sqlite3.connect(filled / FILE_NAME)) as connection:
        entries = connection.execute("SELECT seq, kind, row_id, hash FROM chain ORDER BY seq").fetchall()
        before = ""
        for _seq, kind, number, stored in entries:
            if kind == "identity":
                values = connection.execute("SELECT id, uuid, made_at, older_entries FROM identity").fetchone()
            elif kind == "review":
                values = connection.execute(
                    "SELECT id, inspection_id, decision, defect_class, note, reviewer, reviewed_at, utc_offset_s, "
                    "undoes FROM reviews WHERE id = ?",
                    (number,),
                ).fetchone()
            elif kind == "deletion":
                values = connection.execute(
                    "SELECT inspection_id, deleted_at, deleted_why FROM pictures WHERE inspection_id = ?", (number,)
                ).fetchone()
            else:
                values = connection.execute(
                    "SELECT i.id, part_id, source, inspected_at, utc_offset_s, verdict, score, threshold, "
                    "unsure_threshold, relative_score, bundle_id, operator, triggered_by, b.sha256, b.name, refusal, "
                    "photo_height, photo_width, ms, pictures_not_kept, regions, readings, folder_id, photo_path, "
                    "photo_sha256, map_path, map_sha256, bytes FROM inspections i JOIN bundles b ON b.id = bundle_id "
                    "JOIN details d ON d.inspection_id = i.id LEFT JOIN pictures p ON p.inspection_id = i.id "
                    "WHERE i.id = ?",
                    (number,),
                ).fetchone()
            words = json.dumps([kind, *values], separators=(",", ":"))
            before = hashlib.sha256(f"{before}\n{words}".encode()).hexdigest()
            assert before == stored


REFUSED = [
    *(f"DELETE FROM {table}" for table in TABLES),
    *(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in TABLES),
    *(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1" for table in TABLES),
    *(f"UPDATE OR REPLACE {table} SET rowid = 99 WHERE rowid = 1" for table in TABLES),
    "INSERT OR REPLACE INTO inspections SELECT id, part_id, source, inspected_at, utc_offset_s, 'OK', 0.1, threshold, "
    "unsure_threshold, 0.1, bundle_id, operator, triggered_by, decision, defect_class FROM inspections WHERE id = 2",
    "INSERT INTO reviews SELECT * FROM reviews WHERE true ON CONFLICT (id) DO UPDATE SET decision = 'defect'",
    "INSERT OR REPLACE INTO bundles (sha256, name) SELECT sha256, name FROM bundles",
    "INSERT OR REPLACE INTO pictures (inspection_id, folder_id, photo_path, photo_sha256, bytes) "
    "SELECT 99, folder_id, photo_path, photo_sha256, bytes FROM pictures LIMIT 1",
    "INSERT OR REPLACE INTO chain (seq, kind, row_id, hash) SELECT 99, kind, row_id, hash FROM chain LIMIT 1",
    "UPDATE bundles SET name = 'other'",
    "UPDATE bundles SET sha256 = 'other'",
    "UPDATE pictures SET photo_path = '../../victim.png'",
    "UPDATE pictures SET photo_sha256 = 'other'",
    "UPDATE pictures SET bytes = 0",
    "UPDATE pictures SET deleted_at = NULL",
    "UPDATE pictures SET deleted_why = 'nothing'",
    "UPDATE picture_folders SET path = '/'",
    "UPDATE chain SET hash = 'other'",
    "UPDATE identity SET uuid = 'other'",
    "UPDATE inspections SET verdict = 'OK'",
    "INSERT INTO inspections (id, part_id, source, inspected_at, utc_offset_s, verdict, threshold, relative_score, "
    "bundle_id, operator, triggered_by) VALUES (-1, '', '', '', 0, 'OK', 1, 0, 1, '', '')",
]


@pytest.mark.parametrize("recursive", [0, 1])
def test_the_database_refuses_every_way_to_change_what_was_added(filled, recursive):
    for change in REFUSED:
        refuse(filled, change, recursive)


def refuse(folder, change, recursive):
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {recursive}")
        before = list(connection.iterdump())
        with pytest.raises(sqlite3.Error, match="append-only"):
            connection.execute(change)
        connection.rollback()
        assert list(connection.iterdump()) == before, change


ALTERED = [
    ("UPDATE inspections SET verdict = 'OK' WHERE id = 2", "part 2 was altered"),
    ("UPDATE inspections SET score = score + 1e-12 WHERE id = 5", "part 5 was altered"),
    ("UPDATE inspections SET operator = '' WHERE id = 7", "part 7 was altered"),
    ("UPDATE inspections SET threshold = CAST(threshold AS TEXT) || ' ' WHERE id = 7", "part 7 was altered"),
    ("UPDATE details SET regions = '[]' WHERE inspection_id = 2", "part 2 was altered"),
    ("UPDATE details SET refusal = 'other' WHERE inspection_id = 4", "part 4 was altered"),
    ("DELETE FROM details WHERE inspection_id = 3", "part 3 was altered"),
    ("UPDATE pictures SET photo_path = '../../x.png' WHERE inspection_id = 2", "part 2 was altered"),
    ("UPDATE pictures SET photo_sha256 = 'x' WHERE inspection_id = 2", "part 2 was altered"),
    ("DELETE FROM pictures WHERE inspection_id = 6", "part 6 was altered"),
    ("UPDATE bundles SET name = 'other'", "part 1 was altered"),
    ("UPDATE reviews SET note = 'other' WHERE id = 1", "review 1 was altered"),
    ("UPDATE reviews SET decision = 'false alarm' WHERE id = 1", "review 1 was altered"),
    ("UPDATE pictures SET deleted_why = 'lost' WHERE inspection_id = 2", "pictures of part 2 were deleted was altered"),
    ("UPDATE pictures SET deleted_at = NULL WHERE inspection_id = 2", "pictures of part 2 were deleted was removed"),
    (
        "UPDATE pictures SET deleted_at = '2020-01-01' WHERE inspection_id = 8",
        "of part 8 were deleted was inserted",
    ),
    ("UPDATE identity SET uuid = 'other'", "the id of the history was altered"),
    ("INSERT INTO identity SELECT 7, uuid, made_at, 1000 FROM identity", "the id of the history was inserted"),
    ("DELETE FROM identity", "the id of the history was removed"),
    ("DELETE FROM inspections WHERE id = 3", "part 3 was removed"),
    ("DELETE FROM reviews WHERE id = 3", "review 3 was removed"),
    ("DELETE FROM chain WHERE kind = 'part' AND row_id = 3", "of the hash chain was removed, between part 2 and the"),
    ("DELETE FROM chain WHERE seq = 1", "entry 1 of the hash chain was removed, between the beginning and part 1"),
    ("UPDATE chain SET hash = 'x' WHERE kind = 'part' AND row_id = 3", "part 3 was altered, or its entry"),
    ("UPDATE chain SET kind = 'x' WHERE kind = 'part' AND row_id = 3", "of the hash chain was inserted"),
    ("INSERT INTO chain VALUES (-5, 'part', 77, 'x')", "entry -5 of the hash chain was inserted"),
    ("UPDATE inspections SET decision = 'false alarm' WHERE id = 2", "part 2 was altered: its decision is not what"),
    ("UPDATE inspections SET decision = 'defect' WHERE id = 5", "part 5 was altered: its decision is not what"),
    ("UPDATE inspections SET defect_class = 'dust' WHERE id = 2", "part 2 was altered: its decision is not what"),
    (
        "INSERT INTO inspections SELECT 50, part_id, source, inspected_at, utc_offset_s, verdict, score, threshold, "
        "unsure_threshold, relative_score, bundle_id, operator, triggered_by, NULL, NULL FROM inspections WHERE id = 1",
        "part 50 was inserted",
    ),
    (
        "INSERT INTO reviews SELECT 50, inspection_id, 'defect', 'crack', '', 'x', reviewed_at, 0, NULL FROM reviews "
        "WHERE id = 1",
        "review 50 was inserted",
    ),
    (
        "INSERT INTO details SELECT 60, refusal, 1, 1, 1.0, NULL, '[]', '[]' FROM details LIMIT 1",
        "part 60 was inserted",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), ALTERED)
def test_the_first_row_that_somebody_altered_is_named(filled, change, sentence):
    by_hand(filled, change)
    found = verified(filled)
    assert not found.intact
    assert sentence in found.problems[0].sentence
    assert found.problems[0].change in found.problems[0].sentence


def test_rows_behind_an_altered_one_are_not_called_altered(filled):
    by_hand(filled, "UPDATE inspections SET operator = 'x' WHERE id IN (2, 5)")
    found = verified(filled)
    assert [(one.change, one.kind, one.number) for one in found.problems] == [
        ("altered", "part", 2),
        ("altered", "part", 5),
    ]


def test_bytes_that_are_no_letters_are_told_as_any_other_change(filled):
    by_hand(filled, "UPDATE inspections SET operator = CAST(X'ff00fe' AS TEXT), source = X'0102' WHERE id = 2")
    assert verified(filled).problems[0].sentence.startswith("part 2 was altered")


@pytest.mark.parametrize("odd", ["9e999", "-9e999", "x'ff'", "'many'"])
def test_a_number_of_older_entries_that_is_none_is_told(filled, odd):
    by_hand(filled, f"UPDATE identity SET older_entries = {odd}")
    assert "the id of the history was altered" in verified(filled).problems[0].sentence


def test_a_last_hash_of_bytes_is_told_and_parts_are_added_behind_it(filled):
    by_hand(filled, "UPDATE chain SET hash = x'ff00' WHERE seq = (SELECT max(seq) FROM chain)")
    with History.open(filled) as history:
        history.add(judged(0))
        assert history.verify().found == 1


def test_an_entry_behind_which_no_number_is_left_is_told_by_who_adds(filled):
    by_hand(filled, f"INSERT INTO chain VALUES ({2**63 - 1}, 'part', 77, 'x')", unguarded=False)
    with History.open(filled) as history:
        with pytest.raises(HistoryCorrupt, match="inspector history verify"):
            history.add(judged(0))
        assert not history.verify().intact


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM inspections WHERE id = (SELECT max(id) FROM inspections)",
        "UPDATE inspections SET id = -id WHERE id = (SELECT max(id) FROM inspections)",
        "INSERT INTO chain VALUES (9999, 'part', (SELECT max(id) + 1 FROM inspections), 'x')",
    ],
)
def test_who_adds_is_told_that_rows_do_not_fit_together(filled, change):
    by_hand(filled, change)
    with History.open(filled) as history:
        with pytest.raises(HistoryCorrupt, match="inspector history verify"):
            history.add(judged(0))
        assert not history.verify().intact


def test_a_review_whose_number_the_chain_has_already_is_told(filled):
    by_hand(filled, "DELETE FROM reviews WHERE id = (SELECT max(id) FROM reviews)")
    with History.open(filled) as history, pytest.raises(HistoryCorrupt, match="inspector history verify"):
        history.review(1, say(Decision.UNSURE))


@pytest.mark.parametrize("odd", ["x'ff00'", "''", "7"])
def test_an_id_that_is_none_is_told_where_nobody_remembers_another(filled, odd):
    by_hand(filled, f"UPDATE identity SET uuid = {odd}")
    shutil.rmtree(known._file("any").parent, ignore_errors=True)
    assert "the id of the history was altered" in verified(filled).problems[0].sentence


def test_many_problems_are_counted_and_the_first_are_named(filled, monkeypatch):
    monkeypatch.setattr("inspector.storage.history.verification.MOST_NAMED", 3)
    by_hand(filled, "UPDATE bundles SET name = 'other'")
    found = verified(filled)
    assert found.found == 8
    assert [one.number for one in found.problems] == [1, 2, 3]


def test_a_noted_head_tells_that_the_end_was_cut_off_or_all_of_it_rewritten(filled):
    head = verified(filled).head
    assert verified(filled, head).intact
    with History.open(filled) as history:
        history.add(judged(2, OK))
    assert verified(filled, head.upper() + "\n").intact  # it may lie anywhere in the chain
    by_hand(
        filled,
        *("DELETE FROM chain WHERE kind = 'part' AND row_id > 7", "DELETE FROM pictures WHERE inspection_id > 7"),
        *("DELETE FROM details WHERE inspection_id > 7", "DELETE FROM inspections WHERE id > 7"),
    )
    assert verified(filled).intact  # as docs/history.md says
    assert "the hash that was noted is gone" in verified(filled, head).problems[0].sentence


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_what_an_older_release_wrote_is_chained_when_it_is_opened_and_said_to_be_older(folder, version, monkeypatch):
    as_release(version, folder)
    fill_as(folder, version, monkeypatch, 250)
    monkeypatch.setattr(chain, "AT_ONCE", 40)  # many batches
    found = verified(folder)
    assert found.intact
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        (older,) = connection.execute(
            "SELECT (SELECT count(*) FROM inspections) + (SELECT count(*) FROM reviews) + "
            "(SELECT count(*) FROM pictures WHERE deleted_at IS NOT NULL)"
        ).fetchone()
    assert found.older_entries == older > 250
    assert found.entries == older + 1
    by_hand(folder, "UPDATE inspections SET verdict = 'UNSURE', score = 7 WHERE id = 211")
    with History.open(folder) as history:
        history.add(judged(0))
        assert history.verify().problems[0].number == 211


def fill_as(folder, version, monkeypatch, parts):
    with monkeypatch.context() as patched:
        patched.setattr(schema, "SCHEMA", version)
        fill(f"sqlite:///{folder / FILE_NAME}", parts)


def test_chaining_and_verifying_take_memory_for_some_rows_and_not_for_all(folder, monkeypatch):
    def peak(parts):
        place = folder.with_name(f"{parts}")
        as_release("0002", place)
        fill_as(place, "0002", monkeypatch, parts)
        tracemalloc.start()
        with History.open(place) as history:
            opened = tracemalloc.get_traced_memory()[1]
            tracemalloc.reset_peak()
            assert history.verify().intact
            used = opened, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    monkeypatch.setattr(chain, "AT_ONCE", 50)
    monkeypatch.setattr("inspector.storage.history.verification.AT_ONCE", 50)
    small, large = peak(300), peak(2400)
    assert large[0] < 2 * small[0]
    assert large[1] < 2 * small[1]


def test_writers_at_the_same_time_make_one_chain(folder):
    failed = []

    def write(seed):
        generator = random.Random(seed)
        try:
            with History.open(folder) as history:
                for _ in range(12):
                    number = history.add(judged(seed, generator.choice((OK, NG))))
                    history.review(number, say(Decision.UNSURE))
                history.delete_pictures(EVERYTHING, "Q")
        except HistoryError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    found = verified(folder)
    assert found.intact
    assert found.entries == 1 + 48 + 48 + 48


def test_the_time_zone_of_who_looks_does_not_matter(folder):
    with History.open(folder) as history:
        for hours in (-9, 0, 14):
            when = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=hours)))
            history.add(judged(0, inspected_at=when))
        assert history.verify().intact


def test_verifying_can_be_stopped(filled):
    token = CancelToken()
    token.cancel()
    with History.open(filled) as history, pytest.raises(Cancelled):
        history.verify(token=token)
