"""What of a detector has seen the good photos that it scored: said beside the promise, since it lowers their scores."""

from __future__ import annotations

from collections.abc import Callable

from inspector.core.training.plan import Recipe

REPRESENTATION = (
    "The representation was learned from all good photos, so their scores may be too low: "
    "by 5 % with 20 photos and 1 % with 50 where it was measured."
)
ALIGNMENT = "Networks that align were trained on all good photos, so their scores may be too low; it was not measured."


def held_out_words(recipe: Recipe, translate: Callable[[str], str] = str) -> str:
    """Return what has seen a good photo beside its own score, as a sentence; empty where no bias was measured.

    Parameters
    ----------
    recipe : Recipe
        As the manifest keeps it, with all of the method's settings.
    translate : callable
        From this module's templates to those of the user's language.

    Notes
    -----
    No photo is scored by its own patches. ReConPatch's default start leaves a fold out of what evens differences out,
    which is where the bias was; axes and 100 steps have seen it, and no bias is left that could be measured. A start
    that knows no photo has nothing to leave out: there the steps carry all that was learned. Poses by search were
    measured to leave scores a little high.
    """
    given = recipe.settings.get
    if recipe.method == "reconpatch" and given("start", "residual") != "residual" and given("steps", 1) > 0:
        return translate(REPRESENTATION)
    aligning = given("coarse", "search") == "transformer" and given("align", "auto") != "never"
    if recipe.method == "coarse-to-fine" and (aligning or given("fine_steps", 0) > 0):
        return translate(ALIGNMENT)
    return ""
