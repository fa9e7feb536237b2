"""The bias of scores by photos that the model has seen is stated if it lowers the scores, and only then."""

import pytest

from inspector.core.training.held_out_words import ALIGNMENT, REPRESENTATION, held_out_words
from inspector.core.training.plan import Recipe
from inspector.core.training.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_presets_with_a_start_that_knows_no_photo_say_so(name):
    recipe = Recipe(**PRESETS[name].recipe_fields())
    published = recipe.settings.get("start") == "orthogonal"
    assert held_out_words(recipe) == (REPRESENTATION if published else "")
    assert published == (name not in ("default", "reconpatch-lite-ensemble"))


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        ("patchcore", {}, ""),
        ("reconpatch", {"start": "residual", "steps": 100}, ""),
        ("reconpatch", {"start": "whitening", "steps": 100}, REPRESENTATION),
        ("reconpatch", {"start": "orthogonal", "steps": 0}, ""),
        ("coarse-to-fine", {}, ""),
        ("coarse-to-fine", {"coarse": "transformer"}, ALIGNMENT),
        ("coarse-to-fine", {"coarse": "transformer", "align": "never"}, ""),
        ("coarse-to-fine", {"align": "never"}, ""),
        ("coarse-to-fine", {"align": "never", "fine_steps": 10}, ALIGNMENT),
    ],
)
def test_it_depends_on_what_is_learned(method, settings, words):
    assert held_out_words(Recipe(method=method, settings=settings)) == words
