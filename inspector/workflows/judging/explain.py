"""The explanation of a flag: the most anomalous patch, its nearest normal patch, and that patch's good photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.core.guards.readings import size_refusal
from inspector.core.judging.explanation import Box, Explanation
from inspector.core.photo.turning import turn_image
from inspector.core.promise.words import significant
from inspector.core.values import ImageRGB, read_only
from inspector.storage.bundles.good_pictures import good_picture
from inspector.workflows.judging.loaded_bundle import LoadedBundle


@dataclass(frozen=True, slots=True, eq=False)
class NormalPatch:
    """The remembered patch that lies nearest, and the photo it came from.

    Parameters
    ----------
    number : int
        Which photo, from 1: of the good photos that count, or of the false alarms that were fed back.
    of : int
        How many of them there are.
    fed_back : bool
        Whether it is of a false alarm that was fed back.
    picture_rgb : ndarray of uint8, shape (h, w, 3), or None
        The photo, smaller, and turned as it was when its patches were remembered. None where the bundle keeps none.
        Made read-only.
    box : Box or None
        The patch, in pixels of `picture_rgb` if there is a picture, otherwise of a photo of the training size; None in
        older bundles.
    """

    number: int
    of: int
    fed_back: bool
    picture_rgb: ImageRGB | None
    box: Box | None

    def __post_init__(self) -> None:
        if self.picture_rgb is not None:
            read_only(self.picture_rgb)


@dataclass(frozen=True, slots=True)
class WhyFlagged:
    """The explanation of a place in a photo.

    Parameters
    ----------
    found : Explanation
        The detector's explanation: the patch, its raw score, its own distance.
    threshold : float
        Raw threshold; the divisor of relative scores.
    nearest : NormalPatch or None
        None for a method that remembers no patches.
    """

    found: Explanation
    threshold: float
    nearest: NormalPatch | None

    @property
    def relative_score(self) -> float:
        """The score map at the patch, in threshold units."""
        return self.found.score / self.threshold

    @property
    def relative_distance(self) -> float:
        """The distance of the patch alone from the memory bank, in threshold units, before the map is blurred."""
        return self.found.distance / self.threshold


def why_flagged(
    loaded: LoadedBundle,
    image_rgb: ImageRGB,
    *,
    threshold: float | None = None,
    at_xy: tuple[int, int] | None = None,
) -> WhyFlagged | None:
    """Explain a place of a photo that was judged.

    Parameters
    ----------
    loaded : LoadedBundle
        The bundle that judged it, or another version of it.
    image_rgb : ndarray of uint8, shape (H, W, 3)
        The photo.
    threshold : float or None
        Raw score; None takes the bundle's own.
    at_xy : (int, int) or None
        A pixel of the photo, a region's for example; None for the photo's peak.

    Returns
    -------
    WhyFlagged or None
        None for a photo of another size than the good ones, which is never judged.

    Raises
    ------
    BundleCorrupt
        A kept picture cannot be decoded.
    """
    manifest = loaded.stored.manifest
    if size_refusal((image_rgb.shape[0], image_rgb.shape[1]), manifest.goods.photo_hw) is not None:
        return None
    found = loaded.detector.explain(image_rgb, at_xy)
    return WhyFlagged(found, threshold or manifest.limits.threshold, _normal_patch(loaded, found))


def _normal_patch(loaded: LoadedBundle, found: Explanation) -> NormalPatch | None:
    nearest, stored = found.nearest, loaded.stored
    if nearest is None:
        return None
    goods, photo_hw = len(stored.manifest.good_scores), stored.manifest.goods.photo_hw
    fed_back = nearest.photo >= goods
    number, of = nearest.photo + 1, goods
    if fed_back:
        number, of = nearest.photo + 1 - goods, stored.manifest.photos_remembered - goods
    picture, box = good_picture(stored.arrays, nearest.photo, stored.path), nearest.box
    if picture is not None:
        picture = turn_image(picture, nearest.degrees)
        box = None if box is None else box.scaled(photo_hw, (picture.shape[0], picture.shape[1]))
    return NormalPatch(number, of, fed_back, picture, box)


def why_words(why: WhyFlagged) -> str:
    """Return why a place has its score, as sentences."""
    near = why.nearest
    if near is None:
        return (
            f"This place scores {significant(why.relative_score)} x the limit. It is compared with the mean of all "
            "good photos at this place, so no single good patch can be shown."
        )
    of = f"false alarm {near.number} of {near.of} that were fed back" if near.fed_back else f"good photo {near.number}"
    said = (
        f"This patch is {significant(why.relative_distance)} x the limit away from the nearest normal patch, "
        f"which comes from {of}{'' if near.fed_back else f' of {near.of}'}."
    )
    if near.box is None:
        return f"{said} This model does not store the place in the photo. Models trained now do."
    return said if near.picture_rgb is not None else f"{said} The model stores no picture of it."


def as_json(why: WhyFlagged) -> dict[str, Any]:
    """Return the answer of `inspector explain --json`."""
    near = why.nearest
    return {
        "box": _box(why.found.box),
        "score": why.found.score,
        "relative_score": why.relative_score,
        "distance": why.found.distance,
        "relative_distance": why.relative_distance,
        "threshold": why.threshold,
        "nearest": None
        if near is None
        else {
            "number": near.number,
            "of": near.of,
            "fed_back": near.fed_back,
            "box": None if near.box is None else _box(near.box),
            "picture_hw": None if near.picture_rgb is None else list(near.picture_rgb.shape[:2]),
        },
    }


def _box(box: Box) -> list[int]:
    return [box.x, box.y, box.w, box.h]
