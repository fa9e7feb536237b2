"""Whether good parts ask for alignment: whether good photos the template has not seen become easier to foretell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inspector.core.progress import CancelToken
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone
from inspector.engine.features.patches import BATCH, PatchExtractor
from inspector.engine.methods.coarse_to_fine.congealing import (
    STILL,
    Pose,
    PoseSearch,
    congeal,
    search_image,
    searches_to_congeal,
)
from inspector.engine.methods.coarse_to_fine.geometry import aligned_crop, whole_frame

GATE_SIZE = 160
"""Working size at which features are compared: a quarter of the time of 256, and the same answer."""

ENOUGH = 16
"""Photos per half from which the judgement of one half is enough; with fewer, each half judges the other."""


NEGLIGIBLE = 0.01
"""Share of the variance that is not worth aligning for: nearly equal photos are to be left as they are."""


@dataclass(frozen=True, slots=True)
class Tightness:
    """How far photos differ at each place, as they lie and aligned.

    Parameters
    ----------
    before, after : float
        Share of the variance of features that is left after subtracting each place's mean over other good photos: 0 if
        all photos are alike, about 1 if the place explains nothing.
    """

    before: float
    after: float

    @property
    def ratio(self) -> float:
        """The share that remains after alignment: 1 all, that is, alignment does not help.

        `NEGLIGIBLE` is added to both.
        """
        return (self.after + NEGLIGIBLE) / (self.before + NEGLIGIBLE)


def searches_to_measure(count: int) -> int:
    """Return how many poses `measure_tightness` searches for in so many photos."""
    first, second = count // 2, count - count // 2
    there = searches_to_congeal(first) + second
    return there if first >= ENOUGH else there + searches_to_congeal(second) + first


def measure_tightness(
    photos: Sequence[ImageRGB], backbone: Backbone, token: CancelToken, searched: Callable[[], None] = lambda: None
) -> Tightness:
    """Align good photos by a template made from others, and see whether features become easier to foretell.

    Parameters
    ----------
    photos : sequence of ndarray of uint8, each (H, W, 3)
        Good photos of one size in random order, four at least. 256 px are enough.
    backbone : Backbone
    token : CancelToken
        The wish to stop.
    searched : callable
        Called after each pose that was searched for; see `searches_to_measure`.

    Returns
    -------
    Tightness

    Notes
    -----
    A half of the photos makes the template and the mean feature of each place. The other half, aligned to that
    template, is compared with those means. So a template fitted to its own photos is not favoured, and a search that
    finds a match in every texture gains nothing. Looked at is the ellipse in the middle of the frame: turning repeats
    the photo's border at the corners.

    FYD aligns always. A share of the pixel correlation (the part of the mismatch with the template that alignment
    removes) was tried first. It did not separate: turned transistors 0.42, transistors as they are 0.25 to 0.29. The
    ratio measured here does. In view were the good photos of: parts cut out of transistor and solar cells and laid on a
    plain ground in any rotation 0.23 to 0.27; transistor turned in any rotation 0.37 (0.38 from 20 photos), by up to 30
    degrees 0.49, by up to 10 degrees 0.56 (without shift 0.72), only shifted, by up to 5 %, 0.62; solar cells turned
    0.63; and as they are: transistor 0.89, hazelnut 0.97 (turned 0.91), circuit boards 1.00, solar cells 1.00 and 1.03.
    From 5 photos transistor gave 0.81 to 1.00, and turned 0.35 to 0.42.
    """
    half = len(photos) // 2
    first, second = photos[:half], photos[half:]
    extractor = PatchExtractor(backbone, Recipe(size=GATE_SIZE).working_hw(photos[0].shape[:2]), 3)
    shares = [_one_way(first, second, extractor, token, searched)]
    if half < ENOUGH:
        shares.append(_one_way(second, first, extractor, token, searched))
    before, after = torch.tensor(shares).mean(dim=0).tolist()
    return Tightness(before, after)


def _one_way(
    known: Sequence[ImageRGB],
    new: Sequence[ImageRGB],
    extractor: PatchExtractor,
    token: CancelToken,
    searched: Callable[[], None],
) -> tuple[float, float]:
    congealed = congeal([search_image(photo) for photo in known], token, searched)
    search = PoseSearch(congealed.template)
    found = []
    for photo in new:
        token.check()
        found.append(search.find(search_image(photo))[0])
        searched()
    before = _unexplained(
        _features(known, [STILL] * len(known), extractor, token), _features(new, [STILL] * len(new), extractor, token)
    )
    after = _unexplained(_features(known, congealed.poses, extractor, token), _features(new, found, extractor, token))
    return before, after


def _features(
    photos: Sequence[ImageRGB], poses: Sequence[Pose], extractor: PatchExtractor, token: CancelToken
) -> Tensor:
    """Return the features (N, P, C) of aligned photos, within the ellipse."""
    frame = whole_frame(photos[0].shape[:2])
    aligned = [
        aligned_crop(photo, pose, frame, extractor.working_hw) for photo, pose in zip(photos, poses, strict=True)
    ]
    parts = []
    for start in range(0, len(aligned), BATCH):
        token.check()
        parts.append(extractor.extract(aligned[start : start + BATCH]))
    features = torch.cat(parts)
    return features[:, _ellipse(features.shape[1], features.shape[2]).to(features.device)]


def _ellipse(height: int, width: int) -> Tensor:
    y, x = (((torch.arange(cells) + 0.5) / cells * 2 - 1) for cells in (height, width))
    return y[:, None].square() + x.square() < 0.81


def _unexplained(known: Tensor, new: Tensor) -> float:
    """Return the share of the variance of `new` (N, P, C) about the places' means of `known` (M, P, C)."""
    scale = known.std(dim=(0, 1), correction=0).clamp_min(1e-6)
    at_place, overall = known.mean(dim=0), known.mean(dim=(0, 1))
    # A mean of M photos is itself off by 1 / M of the variance, so the remaining share would be too large with few
    # photos.
    left = ((new - at_place) / scale).square().mean() / (1 + 1 / len(known))
    return float(left / ((new - overall) / scale).square().mean().clamp_min(1e-12))
