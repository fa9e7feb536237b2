"""A damaged row is reported in its place; all others are listed and reported as before."""

import csv
import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from inspector.core.errors import HistoryError
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.storage.history.disk_budget import DiskBudget
from inspector.storage.history.picture_folder import encode_pictures
from inspector.storage.history.records import EVERYTHING, Order, PartFilter
from inspector.storage.history.store import History
from inspector.workflows.reports.writing import report_on_history
from inspector.workflows.review.reviewing import agreement_over_time, review_counts
from tests.storage.history.conftest import NOON, judged

PARTS = 8
SPOILED = 3
ODD = [
    *("x'ff00'", "'no such word'", "''", "-1", "0", "9e999", "-9e999", "1e300", "9223372036854775807"),
    "CAST(x'ff' AS TEXT)",
]
COLUMNS = {
    "inspections": [
        *("part_id", "source", "inspected_at", "utc_offset_s", "verdict", "score", "threshold", "unsure_threshold"),
        *("relative_score", "bundle_id", "operator", "triggered_by", "decision", "defect_class"),
    ],
    "details": ["refusal", "photo_height", "photo_width", "ms", "pictures_not_kept", "regions", "readings"],
    "pictures": [
        *("folder_id", "photo_path", "photo_sha256", "map_path", "map_sha256", "bytes", "may_go", "deleted_at"),
        "deleted_why",
    ],
    "reviews": ["decision", "defect_class", "note", "reviewer", "reviewed_at", "utc_offset_s", "undoes"],
    "bundles": ["sha256", "name"],
    "picture_folders": ["station", "path", "kept_bytes"],
}
REGION = {"x": 10, "y": 10, "w": 5, "h": 5, "area_px": 20, "peak": 2.0, "outline": [[10, 10], [12, 12]]}
JSON = [
    *("[", "{}", "null", "7", '"text"', "[null]", "[[]]", "[{}]", "[" * 2000 + "]" * 2000, '[{"x": 1}]'),
    *(json.dumps([{**REGION, name: value}]) for name in REGION for value in (None, "x", -5, 10**9, 1.5, [[1]], True)),
    json.dumps([{**REGION, "more": 1}]),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """NG parts, each reviewed, but for one that is OK."""
    folder = tmp_path_factory.mktemp("made") / "history"
    with History.open(folder) as history:
        for index in range(PARTS):
            history.add(judged(0, 0.5 if index == 0 else 1.2 + index / 10, part_id=f"part {index + 1}"))
            history.review(index + 1, Review(Decision.DEFECT, "Q", NOON, "crack"))
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "history")


