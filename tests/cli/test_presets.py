"""``--preset``: a recipe by name, on train and evaluate."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from inspector.core.training.plan import Recipe
from inspector.core.training.presets import PRESETS
from inspector.storage.bundles.bundle import load_bundle
from tests.cli.conftest import Run, json_of, sentence_of
from tests.workflows.small import SMALL_WORDS

LITE = PRESETS["reconpatch-lite-ensemble"].backbone


def test_the_small_ensemble_trains_and_its_bundle_inspects(run: Run, few_goods: Path, tmp_path: Path) -> None:
    words = ["--out", "p.inspector", "--preset", "reconpatch-lite-ensemble", "--json", *SMALL_WORDS]
    found = json_of(run("train", few_goods, *words))
    assert (found["method"], found["backbone"], found["size"]) == ("reconpatch", LITE, 64)
    manifest = load_bundle(tmp_path / "p.inspector").manifest
    assert manifest.recipe.backbone == manifest.backbone.name == LITE
    assert len(manifest.backbone.sha256.split("+")) == 3
    assert manifest.backbone.license == "Apache-2.0"
    assert found["threshold"] == manifest.threshold.value > 0.0
    judged = json_of(run("inspect", few_goods, "--model", "p.inspector", "--out", "results", "--json"))
    assert judged["images"] == 12
    assert judged["ok"] >= 11  # the threshold lies at the highest of their own scores
    report = run("report", "results", "--out", "report.html")
    assert report.exit_code == 0
    assert f"{LITE} (Apache-2.0)" in html.unescape((tmp_path / "report.html").read_text("utf-8"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Recipe(seed=4)),
        ("--preset default", Recipe(seed=4)),
        (
            "--preset reconpatch-wrn50",
            Recipe(seed=4, **PRESETS["reconpatch-wrn50"].recipe_fields()),
        ),
        (
            "--preset reconpatch-wrn50 --size 480 --backbone resnet18 --set steps=7",
            Recipe(
                seed=4,
                backbone="resnet18",
                size=480,
                settings=dict(PRESETS["reconpatch-wrn50"].settings) | {"steps": 7},
            ),
        ),
        (
            "--preset reconpatch-wrn50 --method patchcore",
            Recipe(seed=4, method="patchcore", backbone="wide_resnet50_2", size=224),
        ),
        ("--method patchcore --size 128", Recipe(seed=4, method="patchcore", size=128)),
    ],
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_what_is_given_beside_a_preset_wins(
    run: Run, command: str, words: str, expected: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Recipe] = []

    class Enough(Exception):
        pass

    def taken(*arguments: object, **_: object) -> None:
        asked.extend(one for one in arguments if isinstance(one, Recipe))
        raise Enough

    monkeypatch.setattr("inspector.workflows.training.train.train", taken)
    monkeypatch.setattr("inspector.workflows.measuring.evaluate.evaluate_folder", taken)
    out = ["--out", "p.inspector"] if command == "train" else []
    with pytest.raises(Enough):
        run(command, "goods", *out, "--seed", "4", *words.split())
    assert asked == [expected]


def test_a_preset_without_its_weights_is_refused_with_all_that_is_missing(run: Run, few_goods: Path) -> None:
    answer = sentence_of(run("train", few_goods, "--out", "p.inspector", "--preset", "reconpatch-ensemble"))
    assert answer.startswith("wide_resnet101_2, resnext101_32x8d, densenet201: no weights for these backbones")
    assert "inspector weights fetch NAME" in answer
    answer = sentence_of(run("train", few_goods, "--out", "p.inspector", "--preset", "reconpatch-wrn50"))
    assert answer.startswith("wide_resnet50_2: no weights for this backbone on this computer; ")
    assert "'inspector weights import FILE --backbone wide_resnet50_2'" in answer


def test_an_unknown_preset_is_refused_with_those_there_are(run: Run, few_goods: Path) -> None:
    answer = sentence_of(run("train", few_goods, "--out", "p.inspector", "--preset", "best"))
    assert answer == f"best: there is no preset of this name; choose one of: {', '.join(PRESETS)}"


def test_presets_are_named_where_a_stranger_looks(run: Run) -> None:
    for words in (("train", "--help"), ("evaluate", "--help"), ("weights", "list")):
        shown = "".join(run(*words).stdout.split())
        assert all(name in shown for name in PRESETS), words
    rows = {row["name"]: row for row in json_of(run("weights", "list", "--json"))["presets"]}
    assert rows["default"]["ready"] is True
    assert rows["reconpatch-wrn50"]["missing"] == ["wide_resnet50_2"]
    assert "default, reconpatch-lite-ensemble" in run("doctor").stdout
