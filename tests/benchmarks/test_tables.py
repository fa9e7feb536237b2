"""Measurements are kept, taken again, and written between the markers of the document."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.measuring import cells as cells_module
from benchmarks.measuring import document as document_module
from benchmarks.measuring import run as run_module
from benchmarks.measuring.cells import Bench, Cell, cells_of
from benchmarks.measuring.declared import METHODS, Row, Table
from benchmarks.measuring.document import MarkerMissing, markers, page_of, replace_table, write_bodies, write_table
from benchmarks.measuring.run import main
from benchmarks.measuring.standalone import write_demo
from benchmarks.speed.threads import write_table as write_threads
from inspector.workflows.measuring.averages import over_seeds
from tests.benchmarks.conftest import canned

SMALL = "--method patchcore --size 64 --set pool_rows=600 --set bank_rows=100"
TABLE = Table("small", ("hazelnut",), (Row("plain", SMALL), Row("seedless", "--seed -1")), repeats=1)


@pytest.fixture
def data(dataset: Path, tmp_path: Path) -> Path:
    """A folder of data in which the place of hazelnut is taken by a few solar cells."""
    shutil.copytree(dataset, tmp_path / "data" / "mvtec_hazelnut_256")
    return tmp_path / "data"


def kept_of(table: Table, repeats: int, **changes: Any) -> dict[Cell, Any]:
    return {
        cell: {"figures": canned(index, repeats, **changes), "threads": 1}
        for index, cell in enumerate(cells_of(table).values())
    }


def rows_of(markdown: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_measurement_runs_once_and_goes_into_the_document(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cells_module, "source_version", lambda: "now")  # someone may be at work on the code
    monkeypatch.setattr(run_module, "chosen_tables", lambda _names: [TABLE])
    monkeypatch.setattr(run_module, "chosen_standalone", lambda _names: [])
    document = tmp_path / "benchmarks.md"
    document.write_text("before\n\n<!-- table: small -->\nold\n<!-- /table -->\n\nafter\n", encoding="utf-8")
    words = ["--data", str(data), "--out", str(tmp_path / "kept"), "--document", str(document), "--jobs", "2"]
    assert main("", words) == 1  # the second row is refused by the command line
    said = capfd.readouterr().err
    assert "NOT measured (Error: --seed -1: input should be greater than or equal to 0; correct it)" in said
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n\n<!-- table: small -->\n\n| hazelnut | image AUROC |")
    assert text.endswith("\n<!-- /table -->\n\nafter\n")
    assert f"    inspector evaluate mvtec_hazelnut_256 {SMALL} --json\n" in text
    _, _, plain, seedless = rows_of(text)
    (kept,) = (tmp_path / "kept" / "cells").iterdir()
    figures = json.loads(kept.read_text(encoding="utf-8"))["figures"]
    assert plain[:2] == ["plain", f"{figures['image_auroc']:.3f}"]
    assert seedless[:2] == ["seedless", "not measured"]

    main("", [*words, "--list"])
    assert [line.split()[0] for line in capfd.readouterr().out.splitlines()] == ["kept", "to"]
    before = kept.stat().st_mtime_ns
    assert main("", words) == 1
    assert "[1/1] NOT measured" in capfd.readouterr().err
    assert kept.stat().st_mtime_ns == before


def test_a_run_that_is_stopped_says_so_and_leaves_the_document(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_bench: Bench, _cell: Cell) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Bench, "measure", stop)
    assert (
        main("", ["--data", str(data), "--out", "kept", "--only", "methods-hazelnut", "--document", "none.md"]) == 130
    )
    assert capsys.readouterr().err.startswith("Stopped. What was measured is kept in kept; the same command goes on")


def test_other_code_measures_anew_unless_told_to_reuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = Cell("hazelnut", "--size 64", 1)
    monkeypatch.setattr(cells_module, "source_version", lambda: "older")
    place = Bench(tmp_path, tmp_path / "kept", threads=1)._place(cell)
    place.parent.mkdir(parents=True)
    place.write_text('{"figures": 1}', encoding="utf-8")
    assert Bench(tmp_path, tmp_path / "kept", threads=1).kept(cell) == {"figures": 1}
    assert Bench(tmp_path, tmp_path / "kept", threads=2).kept(cell) is None
    monkeypatch.setattr(cells_module, "source_version", lambda: "newer")
    assert Bench(tmp_path, tmp_path / "kept", threads=1).kept(cell) is None
    assert Bench(tmp_path, tmp_path / "kept", threads=2, reuse=True).kept(cell) == {"figures": 1}


def test_a_dataset_that_is_not_there_is_told(tmp_path: Path) -> None:
    problem = Bench(tmp_path, tmp_path / "kept", threads=1).measure(Cell("hazelnut", "", 1))
    assert problem is not None
    assert "mvtec_hazelnut_256: there is no such folder; put the dataset there" in problem


def test_the_code_that_decides_figures_gives_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for room in cells_module.DECIDING:
        (tmp_path / "inspector" / room).mkdir(parents=True)
    (tmp_path / "inspector" / "core" / "a.py").write_text("1", encoding="utf-8")
    monkeypatch.setattr(cells_module, "ROOT", tmp_path)
    first = cells_module.source_version()
    (tmp_path / "inspector" / "core" / "notes.md").write_text("1", encoding="utf-8")
    assert cells_module.source_version() == first
    (tmp_path / "inspector" / "core" / "a.py").write_text("2", encoding="utf-8")
    assert cells_module.source_version() != first


def test_a_table_of_one_set_shows_all_figures_with_their_spread() -> None:
    table = Table("one", ("solar-mono",), METHODS)
    kept = kept_of(table, 3)
    shares = {"at_limit": 0.5, "at_limit_or_unsure": 0.75, "attainable": None}
    kept[Cell("solar-mono", METHODS[1].options, 3)]["figures"]["detection"] = shares
    text = write_table(table, kept)
    rows = rows_of(text)
    assert [row[0] for row in rows] == ["solar-mono", "---", *(row.label for row in METHODS)]
    assert {len(row) for row in rows} == {13}
    figures = kept[Cell("solar-mono", METHODS[1].options, 3)]["figures"]
    assert rows[3][1] == f"{figures['image_auroc']:.3f} ± {figures['spread']['image_auroc']:.3f}"
    assert rows[2][6:9] == ["-"] * 3  # kept from before there were shares of detection
    assert rows[3][6:9] == ["50.0%", "75.0%", "-"]
    assert rows[3][9:] == ["1.0%, 12.5%", "12 s", "46 ms", "2.1 GiB"]
    assert "Mean ± standard deviation over 3 seeds (from 0). On cpu, threads: 1." in text
    assert "    python benchmarks/photos/solar_cells.py mono solar_mono\n" in text
    assert "    inspector evaluate solar_mono --method patchcore --repeats 3 --json\n" in text


def test_figures_that_are_null_are_dashes() -> None:
    table = Table("one", ("hazelnut",), METHODS[:1], repeats=1)
    (row,) = rows_of(write_table(table, kept_of(table, 1, masks=False, threshold=False)))[2:]
    assert row[2:7] == ["-"] * 5
    assert row[1] != "-"


def test_figures_kept_from_before_there_were_guards_still_make_a_row() -> None:
    runs = canned(0, 2)["runs"]
    older = over_seeds([{key: value for key, value in one.items() if key != "refused"} for one in runs])
    assert older["refused"] is None
    assert older["image_auroc"] == canned(0, 2)["image_auroc"]
    assert canned(0, 2)["refused"]["good"] == pytest.approx(0.02)


def test_a_table_across_sets_shows_one_figure_and_the_mean() -> None:
    sets = ("hazelnut", "deeppcb")
    table = Table("across", sets, METHODS[:2], figure="aupro_30")
    kept = kept_of(table, 3)
    rows = rows_of(write_table(table, kept))
    assert rows[0] == ["AUPRO .30", *sets, "mean"]
    parts = [kept[Cell(name, METHODS[0].options, 3)]["figures"] for name in sets]
    by_seed = [np.mean([one["runs"][seed]["aupro_30"] for one in parts]) for seed in range(3)]
    assert rows[2][3] == f"{np.mean(by_seed):.3f} ± {np.std(by_seed, ddof=1):.3f}"
    del kept[Cell("deeppcb", METHODS[0].options, 3)]
    rows = rows_of(write_table(table, kept))
    assert rows[2][2:] == ["not measured", "-"]
    assert "-" not in rows[3]


def test_only_the_tables_own_place_is_replaced() -> None:
    text = "<!-- table: a -->\n1\n<!-- /table -->\n<!-- table: b -->\n\\1\n<!-- /table -->\n"
    assert markers(text) == ["a", "b"]
    assert replace_table(text, "a", "\\2\n") == text.replace("\n1\n", "\n\\2\n")
    for bad in (text + text, "none"):
        with pytest.raises(MarkerMissing, match="the document needs '<!-- table: a -->'"):
            replace_table(bad, "a", "")


def test_each_table_goes_into_the_page_that_has_its_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_module, "DOCS", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    pages = [tmp_path / "benchmarks" / "speed.md", tmp_path / "threshold.md"]
    for page, name in zip(pages, "ab", strict=True):
        page.write_text(f"<!-- table: {name} -->\n1\n<!-- /table -->\n", encoding="utf-8")
    assert [page_of("a"), page_of("b")] == pages
    write_bodies({"a": "2\n", "b": "3\n"})
    for page, figure in zip(pages, "23", strict=True):
        assert f"-->\n{figure}\n<!-- /table -->" in page.read_text(encoding="utf-8")
    with pytest.raises(MarkerMissing, match="'<!-- table: c -->'; 0 pages have it"):
        write_bodies({"a": "4\n", "c": "4\n"})
    pages[1].write_text(pages[0].read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(MarkerMissing, match="2 pages have it"):
        write_bodies({"a": "4\n"})
    assert "2" in pages[0].read_text(encoding="utf-8")


def test_the_demos_figures_become_a_row() -> None:
    found = {
        "image_auroc": 0.9521,
        "seconds": 21.4,
        "train": {
            "false_alarm": {"rate": 0.0066, "low": 0.0002, "high": 0.024},
            "seconds": {"total": 15.9, "features": 2.8, "fit": 3.6},
            "peak_rss_mb": 1024,
        },
        "inspect": {"ms_per_image": {"p50": 20.2}},
        "confusion": {
            **{"good_ok": 96, "good_unsure": 1, "good_ng": 2, "good_refused": 1},
            **{"defective_ok": 15, "defective_unsure": 6, "defective_ng": 75, "defective_refused": 4},
        },
        "detection": {"at_limit": 0.75, "at_limit_or_unsure": 0.81, "attainable": 0.884},
    }
    rows = rows_of(write_demo(found))
    assert rows[2][:4] == ["0.952", "75, 6, 4 of 100", "88%", "2, 1, 1 of 100"]
    assert rows[2][4:5] == ["0.66% (95 %: 0.02% to 2.4%)"]
    assert rows[2][5:] == ["15.9 s", "21.4 s", "20 ms", "1.0 GiB"]
    assert "features 2.8 s, fit 3.6 s" in write_demo(found)


def test_a_setting_that_took_too_long_is_said_to() -> None:
    idle = {"a": {"learn": 1.0, "score": 2.0, "photo": 3.0}}
    rows = rows_of(write_threads(idle, {"a": None}, cores=2))
    assert rows[2] == ["a", "1.0 s, 2.0 s, 3 ms", "over 60 s in all"]


def test_code_that_changes_meanwhile_is_noticed(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = iter(["before", "after"])
    monkeypatch.setattr(cells_module, "source_version", lambda: next(versions))
    problem = Bench(data, tmp_path / "kept", threads=1).measure(Cell("hazelnut", "--seed -1", 1))
    assert problem == "the code was changed since the start; begin again"