def spoil(folder, statement, *values):
    with closing(sqlite3.connect(folder / "history.sqlite")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
        connection.commit()


def look_at_everything(history, out):
    """All that the window and reports ask; each must answer, and show the sound parts as they are."""
    for order in Order:
        assert sorted(one.id for one in history.page(order=order)) == list(range(1, PARTS + 1))
        seen, after = [], None
        while page := history.page(order=order, after=after, limit=3):
            seen += [one.id for one in page]
            after = page[-1]
        assert sorted(seen) == list(range(1, PARTS + 1)), order
    assert history.count() == PARTS
    sound = [one for one in history.page() if not one.problem]
    counts = history.verdict_counts()
    assert counts[Verdict.OK] == 1
    assert sum(counts.values()) <= PARTS
    for one in history.page():
        found = history.get(one.id)
        assert found.record.id == one.id
        if one.problem:
            assert one.verdict is Verdict.UNREADABLE
            assert "the row of this part in the history is damaged" in one.problem
            assert found.refusal == one.problem
    review_counts(history)
    agreement_over_time(history)
    history.bundles()
    report_on_history(history, EVERYTHING, out / "r.csv", scope_words="All")
    with (out / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == PARTS
    report_on_history(history, EVERYTHING, out / "r.coco.json", scope_words="All")
    json.loads((out / "r.coco.json").read_text())
    return sound, rows


@pytest.mark.parametrize("table", COLUMNS)
def test_any_value_in_any_column_of_one_row_is_told_and_leaves_the_others(folder, table):
    spoil(folder, "PRAGMA user_version = 1")
    key = "id" if table in ("inspections", "bundles", "picture_folders") else "inspection_id"
    number = 1 if table in ("bundles", "picture_folders") else SPOILED
    with History.open(folder) as history, closing(sqlite3.connect(folder / "history.sqlite")) as other:
        for column in COLUMNS[table]:
            where = f"WHERE {key} = {number}"
            (before,) = other.execute(f"SELECT {column} FROM {table} {where}").fetchone()
            for odd in (*ODD, *map(quoted, JSON if column in ("regions", "readings") else ())):
                try:
                    other.execute(f"UPDATE {table} SET {column} = {odd} {where}")
                except sqlite3.IntegrityError:
                    continue
                other.commit()
                look_at_the_list(history, table)
            other.execute(f"UPDATE {table} SET {column} = ? {where}", (before,))
            other.commit()
        assert not any(one.problem for one in history.page())


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def look_at_the_list(history, table):
    page = history.page(order=Order.OLDEST)
    assert [one.id for one in page] == list(range(1, PARTS + 1))
    details = history.details(range(1, PARTS + 1))
    assert len(details) == PARTS
    if table not in ("bundles", "picture_folders"):  # which all parts share
        assert sum(bool(one.problem) for one in page) <= 1
        assert sum(bool(one.record.problem) for one in details) <= 1


MOST_HARM = [
    ("inspections", "verdict", "'XX'"),
    ("inspections", "inspected_at", "x'ff00'"),
    ("inspections", "relative_score", "'none'"),
    ("inspections", "utc_offset_s", "999999999"),
    ("inspections", "bundle_id", "99"),
    ("details", "regions", "'['"),
    ("reviews", "reviewed_at", "'never'"),
    ("reviews", "decision", "'XX'"),
    ("pictures", "deleted_at", "'never'"),
]


@pytest.mark.parametrize(("table", "column", "odd"), MOST_HARM)
def test_lists_counts_and_reports_go_on_beside_a_damaged_row(folder, tmp_path, table, column, odd):
    key = "id" if table == "inspections" else "inspection_id"
    spoil(folder, f"UPDATE {table} SET {column} = {odd} WHERE {key} = {SPOILED}")
    with History.open(folder) as history:
        sound, rows = look_at_everything(history, tmp_path)
        assert len(sound) >= PARTS - 1
        assert [row["part"] for row in rows] == [f"part {number}" for number in range(1, PARTS + 1)]
        assert "damaged" in rows[SPOILED - 1]["error"]
        assert not any(row["error"] for row in rows if row["part"] != f"part {SPOILED}")
        assert not history.verify().intact
        assert history.add(judged(1, 0.5)) == PARTS + 1


@pytest.mark.parametrize("table", ["details", "pictures", "reviews", "bundles", "inspections"])
def test_rows_that_are_gone_take_no_other_with_them(folder, tmp_path, table):
    spoil(folder, f"DELETE FROM {table}" + ("" if table == "bundles" else f" WHERE rowid = {SPOILED}"))
    with History.open(folder) as history:
        shown = {one.id for one in history.page()}
        assert shown >= set(range(1, PARTS + 1)) - {SPOILED}
        report_on_history(history, EVERYTHING, tmp_path / "r.csv", scope_words="All")
        report_on_history(history, EVERYTHING, tmp_path / "r.html", scope_words="All")
        assert not history.verify().intact


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE details",
        "DROP TABLE chain",
        "DROP TABLE reviews",
        "DROP TABLE bundles",
        "DELETE FROM alembic_version",
        "UPDATE alembic_version SET version_num = '0002'",
        "ALTER TABLE details RENAME TO other",
    ],
)
def test_tables_that_somebody_changed_are_told(folder, change):
    def work_on():
        with History.open(folder) as history:
            history.review(1, Review(Decision.DEFECT, "Q", NOON, "crack"))
            history.add(judged(0, 1.2))

    spoil(folder, change)
    with pytest.raises(HistoryError, match=r"its (rows|tables) were changed|its table \w+ is missing"):
        work_on()


def test_reports_name_the_damaged_row(folder, tmp_path):
    spoil(folder, f"UPDATE inspections SET verdict = 'XX' WHERE id = {SPOILED}")
    with History.open(folder) as history:
        _, rows = look_at_everything(history, tmp_path)
        assert [row["part"] for row in rows if "is damaged" in row["error"]] == [f"part {SPOILED}"]
        assert (rows[SPOILED - 1]["verdict"], rows[SPOILED - 1]["threshold"]) == ("UNREADABLE", "")
        for kind in ("html", "pdf"):
            report_on_history(history, EVERYTHING, tmp_path / f"r.{kind}", scope_words="All")
        page = (tmp_path / "r.html").read_text(encoding="utf-8")
        assert f"part {SPOILED}" in page
        assert "the row of this part in the history is damaged" in page
        with pytest.raises(HistoryError, match="its row in the history is damaged"):
            history.review(SPOILED, Review(Decision.DEFECT, "Q", NOON))
        assert history.page(PartFilter(verdicts=frozenset({Verdict.NG})))[0].id == PARTS


def test_housekeeping_goes_on_beside_damaged_rows(folder):
    size = encode_pictures(judged(0, 0.5)).size
    spoil(
        folder, "UPDATE pictures SET may_go = 0, bytes = 'x', deleted_why = x'00', photo_path = x'ff' || inspection_id"
    )
    with History.open(folder, budget=DiskBudget(2 * size, 0)) as history:
        for _ in range(4):
            history.add(judged(0, 0.5))
        assert history.count() == PARTS + 4
