"""The statements of a report on a history."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import ResultsError
from inspector.core.letterhead import Letterhead
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.history.records import PartFilter
from inspector.storage.photos.images import write_image
from inspector.storage.reports.content import report as content
from inspector.storage.reports.content import statements
from inspector.storage.reports.content.report import Report
from inspector.storage.reports.content.words import visible
from inspector.storage.reports.formats import html_page, pdf_document
from inspector.storage.reports.writing import save_report
from tests.storage.history.conftest import NOON
from tests.storage.reports.conftest import CONFIRMED, GONE, HOSTILE_NAMES
from tests.storage.reports.formats.test_html import Page

MakeReport = Callable[..., Report]
Written = Callable[..., Path]
NAMED = PartFilter(part_prefix="cell ")


def page_of(report: Report, written: Written) -> Page:
    return Page(written(report, "r.html").read_text(encoding="utf-8"))


def test_confirmed_false_alarm_missed_and_unreviewed_are_told_apart(report_on: MakeReport, written: Written) -> None:
    report = report_on(NAMED)
    told = [(label, number) for label, number, _ in statements.outcome_rows(report)]
    assert told == [
        ("Confirmed defects", 1),
        ("False alarms", 1),
        ("Undecided", 0),
        ("Not reviewed", 3),
        ("Missed defects", 1),
    ]
    page = page_of(report, written)
    for words in [
        "People decided 2 of 3 NG parts and agree with the machine on 50.0 %: 1 defect, 1 false alarm.",
        "1 part that the machine judged OK is defective.",
        "After review 2 to 5 of 7 judged parts are good, 28.6 % to 71.4 %, because 3 are undecided.",
        "Yield 28.6 %",
        "Confirmed defect: crack Prüfer 2, 2026-03-05 13:00:00: undecided Prüfer 1, 2026-03-05 13:00:00: "
        "confirmed defect: crack. \u201c=1+1 <b>deep</b> & long\u201d",
        "False alarm Prüfer 1, 2026-03-05 13:00:00. \u201c@dust\u201d",
        "Missed defects, highest score first (1)",
        "cell 4 too dark: exposure -1.20 stops; check the light",
        "its pictures are not there: deleted by Prüfer 1",
        "operator early shift",
        "Inspected 5 March 2026, 12:00 to 12:06 (UTC+01:00)",
        "Reviews as of 5 March 2026, 12:00 (UTC+01:00)",
        "b" * 64,
    ]:
        assert words in page.text


def test_parts_chosen_by_what_was_found_have_no_yield(report_on: MakeReport) -> None:
    for chosen in (
        PartFilter(verdicts=frozenset({Verdict.NG})),
        PartFilter(decisions=frozenset({Decision.DEFECT})),
        PartFilter(lowest=1.0),
    ):
        report = report_on(chosen)
        assert statements.yield_words(report)[0] == "none"
        assert not any("After review" in sentence for sentence in statements.review_words(report))
    assert statements.yield_words(report_on(PartFilter(source="camera:0")))[0] == "28.6 %"


def test_a_promise_stands_in_the_bundle_only(report_on: MakeReport, manifest: Manifest, written: Written) -> None:
    one = PartFilter(part_id=f"cell {CONFIRMED}")
    unknown = "The promise of this limit is not known from the history alone"
    page = page_of(report_on(one), written)
    assert unknown in page.text
    assert manifest.goods.sha256 not in page.text
    page = page_of(report_on(one, manifests={"b" * 64: manifest}), written)
    assert unknown not in page.text
    assert "all 40 good photos are over this limit" in page.text
    assert manifest.goods.sha256 in page.text
    assert manifest.backbone.sha256 in page.text
    several = page_of(report_on(NAMED), written)
    assert "The promise of these limits is not known" in several.text
    assert "Another limit was in use for fewer parts" in several.text


def test_hostile_names_of_a_history_are_only_text(report_on: MakeReport, written: Written) -> None:
    page = page_of(report_on(PartFilter(since=NOON + timedelta(hours=8))), written)
    assert not {"script", "b", "font", "para"} & {tag for tag, attrs in page.tags if tag != "b" or attrs}
    assert all("onerror" not in attrs for _, attrs in page.tags)
    for name in HOSTILE_NAMES:
        assert " ".join(visible(name.replace("\udcff", "\\udcff")).split()) in page.text


def test_a_part_judged_while_the_report_is_written_is_left_out(report_on: MakeReport) -> None:
    assert report_on(PartFilter(since=NOON + timedelta(days=30_000))).tally.total == 0


def test_nothing_to_report(report_on: MakeReport, written: Written) -> None:
    nothing = report_on(PartFilter(part_id="no such part"))
    assert "No part was inspected" in page_of(nothing, written).text
    for name in ("r.pdf", "r.csv", "r.coco.json"):
        assert written(nothing, name).stat().st_size > 0


def test_the_letterhead_stands_above_and_below(report_on: MakeReport, written: Written, tmp_path: Path) -> None:
    logo = np.zeros((20, 60, 3), dtype=np.uint8)
    write_image(tmp_path / "logo.png", logo)
    head = Letterhead(
        company="Müller & Söhne <GmbH>",
        address="Kiel",
        department="Line 2",
        logo=str(tmp_path / "logo.png"),
        signatures=("Checked by",),
    )
    page = page_of(report_on(NAMED, head), written)
    assert "Müller & Söhne <GmbH> Kiel Line 2" in page.text
    assert "Checked by, date" in page.text
    assert "Approved by" not in page.text
    assert any(tag == "img" for tag, _ in page.tags)
    assert "Inspected by, date" not in page_of(report_on(NAMED, Letterhead(signatures=())), written).text


@pytest.mark.parametrize("suffix", [".html", ".pdf"])
def test_a_logo_that_cannot_be_read(report_on: MakeReport, written: Written, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"r{suffix}"
    target.write_text("old")
    (tmp_path / "logo.png").write_text("no picture")
    report = report_on(NAMED, Letterhead(logo=str(tmp_path / "logo.png")))
    with pytest.raises(
        ResultsError, match=r"logo\.png: the logo cannot be read, so no report was written: this is not"
    ):
        written(report, target.name)
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logo.png", target.name]
    assert written(report, "r.csv").exists()


@pytest.mark.parametrize("suffix", [".html", ".pdf", ".csv", ".coco.json"])
def test_cancelling_half_way_leaves_the_old_file(report_on: MakeReport, tmp_path: Path, suffix: str) -> None:
    target, token = tmp_path / f"r{suffix}", CancelToken()
    target.write_text("old")
    told: list[Progress] = []

    def cancel(progress: Progress) -> None:
        told.append(progress)
        token.cancel()

    with pytest.raises(Cancelled) as kept:
        save_report(report_on(), target, report=cancel, token=token)
    assert kept.traceback  # holds the unfinished work, and yet its threads have ended
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("report")]
    assert told[0].done == 1 < told[0].total
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_pictures_that_are_gone_leave_the_outlines(report_on: MakeReport, written: Written) -> None:
    page = page_of(report_on(PartFilter(part_id=f"cell {GONE}")), written)
    assert len(page.pictures()) == 1  # the scale
    assert any(tag == "path" and attrs.get("class") == "outline" for tag, attrs in page.tags)


def test_more_parts_than_are_shown_are_listed(
    report_on: MakeReport, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (content, html_page, pdf_document):  # all imported before, so that no module keeps the value of 1
        monkeypatch.setattr(module, "MOST_PICTURED", 1)
    report = report_on(NAMED)
    page = page_of(report, written)
    assert "2 more, with lower scores, without pictures:" in page.text
    assert "cell 1, False alarm" in page.text
    assert written(replace(report, missed=()), "r.pdf").stat().st_size > 0
