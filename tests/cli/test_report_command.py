"""Reports on a history from the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.core.review.decision import Decision, Review
from inspector.storage.history.store import History
from tests.cli.conftest import Run, sentence_of
from tests.storage.history.conftest import NOON, judged


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Two NG parts, one of them a false alarm, and an OK part."""
    with History.open(tmp_path / "line 2") as opened:
        opened.add(judged(0, 1.5))
        alarm = opened.add(judged(1, 1.2))
        opened.add(judged(2, 0.5))
        opened.review(alarm, Review(Decision.FALSE_ALARM, "Prüfer 1", NOON))
        yield opened


def test_parts_of_a_history(run: Run, history: History) -> None:
    words = ["--shift", "2026-03-05 12:00-13:00", "--company", "Nord", "--title", "Early shift"]
    result = run("report", "line 2", "--out", "r.html", *words[2:])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "3 parts\nReport: r.html\n"
    page = Path("r.html").read_text(encoding="utf-8")
    assert "<h1>Early shift</h1>" in page
    assert "Nord" in page
    result = run("report", "line 2/history.sqlite", "--out", "r.pdf", "--verdict", "ng", "--review", "false-alarm")
    assert result.stderr == "1 part\nReport: r.pdf\n"


def test_misuse_is_one_sentence_and_leaves_nothing(run: Run, history: History, small_bundle: Path) -> None:
    for words, sentence in (
        (["--verdict", "bad"], "--verdict: there is no 'bad'; choose from"),
        (["--shift", "early"], "--shift: 'early' is no shift"),
        (["--model", "no.inspector"], "no.inspector: there is no such file"),
        (["--logo", "no.png"], "no.png: the logo cannot be read, so no report was written"),
    ):
        assert sentence_of(run("report", "line 2", "--out", "r.html", *words)).startswith(sentence)
    assert not Path("r.html").exists()
    told = run("report", "line 2", "--out", "r.html", "--model", small_bundle).stderr
    assert f"Not used: {small_bundle}. It judged none of these parts" in told


def test_size_and_time_are_told_first(run: Run, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "About" not in run("report", "line 2", "--out", "r.html").stderr
    monkeypatch.setattr("inspector.storage.reports.content.report_forecast.WORTH_TELLING_S", 0.0)
    for kind in ("html", "pdf"):
        told = run("report", "line 2", "--out", f"r.{kind}").stderr
        assert re.match(r"About [0-9.]+ (kB|MB) and 1 s: 2 parts with pictures; Ctrl-C stops it\n3 parts", told)
    assert "About" not in run("report", "line 2", "--out", "r.csv").stderr
