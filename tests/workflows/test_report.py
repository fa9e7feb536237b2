from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from inspector.core.errors import ResultsError
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.workflows.inspect import inspect_folder
from inspector.workflows.report import report_on_results
from tests.conftest import SolarCells


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
