from __future__ import annotations

import csv
import html
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inspector.core.errors import HistoryError, ResultsError
from inspector.core.letterhead import Letterhead
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.review.decision import Decision
from inspector.core.values import Limits, Verdict
from inspector.gui.findings import part_words
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.history.records import EVERYTHING, PartFilter
from inspector.storage.history.store import History
from inspector.storage.results.inspection_run import load_results
from inspector.storage.settings import Settings, save_settings
from inspector.workflows.computer.history_places import find_history
from inspector.workflows.judging.inspect import inspect_folder
from inspector.workflows.judging.limits import keep_limits
from inspector.workflows.judging.record_results import record_run
from inspector.workflows.reports.writing import (
    WrittenReport,
    batch_of,
    last_batch,
    report_on_history,
    report_on_results,
    scope_words,
)
from tests.conftest import SolarCells
from tests.storage.history.conftest import judged


@pytest.fixture(scope="module")
def results(small_bundle: Path, solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "out"
    inspect_folder(solar_cells.mixed, small_bundle, folder, threshold=14.0)
    return folder


def test_a_report_needs_the_results_only(results: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    report_on_results(results, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "cells" in page
    assert all(path.name in page for path in (solar_cells.mixed / "defective").iterdir())


def test_a_table_has_a_row_for_each_photo(results: Path, tmp_path: Path) -> None:
    report_on_results(results / "results.json", tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 12


@pytest.mark.parametrize("name", ["r.json", "r.txt", "r"])
def test_kinds_of_report_that_there_are_not_are_refused(results: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ResultsError, match=r"a report is written as \.html, .+ or \.coco\.json; end its name in one"):
        report_on_results(results, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ResultsError, match="choose a folder that an inspection has written"):
        report_on_results(tmp_path / "empty", tmp_path / "r.html")
    assert os.listdir(tmp_path) == ["empty"]


def test_cancelling_leaves_the_older_report(results: Path, tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("older")
    token = CancelToken()

    def cancel(_progress: Progress) -> None:
        token.cancel()

    with pytest.raises(Cancelled):
        report_on_results(results, tmp_path / "r.html", report=cancel, token=token)
    assert (tmp_path / "r.html").read_text() == "older"
    assert os.listdir(tmp_path) == ["r.html"]


@pytest.fixture(scope="module")
def kept(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """The same results in a history; read-only by agreement."""
    with History.open(tmp_path_factory.mktemp("kept") / "history") as history:
        record_run(load_results(results), history, "early shift")
        yield history


def text_of(page: Path) -> str:
    return html.unescape(page.read_text(encoding="utf-8"))


def test_a_history_says_what_results_say(kept: History, results: Path, small_bundle: Path, tmp_path: Path) -> None:
    report_on_results(results, tmp_path / "results.html")
    scope = last_batch(kept)
    assert scope is not None
    written = report_on_history(
        kept, scope, tmp_path / "r.html", scope_words="Last batch", bundles=[small_bundle], title="Report"
    )
    assert written == WrittenReport(12)
    page, known = text_of(tmp_path / "r.html"), text_of(tmp_path / "results.html")
    manifest = load_results(results).manifest
    for words in (manifest.goods.sha256, manifest.backbone.sha256, load_results(results).bundle_sha256):
        assert words in page
    promise = re.search(r"<p>(Expect .+ good photos\..*|Every good part .+)</p>", known)
    assert promise is not None
    assert promise[1] in page
    assert re.findall(r'<path class="outline" d="([^"]+)"', page) == re.findall(
        r'<path class="outline" d="([^"]+)"', known
    )


def test_a_bundle_that_judged_none_of_the_parts_is_told(kept: History, small_bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.inspector"
    shutil.copyfile(small_bundle, other)
    keep_limits(load_bundle(other), Limits(20.0))
    alone = tmp_path / "alone.inspector"
    other.rename(alone)  # without its versions, one of which has judged
    written = report_on_history(kept, EVERYTHING, tmp_path / "r.csv", scope_words="", bundles=[alone, small_bundle])
    assert written == WrittenReport(12, unused=(alone,))


def test_a_bundle_whose_limits_were_moved_since_is_known_by_its_version(
    kept: History, small_bundle: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved.inspector"
    shutil.copyfile(small_bundle, moved)
    keep_limits(load_bundle(moved), Limits(20.0))
    pages = [tmp_path / "moved.html", tmp_path / "as it was.html"]
    for page, bundle in zip(pages, (moved, small_bundle), strict=True):
        assert report_on_history(kept, EVERYTHING, page, scope_words="", bundles=[bundle]) == WrittenReport(12)
    promises = [re.findall(r"<p>((?:Expect|Every good part).+?)</p>", text_of(page)) for page in pages]
    assert promises[0] == promises[1] != []


def test_the_letterhead_of_the_settings_is_used(kept: History, results: Path, tmp_path: Path) -> None:
    save_settings(Settings(letterhead=Letterhead(company="Solarwerk Nord", signatures=("Signed by",))))
    report_on_history(kept, EVERYTHING, tmp_path / "h.html", scope_words="")
    report_on_results(results, tmp_path / "r.html")
    report_on_results(results, tmp_path / "own.html", letterhead=Letterhead(company="Other"))
    assert all("Solarwerk Nord" in text_of(tmp_path / name) for name in ("h.html", "r.html"))
    assert "Signed by, date" in text_of(tmp_path / "h.html")
    assert "Solarwerk Nord" not in text_of(tmp_path / "own.html")


def test_a_batch_is_a_run_or_a_day_of_a_camera(kept: History) -> None:
    (photo,) = kept.page(limit=1)
    assert kept.count(batch_of(photo)) == 12
    noon = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    frame = replace(photo, trigger="key", source="camera:0", inspected_at=noon)
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    assert batch_of(frame) == PartFilter(source="camera:0", since=midnight, until=midnight + timedelta(days=1))


def test_a_scope_is_said_in_words() -> None:
    assert scope_words(EVERYTHING) == "All parts of the history"
    scope = PartFilter(
        verdicts=frozenset({Verdict.NG, Verdict.UNSURE}),
        decisions=frozenset({None, Decision.DEFECT}),
        since=datetime(2026, 3, 5, 6, 0),
        lowest=1.5,
        part_prefix="SN-",
        bundle_sha256="ab" * 32,
    )
    assert scope_words(scope) == (
        "Parts from 2026-03-05 06:00:00, verdict UNSURE or NG, review: confirmed defect or not reviewed, "
        "at least 1.5 x the limit, whose name begins with SN-, judged by the model abababababab..."
    )


def test_a_password_that_a_former_release_kept_in_the_history_is_in_no_report(tmp_path: Path) -> None:
    part = judged(0, 2.0, source="rtsp://192.0.2.1/user=admin_password=hunter2_channel=1.sdp")
    with History.open(tmp_path / "history") as history:
        history.add(part)
        for name in ("r.html", "r.csv", "r.coco.json"):
            report_on_history(history, EVERYTHING, tmp_path / name, scope_words="")
            assert "hunter2" not in text_of(tmp_path / name)
        (record,) = history.page()
        shown = part_words.tip(record), part_words.facts(history.get(record.id))
    assert "hunter2" not in str(shown)


@pytest.mark.parametrize("source", ["postgresql:line:hunter2@server/history", "server/history?password=hunter2"])
def test_an_address_without_its_beginning_is_no_file_name(source: str) -> None:
    with pytest.raises(HistoryError, match="looks like postgresql") as told:
        find_history(source)
    assert "hunter2" not in str(told.value)
