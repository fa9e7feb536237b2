from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from inspector.core.errors import HistoryError, ResultsError
from inspector.core.letterhead import Letterhead
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.folders import history_folder
from inspector.storage.history.records import EVERYTHING, PartFilter
from inspector.storage.history.store import History
from inspector.storage.settings import Settings, save_settings
from inspector.workflows.computer.history_places import find_history
from inspector.workflows.reports.scope import letterhead_with, moment, scope_of, shift_times
from tests.storage.history.conftest import judged


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the clock on the wall cannot be moved here")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "shared") as opened:
        opened.add(judged(0))
        yield opened


@pytest.mark.parametrize(
    ("words", "begin", "end"),
    [
        ("2026-03-05 06:00-14:00", "2026-03-05T06:00+01:00", "2026-03-05T14:00+01:00"),
        ("2026-03-05 22:00-06:00", "2026-03-05T22:00+01:00", "2026-03-06T06:00+01:00"),
        ("2026-03-28 22:00-06:00", "2026-03-28T22:00+01:00", "2026-03-29T06:00+02:00"),  # clocks go forward
        ("6:00-14:00", "2026-03-05T06:00+01:00", "2026-03-05T14:00+01:00"),
        ("14:00-22:00", "2026-03-04T14:00+01:00", "2026-03-04T22:00+01:00"),  # today's has not begun
    ],
)
def test_a_shift_is_by_the_clock_on_the_wall(words: str, begin: str, end: str) -> None:
    now = datetime.fromisoformat("2026-03-05T12:00+01:00")
    assert shift_times(words, now) == (datetime.fromisoformat(begin), datetime.fromisoformat(end))


@pytest.mark.parametrize("words", ["", "early", "25:00-26:00", "2026-02-30 06:00-14:00", "06:00", "06:00-14:00-22:00"])
def test_what_is_no_shift(words: str) -> None:
    with pytest.raises(ResultsError, match="is no shift; write it as 06:00-14:00"):
        shift_times(words, datetime.now().astimezone())


def test_moments() -> None:
    assert moment("2026-03-05", "--since") == datetime.fromisoformat("2026-03-05T00:00+01:00")
    assert moment("2026-07-05T06:00", "--since") == datetime.fromisoformat("2026-07-05T06:00+02:00")
    assert moment("2026-07-05T06:00Z", "--since") == datetime.fromisoformat("2026-07-05T06:00+00:00")
    with pytest.raises(ResultsError, match="--until: 'monday' is no date or time; write it as"):
        moment("monday", "--until")


def test_options_become_a_filter(history: History) -> None:
    asked = {
        "verdicts": ["NG", "unsure"],
        "reviews": ["false-alarm", "none"],
        "since": "2026-03-05",
        "part": "cell 0",
        "prefix": "cell",
        "defect_class": "crack",
        "lowest": 0.5,
        "source": "camera:0",
        "operator": "A",
        "bundle_sha": "bbb",
    }
    assert scope_of(history, asked) == PartFilter(
        verdicts=frozenset({Verdict.NG, Verdict.UNSURE}),
        decisions=frozenset({Decision.FALSE_ALARM, None}),
        since=datetime.fromisoformat("2026-03-05T00:00+01:00"),
        lowest=0.5,
        defect_class="crack",
        part_id="cell 0",
        part_prefix="cell",
        source="camera:0",
        operator="A",
        bundle_sha256="b" * 64,
    )
    assert scope_of(history, {}) == EVERYTHING
    assert history.count(scope_of(history, {"last_batch": True})) == 1
    assert history.count(scope_of(history, {"part": "cell"})) == 0


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"verdicts": ["bad"]}, "--verdict: there is no 'bad'; choose from: ok, unsure, ng, refused, unreadable"),
        ({"reviews": ["good"]}, "--review: there is no 'good'; choose from: defect, false-alarm, unsure, none"),
        (
            {"bundle_sha": "12"},
            "--model-sha 12: no model of this history has these first digits; it knows: bbbbbbbbbbbb (cells",
        ),
        ({"since": "2026-03-05", "until": "2026-03-05"}, "--since: the start is not before the end"),
    ],
)
def test_options_that_mean_nothing(history: History, asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(ResultsError, match=f"^{re.escape(sentence)}"):
        scope_of(history, asked)


def test_histories_are_told_from_results(history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_history("shared") == Path("shared")
    assert find_history("shared/history.sqlite") == Path("shared")
    assert find_history("postgresql://anna@server/lines") == "postgresql://anna@server/lines"
    assert find_history("results") is None
    with pytest.raises(HistoryError, match="there is no history yet; judge parts live, or keep results"):
        find_history("history")
    History.open().close()
    assert find_history("history") == history_folder()


def test_a_letterhead_is_changed_in_part() -> None:
    save_settings(Settings(letterhead=Letterhead(company="Nord", logo="l.png")))
    changed = letterhead_with({"company": None, "logo": "", "signatures": ("Seen by",), "paper": "Letter"})
    assert changed == Letterhead(company="Nord", signatures=("Seen by",), paper="Letter")
    with pytest.raises(ResultsError, match="--paper: 'A3' cannot be used; input should be 'A4' or 'Letter'"):
        letterhead_with({"paper": "A3"})
