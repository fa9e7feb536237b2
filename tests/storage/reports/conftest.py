"""A shift of judged and reviewed solar cells in a history, with names that nobody should ever type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inspector.core.letterhead import Letterhead
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.review.decision import Decision, Review
from inspector.storage.history.records import EVERYTHING, PartFilter
from inspector.storage.history.store import History
from inspector.storage.reports.content.from_history import report_of_history
from inspector.storage.reports.content.report import Report
from tests.storage.history.conftest import NOON, judged

HOSTILE_NAMES = [
    "<script>alert(1)</script>.png",
    "\"><img src=x onerror='alert(1)'>.png",
    "'; DROP TABLE parts --.png",
    "two\nlines\t.png",
    "{{ 7 * 7 }}{% raw %}.png",
    "🔩 größe 零件.png",
    "gnp.\u202epng",
    "x" * 200 + ".png",
    "=cmd|' /C calc'!A0.png",
    "\udcff.png",
    "<para>&<b>bold</b> &amp; <font color='white'>.png",
    "@SUM(A1)\r.png",
]

CONFIRMED, FALSE_ALARM, MISSED, UNSURE, REFUSED, PLAIN, GONE = range(7)


@pytest.fixture(scope="session")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Three NG parts (one confirmed, one a false alarm, one whose pictures are gone), a missed defect, one UNSURE, one
    REFUSED, one OK, and an NG part for each hostile name; read-only by agreement."""
    with History.open(tmp_path_factory.mktemp("shift") / "history") as history:
        relative = {CONFIRMED: 1.6, FALSE_ALARM: 1.3, MISSED: 0.7, UNSURE: 0.9, REFUSED: None, PLAIN: 0.4, GONE: 1.1}
        numbers = {place: history.add(judged(place, score)) for place, score in relative.items()}
        for name in HOSTILE_NAMES:
            history.add(
                judged(0, 1.2, part_id=name, source=name, operator=name, inspected_at=NOON + timedelta(hours=9))
            )
        later = NOON + timedelta(hours=1)
        history.review(numbers[CONFIRMED], Review(Decision.UNSURE, "Prüfer 2", later))
        history.review(
            numbers[CONFIRMED], Review(Decision.DEFECT, "Prüfer 1", later, "crack", "=1+1\n<b>deep</b> & long")
        )
        history.review(numbers[FALSE_ALARM], Review(Decision.FALSE_ALARM, "Prüfer 1", later, "", "@dust"))
        history.review(numbers[MISSED], Review(Decision.DEFECT, "+49", later, "dead area"))
        history.delete_pictures(PartFilter(part_id=f"cell {GONE}"), "Prüfer 1")
        yield history


@pytest.fixture(scope="session")
def report_on(shift: History) -> Callable[..., Report]:
    """Report on parts of the shift."""

    def make(part_filter: PartFilter = EVERYTHING, letterhead: Letterhead | None = None, **more: object) -> Report:
        fields = {"scope": "Early shift", "title": "Defect report", "manifests": {}, "written_at": NOON} | more
        return report_of_history(
            shift,
            part_filter,
            letterhead=letterhead or Letterhead(),
            report=ignore_progress,
            token=CancelToken(),
            **fields,
        )

    return make


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a report and return its file."""
    from inspector.storage.reports.writing import save_report

    def write(report: Report, name: str) -> Path:
        save_report(report, tmp_path / name, report=ignore_progress, token=CancelToken())
        return tmp_path / name

    return write
