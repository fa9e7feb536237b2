"""Verifying a history from the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.storage.folders import history_folder
from inspector.storage.history.store import History
from tests.cli.conftest import Run, sentence_of
from tests.storage.history.conftest import judged


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three parts."""
    with History.open(tmp_path / "line 2") as opened:
        for index in range(3):
            opened.add(judged(index, 1.5))
    return tmp_path / "line 2"


def alter(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "history.sqlite")) as other:
        other.execute("DROP TRIGGER inspections_no_update")
        other.execute("UPDATE inspections SET verdict = 'OK' WHERE id = 2")
        other.commit()


def test_an_intact_history(run: Run, folder: Path) -> None:
    result = run("history", "verify", folder, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["intact"], answer["problems"], answer["first"]) == (0, True, 0, None)
    assert answer["entries"] == 4
    assert f"Intact: 4 entries, the last of which has the hash {answer['head']}" in result.stderr
    assert run("history", "verify", folder / "history.sqlite", "--head", answer["head"]).exit_code == 0
    result = run("history", "verify", folder, "--head", "0" * 64)
    assert result.exit_code == 1
    assert "the hash that was noted is gone" in result.stderr


def test_an_altered_history_ends_with_1_and_names_the_row(run: Run, folder: Path) -> None:
    alter(folder)
    result = run("history", "verify", folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Part 2 was altered, or its entry in the hash chain was\nNOT INTACT: 4 entries")
    answer = json.loads(run("history", "verify", folder, "--json").stdout)
    assert answer["intact"] is False
    assert (answer["first"]["change"], answer["first"]["kind"], answer["first"]["number"]) == ("altered", "part", 2)
    assert answer["named"][0] == answer["first"]


def test_a_place_without_a_history_is_named_and_none_is_made(run: Run, tmp_path: Path) -> None:
    assert sentence_of(run("history", "verify", tmp_path / "none")).endswith(
        "there is no history here; give the folder that holds history.sqlite, or a URL"
    )
    assert "there is no history yet" in sentence_of(run("history", "verify"))
    assert not (tmp_path / "none").exists()
    assert not history_folder().exists()


def test_a_damaged_file_ends_with_2(run: Run, folder: Path) -> None:
    (folder / "history.sqlite").write_bytes(b"SQLite format 3\0" + bytes(5000))
    assert "damaged" in sentence_of(run("history", "verify", folder))


def test_a_history_that_is_gone_is_begun_anew_only_when_asked_to(run: Run, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "unplugged")
    folder.mkdir()
    (folder / "history.sqlite").touch()
    for words in (("history", "verify", folder), ("report", folder, "--out", "r.html")):
        assert "the history is missing; connect its disk" in sentence_of(run(*words))
    assert [path.name for path in folder.iterdir()] == ["history.sqlite"]
    result = run("history", "start", folder)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"History: {folder / 'history.sqlite'}, 0 parts\n"
    assert run("history", "verify", folder).exit_code == 0
    assert "history.sqlite, 0 parts" in run("history", "start").stderr
    assert (history_folder() / "history.sqlite").is_file()


def test_a_name_that_is_not_there_means_no_new_history(run: Run, folder: Path) -> None:
    History.open().close()
    for file in history_folder().glob("history.sqlite*"):
        file.unlink()
    assert "the history is missing" in sentence_of(run("report", "history", "--out", "r.html"))
