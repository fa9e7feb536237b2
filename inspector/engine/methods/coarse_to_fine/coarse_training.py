"""How the coarse alignment of a kind of part is learned from its good photos, and whether it is used."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from inspector.core.errors import DetectorError
from inspector.core.photo.resizing import resize_image
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone
from inspector.engine.methods.coarse_to_fine.alignment_gate import measure_tightness, searches_to_measure
from inspector.engine.methods.coarse_to_fine.coarse_alignment import CoarseAlignment
from inspector.engine.methods.coarse_to_fine.congealing import (
    TEMPLATE_PHOTOS,
    congeal,
    search_image,
    searches_to_congeal,
)
from inspector.engine.methods.coarse_to_fine.poses import LearnedPoses, PoseFinder, SearchedPoses, square_photo
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings
from inspector.engine.methods.coarse_to_fine.spatial_transformer import train_image_alignment

STAGE = "seeing how the parts lie"
LONGEST = 256
"""Longer edge in pixels of the photos that are held in memory to learn from."""

FEWEST = 4
"""Fewest good photos from which "auto" can decide on alignment: two for a template, and two to test it."""


def learn_coarse_alignment(
    photos: Sequence[ImageRGB],
    settings: CoarseToFineSettings,
    backbone: Backbone,
    *,
    generator: torch.Generator,
    report: OnProgress,
    token: CancelToken,
) -> tuple[CoarseAlignment | None, dict[str, float]]:
    """Learn how parts lie.

    Parameters
    ----------
    photos : sequence of ndarray of uint8
        Good photos of one size.
    settings : CoarseToFineSettings
    backbone : Backbone
        Whose features the gate looks at.
    generator : torch.Generator
        Draws photos, and a transformer's weights and batches.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    alignment : CoarseAlignment or None
        None if the photos are to be taken as they are.
    facts : dict of str to float
        The measurement; "aligned" is 1 or 0.

    Raises
    ------
    DetectorError
        If a transformer is to be trained on one photo.
    """
    if settings.align == "never" or (settings.align == "auto" and len(photos) < FEWEST):
        return None, {"aligned": 0.0}
    learn = _by_search if settings.coarse == "search" else _by_transformer
    finder, facts = learn(photos, settings, backbone, generator, report, token)
    if finder is None:
        return None, facts | {"aligned": 0.0}
    crop_below = settings.crop_below if settings.crop else 0.0
    alignment = CoarseAlignment.from_template(finder, photos[0].shape[:2], crop_below, outline=settings.foreground)
    return alignment, facts | {"aligned": 1.0, "cropped": float(alignment.mask is not None)}


def steps_of_search(goods: int, settings: CoarseToFineSettings, *, aligned: bool = True) -> int:
    """Return the steps of a search over a number of good photos, and the photos that each step reads or poses.

    Without `aligned`, those of good photos that turn out to ask for no alignment.
    """
    looked_at = min(goods, TEMPLATE_PHOTOS)
    gate = searches_to_measure(looked_at) if settings.align == "auto" else 0
    return looked_at + gate + (searches_to_congeal(looked_at) if aligned else 0)


def _by_search(
    photos: Sequence[ImageRGB],
    settings: CoarseToFineSettings,
    backbone: Backbone,
    generator: torch.Generator,
    report: OnProgress,
    token: CancelToken,
) -> tuple[PoseFinder | None, dict[str, float]]:
    order = torch.randperm(len(photos), generator=generator)[:TEMPLATE_PHOTOS].tolist()
    chosen, total = [], steps_of_search(len(photos), settings)
    done = itertools.count(1)

    def searched() -> None:
        report(Progress(STAGE, next(done), total))

    for index in order:
        token.check()
        chosen.append(_reduced(photos[index]))
        searched()
    facts = {}
    if settings.align == "auto":
        tightness = measure_tightness(chosen, backbone, token, searched)
        facts = {"unexplained": tightness.before, "unexplained_aligned": tightness.after}
        if tightness.ratio > settings.gate_tightness:
            report(Progress(STAGE, total, total))
            return None, facts
    congealed = congeal([search_image(photo) for photo in chosen], token, searched)
    facts |= {"gain": congealed.gain, "concentration": congealed.concentration, "spread": congealed.spread}
    return SearchedPoses(congealed.template), facts


def _by_transformer(
    photos: Sequence[ImageRGB],
    settings: CoarseToFineSettings,
    backbone: Backbone,
    generator: torch.Generator,
    report: OnProgress,
    token: CancelToken,
) -> tuple[PoseFinder | None, dict[str, float]]:
    if len(photos) < 2:
        raise DetectorError(
            "coarse=transformer",
            "one good photo has no other to be aligned to",
            action="add good photos, or use coarse=search",
        )
    transformer, learned = train_image_alignment(
        _square_photos(photos, token),
        settings.family,
        generator=generator,
        report=report,
        token=token,
        guard=settings.guard,
        limits=settings.limits,
        steps=settings.transformer_steps,
    )
    facts = {
        "relative_loss": learned.relative_before,
        "relative_loss_aligned": learned.relative_after,
        "scale": learned.scale,
        "angle_spread": math.radians(learned.angle_spread),
    }
    if not math.isfinite(learned.relative_after):
        raise DetectorError(
            "coarse=transformer",
            "training ran away to transforms that cannot be computed",
            action="leave the settings 'guard' and 'limited' on, or use coarse=search",
        )
    if settings.align == "auto" and not learned.relative_after < learned.relative_before:
        return None, facts
    order = torch.randperm(len(photos), generator=generator)[:TEMPLATE_PHOTOS].tolist()
    return LearnedPoses.from_photos(transformer, [_reduced(photos[index]) for index in order]), facts


def _square_photos(photos: Sequence[ImageRGB], token: CancelToken) -> Tensor:
    seen = []
    for index in range(len(photos)):
        token.check()
        seen.append(square_photo(photos[index]))
    return torch.stack(seen)


def _reduced(photo: ImageRGB) -> ImageRGB:
    factor = LONGEST / max(photo.shape[:2])
    if factor >= 1.0:
        return photo
    return resize_image(photo, (max(round(photo.shape[0] * factor), 1), max(round(photo.shape[1] * factor), 1)))
