"""Refused parts that would be NG come first in every report, with pictures; no refused part counts as OK."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from inspector.core.letterhead import Letterhead
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.store import History
from inspector.storage.reports.content import statements
from inspector.storage.reports.content.from_history import report_of_history
from inspector.storage.reports.content.from_results import report_of_run
from inspector.storage.reports.content.report import Report
from inspector.storage.results.inspection_run import InspectionRun
from tests.storage.conftest import judged as inspected
from tests.storage.history.conftest import NOON, judged, refused

WORST, WORSE, WOULD_BE_OK, NG, OK = "cell 0", "cell 1", "cell 2", "cell 3", "cell 4"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Two refused parts that would be NG, a refused one that would be OK, an NG and an OK one."""
    with History.open(tmp_path / "history") as opened:
        for part in (refused(1, 1.2), judged(4, 0.4), refused(2, 0.5), judged(3, 3.0), refused(0, 1.9)):
            opened.add(part)
        yield opened


def report_on(history: History) -> Report:
    return report_of_history(
        history,
        EVERYTHING,
        scope="Early shift",
        title="Defect report",
        letterhead=Letterhead(),
        manifests={},
        written_at=NOON,
        report=ignore_progress,
        token=CancelToken(),
    )


def test_they_are_counted_apart_and_listed_first_and_no_refused_part_is_ok(history: History) -> None:
    report = report_on(history)
    assert [report.read(number).name for number in report.refused_and_ng] == [WORST, WORSE]
    assert [report.read(number).name for number in report.not_judged] == [WOULD_BE_OK]
    assert report.tally.refused_and_ng == 2
    assert report.tally.of(Verdict.REFUSED) == 3
    assert report.pictured == 3
    assert statements.yield_words(report)[0] == "20.0 %"
    assert sum(report.scores) == 2


def test_a_page_shows_them_first_with_heatmap_and_reason(history: History, written: Callable[..., Path]) -> None:
    page = written(report_on(history), "report.html").read_text("utf-8")
    first, ng, others = (page.index(f"<h2>{title}") for title in ("Refused, would be NG", "NG parts", "Other refused"))
    assert first < ng < others
    shown = page[first:ng]
    assert shown.index(WORST) < shown.index(WORSE)
    assert shown.count("Heatmap of") == 2
    assert shown.count('class="outline"') >= 2
    assert shown.count("Refused: too dark: exposure -1.20 stops; check the light.") == 2
    assert "It scores 0.50 \N{MULTIPLICATION SIGN} limit and would be OK." in page[others:]


def test_a_pdf_says_the_same(history: History, written: Callable[..., Path]) -> None:
    text = "\n".join(page.extract_text() for page in PdfReader(written(report_on(history), "report.pdf")).pages)
    places = [text.index(f"{title} (") for title in ("Refused, would be NG, worst first", "NG parts, worst first")]
    assert places == sorted(places)
    assert "Refused, would be NG, worst first (2)" in text
    assert "Other refused or unreadable (1)" in text
    assert "would be OK" in text


def test_tables_and_labelling_tools_get_them_too(history: History, written: Callable[..., Path]) -> None:
    report = report_on(history)
    with written(report, "report.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["part"]: row for row in csv.DictReader(stream)}
    would_be = {name: row["would_be"] for name, row in rows.items()}
    assert would_be == {WORST: "NG", WORSE: "NG", WOULD_BE_OK: "OK", NG: "", OK: ""}
    assert float(rows[WORST]["relative_score"]) == pytest.approx(1.9)
    assert json.loads(rows[WORST]["regions"])
    document = json.loads(written(report, "report.coco.json").read_text())
    images = {image["part"]: image for image in document["images"]}
    assert set(images) == {WORST, WORSE, NG}
    assert (images[WORST]["verdict"], images[WORST]["would_be"]) == ("REFUSED", "NG")
    assert images[WORST]["id"] in {one["image_id"] for one in document["annotations"]}


def test_a_report_on_results_says_the_same(make_run: Callable[..., InspectionRun], cells: list[Path]) -> None:
    run = make_run(cells[:10], *(replace(inspected(cell), refusal="too dark") for cell in cells[:10]))
    report = report_of_run(run)
    ng, ok = run.counts()[Verdict.NG], run.counts()[Verdict.OK]
    assert ng > 0
    names = [report.read(number).name for number in report.refused_and_ng]
    assert names == [report.read(number).name for number in report.defects]
    assert len(report.not_judged) == 10 - ng
    assert report.tally.judged == 20
    assert statements.yield_words(report)[0] == f"{100 * ok / 20:.1f} %"
    assert sum(report.scores) == 10


def test_what_people_say_of_refused_parts_counts(history: History) -> None:
    report = report_on(history)
    assert report.tally.flagged(None) == 4
    number = report.refused_and_ng[0]
    history.review(number, Review(Decision.DEFECT, "Q", NOON))
    again = report_on(history)
    assert (again.tally.flagged(Decision.DEFECT), again.tally.flagged(None)) == (1, 3)
    assert again.refused_and_ng[0] == number
