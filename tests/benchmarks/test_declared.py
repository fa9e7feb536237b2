"""Each declared table is a valid request to `inspector evaluate`, and a page of docs has a place for it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.judgement.promise_tables import BIAS_TABLE, table_name
from benchmarks.judgement.splits import SETTINGS
from benchmarks.measuring.cells import ROOT, Cell, cells_of
from benchmarks.measuring.declared import ALL, TABLES, chosen_tables
from benchmarks.measuring.document import DOCS, markers, page_of
from benchmarks.measuring.standalone import OF_THEIR_OWN, STANDALONE, chosen_standalone
from benchmarks.photos.datasets import DATASETS
from inspector.cli.commands import app
from inspector.core.training.plan import DEFAULT_BACKBONE, Recipe
from inspector.engine.methods.table import make_detector
from inspector.workflows.measuring import evaluate as workflow

OPTIONS = sorted({row.options for table in TABLES for row in table.rows})


def test_every_table_has_its_place_in_the_document_and_every_place_its_table() -> None:
    declared = [table.name for table in TABLES] + list(STANDALONE) + list(OF_THEIR_OWN)
    assert len(declared) == len(set(declared))
    documents = [page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md")]
    assert sorted(name for text in documents for name in markers(text)) == sorted(declared)
    assert all(page_of(name).is_relative_to(DOCS) for name in declared)
    of_promises = {name for name in OF_THEIR_OWN if name.startswith("promise-")}
    assert {table_name(setting) for setting in SETTINGS} | {BIAS_TABLE} == of_promises


def test_every_script_that_makes_a_dataset_or_a_table_exists() -> None:
    folder = ROOT / "benchmarks"
    assert all((folder.parent / command.split()[1]).is_file() for command in OF_THEIR_OWN.values())
    assert all((folder / one.script[0]).is_file() for one in DATASETS.values() if one.script)


@pytest.mark.parametrize("options", OPTIONS)
def test_every_row_is_understood_by_the_command_line_and_its_method(
    options: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[Recipe, dict[str, Any]]] = []

    def note(_root: Path, recipe: Recipe, **words: Any) -> dict[str, Any]:
        asked.append((recipe, words))
        return {}

    monkeypatch.setattr(workflow, "evaluate_folder", note)
    result = CliRunner().invoke(app, Cell("transistor", options, 3).command("folder"), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    ((recipe, words),) = asked
    assert words["repeats"] == 3
    assert recipe.seed == 0
    # A small backbone and size: the test is whether the method accepts the settings.
    make_detector(recipe.model_copy(update={"backbone": DEFAULT_BACKBONE, "size": 64}), (64, 64), tmp_path, "cpu")


def test_rows_of_a_table_differ() -> None:
    for table in TABLES:
        assert len({row.label for row in table.rows}) == len({row.options for row in table.rows}) == len(table.rows)


def test_the_same_words_are_the_same_measurement() -> None:
    (backbones,), (sizes,) = chosen_tables(["backbones-transistor"]), chosen_tables(["sizes-transistor"])
    shared = set(cells_of(backbones).values()) & set(cells_of(sizes).values())
    assert [cell.options for cell in shared] == ["--method reconpatch"]
    for cell in shared:
        others = [replace(cell, dataset="hazelnut"), replace(cell, options="--size 64"), replace(cell, repeats=2)]
        assert len({one.key for one in (cell, *others)}) == 4


def test_tables_are_chosen_by_name_or_by_what_they_share() -> None:
    assert chosen_tables([]) == list(TABLES)
    assert [table.name for table in chosen_tables(["methods"])] == [f"methods-{name}" for name in ALL]
    assert [table.name for table in chosen_tables(["few-shot-hazelnut", "threads"])] == ["few-shot-hazelnut"]
    assert chosen_tables(["method"]) == []
    assert chosen_standalone(["few-shot-hazelnut", "threads"]) == ["threads"]
    assert chosen_standalone([]) == list(STANDALONE)


def test_the_shown_command_is_the_one_that_runs() -> None:
    for table in TABLES:
        for cell in cells_of(table).values():
            shown = shlex.split(cell.shown)
            assert shown[:3] == ["inspector", "evaluate", DATASETS[cell.dataset].folder]
            assert shown[1:] == cell.command(DATASETS[cell.dataset].folder)
