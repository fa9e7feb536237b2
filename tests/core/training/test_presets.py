"""Presets: their values, precedence, and refusals."""

from __future__ import annotations

import pytest

from inspector.core.errors import DetectorError
from inspector.core.training.plan import Recipe
from inspector.core.training.presets import DEFAULT_PRESET, PRESETS, preset_named, preset_of, with_preset


def recipe(name: str, **given: object) -> Recipe:
    return Recipe(**with_preset(name, **given))


def test_the_default_preset_is_the_default_recipe() -> None:
    assert next(iter(PRESETS)) == DEFAULT_PRESET
    assert recipe(DEFAULT_PRESET) == Recipe()


@pytest.mark.parametrize("name", PRESETS)
def test_a_recipe_tells_which_preset_it_was_made_from(name: str) -> None:
    assert preset_of(recipe(name)) == name
    assert preset_of(recipe(name, size=640)) is None
    assert recipe(name).backbones == PRESETS[name].backbones
    assert PRESETS[name].title
    assert PRESETS[name].summary.endswith(".")


def test_seed_and_rate_do_not_make_another_preset() -> None:
    assert preset_of(recipe("reconpatch-wrn50", seed=7)) == "reconpatch-wrn50"


def test_what_is_given_beside_a_preset_wins() -> None:
    made = recipe("reconpatch-wrn50", backbone="resnet18", size=96, seed=3, settings={"steps": 5, "k": 7})
    assert (made.method, made.backbone, made.size, made.seed) == ("reconpatch", "resnet18", 96, 3)
    assert (made.settings["steps"], made.settings["k"]) == (5, 7)
    assert made.settings["representation_dim"] == 512


def test_what_is_not_given_is_the_presets() -> None:
    made = recipe("reconpatch-ensemble", method=None, backbone=None, size=None, settings=None)
    assert made == recipe("reconpatch-ensemble")
    assert made.settings["representation_dim"] == 384


def test_another_method_leaves_the_presets_constants_out() -> None:
    made = recipe("reconpatch-wrn50", method="patchcore", settings={"bank_rows": 100})
    assert (made.backbone, made.size) == ("wide_resnet50_2", 224)
    assert made.settings == {"bank_rows": 100}
    assert recipe("reconpatch-wrn50", method="reconpatch") == recipe("reconpatch-wrn50")


def test_presets_are_not_changed_by_those_who_take_them() -> None:
    recipe("reconpatch-wrn50").settings["steps"] = 1
    assert recipe("reconpatch-wrn50").settings["steps"] > 1


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(DetectorError, match=r"guess: there is no preset of this name; choose one of: default, .*wrn50"):
        preset_named("guess")
