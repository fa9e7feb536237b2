"""The sentence about parts of a detector that saw the good photos; they lower the scores behind the promise."""

from __future__ import annotations

from collections.abc import Callable

from inspector.core.training.plan import Recipe

REPRESENTATION = (
    "The representation was learned from all good photos, so their scores may be too low: "
    "by 5 % with 20 photos and 1 % with 50 where it was measured."
)
ALIGNMENT = (
    "Networks that align were trained on all good photos, so their scores may be too low; the bias was not measured."
)


def held_out_words(recipe: Recipe, translate: Callable[[str], str] = str) -> str:
    """Return the part of the detector that saw a scored good photo, as a sentence; empty if no bias was measured.

    Parameters
    ----------
    recipe : Recipe
        The recipe of the manifest, with all of the method's settings.
    translate : callable
        Translates this module's templates to the user's language.

    Notes
    -----
    No photo is scored by its own patches. The start of ReConPatch evens out differences between patches, and there the
    bias arose. Its default start leaves out the photos of the fold. The axes and 100 steps have seen them, without a
    measurable bias. A start that does not depend on photos leaves nothing out. The steps then learn everything, from
    all photos. Poses by search were measured to make scores slightly high.
    """
    given = recipe.settings.get
    if recipe.method == "reconpatch" and given("start", "residual") != "residual" and given("steps", 1) > 0:
        return translate(REPRESENTATION)
    aligning = given("coarse", "search") == "transformer" and given("align", "auto") != "never"
    if recipe.method == "coarse-to-fine" and (aligning or given("fine_steps", 0) > 0):
        return translate(ALIGNMENT)
    return ""
