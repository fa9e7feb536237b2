"""An ensemble: one detector of the same method for each backbone, their score maps joined on one scale.

ReConPatch's best published figures (arXiv 2305.16713, section 4) come from three backbones whose scores are joined by
the modified z-score, ``(score - median) / (1.4826 MAD)`` over the good photos, and averaged.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inspector.core.arrays import checked
from inspector.core.errors import DetectorError
from inspector.core.good_photos.enough_photos import CoveragePoint
from inspector.core.judging.explanation import Explanation, box_of_cell, cell_to_explain
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.promise.groups import Neighbours, SessionLabels
from inspector.core.training.plan import Recipe
from inspector.core.values import FloatArray, ImageRGB, ScoreMap
from inspector.engine.detector import BackboneInfo, Detector, Examined, Fitted, GrownMaps, Wanted
from inspector.engine.features.backbones import entry_for
from inspector.engine.features.weight_files import check_weights

MAD_TO_SD = 1.4826
"""Median absolute deviation of a normal distribution to its standard deviation (Iglewicz and Hoaglin, How to Detect and
Handle Outliers, 1993)."""

MEAN_DEVIATION_TO_SD = 1.2533
"""The same for the mean absolute deviation, which they take where the median one is 0."""

LEAST_SCALE = 1e-12
"""Maps are divided by scales."""


@dataclass(frozen=True, slots=True)
class JoinedBackbone:
    """Several backbones in a manifest: names, hashes and licences joined by ``+``, in the members' order."""

    name: str
    license: str
    weights_sha256: str


class Ensemble:
    """Detectors of one method on several backbones; see `inspector.engine.detector.Detector`.

    Parameters
    ----------
    recipe : Recipe
        `backbone` joins two names or more by ``+``.
    make_member : callable
        Makes the detector of one member's recipe.

    Notes
    -----
    The joined map is the mean of ``map_m / (1.4826 MAD_m)``, with MAD_m over all patches of the good photos'
    leave-one-image-out maps. Deviations from the paper: (1) It joins photo scores and maps separately, each by its own
    statistics. Here one map is joined, and the photo's score is its maximum (docs/adr/0009). (2) The medians are not
    subtracted. Subtraction would lower every joined score by the same constant, ``mean of median_m / (1.4826 MAD_m)``,
    so no ranking, no AUROC and no false-alarm rate would change. Without it, a score stays a distance: 0 if all members
    see nothing new, never negative, and half the limit means the same as with one backbone (docs/adr/0010).
    """

    def __init__(self, recipe: Recipe, make_member: Callable[[Recipe], Detector]) -> None:
        self.members = [make_member(recipe.model_copy(update={"backbone": name})) for name in recipe.backbones]
        first = self.members[0]
        self.recipe = first.recipe.model_copy(update={"backbone": recipe.backbone})
        self.device = first.device
        self._scales: FloatArray | None = None

    @property
    def backbone(self) -> BackboneInfo:
        """The members' backbones as one."""
        parts = [member.backbone for member in self.members]
        licenses = dict.fromkeys(part.license for part in parts)
        return JoinedBackbone(
            "+".join(part.name for part in parts),
            " + ".join(licenses),
            "+".join(part.weights_sha256 for part in parts),
        )

    @property
    def embedding_width(self) -> int:
        """Numbers in an embedding."""
        return self.members[0].embedding_width

    def fit(
        self,
        photos: Sequence[ImageRGB],
        report: OnProgress,
        token: CancelToken,
        sessions: SessionLabels = None,
    ) -> Fitted:
        """Learn from good photos, one member after the other; see `inspector.engine.detector.Detector.fit`."""
        seconds: dict[str, float] = {}
        facts: dict[str, float] = {}
        told: list[Fitted] = []
        scales = []
        if callable(sessions):
            sessions = found_once(sessions)
        for place, member in enumerate(self.members, 1):
            name = member.backbone.name
            fitted = member.fit(photos, _named(report, self.member_name(place)), token, sessions)
            told.append(fitted)
            scales.append(spread([one.grid for one in fitted.good_maps]))
            seconds |= {stage: seconds.get(stage, 0.0) + lap for stage, lap in fitted.seconds.items()}
            facts |= {f"{name}.{fact}": value for fact, value in fitted.facts.items()}
            facts[f"{name}.scale"] = scales[-1]
        self._scales = np.array(scales, dtype=np.float32)
        return Fitted(
            [self._join(one) for one in zip(*(one.good_maps for one in told), strict=True)],
            told[0].good_embeddings,
            seconds,
            sum(one.bank_rows for one in told),
            facts,
            # A member that cannot hold a session out leaves nothing to join.
            [self._join(one) for one in zip(*(one.session_maps for one in told), strict=False)],
            _joined_coverage([one.coverage for one in told], scales),
        )

    def member_name(self, place: int) -> str:
        """Return the name of a member in the stages of training; places count from 1."""
        return f"{self.members[place - 1].backbone.name}, {place} of {len(self.members)}"

    def examine(self, photos: Sequence[ImageRGB]) -> list[Examined]:
        """Score photos, and embed them as the first member does; see `inspector.engine.detector.Detector.examine`."""
        each = [member.examine(photos) for member in self.members]
        return [
            Examined(self._join([one.score_map for one in examined]), examined[0].embedding)
            for examined in zip(*each, strict=True)
        ]

    def score_maps(self, photos: Sequence[ImageRGB]) -> list[ScoreMap]:
        """Score photos; see `inspector.engine.detector.Detector.score_maps`."""
        return [one.score_map for one in self.examine(photos)]

    def explain(self, photo: ImageRGB, at_xy: tuple[int, int] | None = None) -> Explanation:
        """Explain a place by the member that finds it most anomalous, in units of its spread.

        See `inspector.engine.detector.Detector.explain`. The score is that of the joined map.
        """
        joined = self.score_maps([photo])[0]
        photo_hw = (photo.shape[0], photo.shape[1])
        rows, columns = joined.grid.shape
        cell = cell_to_explain(joined, photo_hw, at_xy)
        box = box_of_cell(cell, (rows, columns), photo_hw)
        middle = (box.x + box.w // 2, box.y + box.h // 2)
        told = [member.explain(photo, middle) for member in self.members]
        distances = [one.distance / float(scale) for one, scale in zip(told, self._trained_scales(), strict=True)]
        strangest = int(np.argmax(distances))
        return replace(told[strangest], score=float(joined.grid.flat[cell]), distance=distances[strangest])

    def grow(self, wanted: Wanted, report: OnProgress, token: CancelToken) -> tuple[Ensemble, GrownMaps]:
        """Remember patches of false alarms in each member; see `inspector.engine.detector.Detector.grow`.

        Where no member is farther than the reach, in units of its spread, their mean is not either.
        """
        grown = copy.copy(self)
        grown.members, told = [], []
        for place, (member, scale) in enumerate(zip(self.members, self._trained_scales(), strict=True), 1):
            named = _named(report, self.member_name(place))
            more, maps = member.grow(replace(wanted, reach=wanted.reach * float(scale)), named, token)
            grown.members.append(more)
            told.append(maps)
        joined = [
            [self._join(one) for one in zip(*each, strict=True)]
            for each in ([m.before for m in told], [m.after for m in told], [m.unaided for m in told])
        ]
        rows = [sum(one) for one in zip(*(maps.rows for maps in told), strict=True)]
        return grown, GrownMaps(joined[0], joined[1], joined[2], rows)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return ``ensemble.scales`` float32 (members,), and each member's arrays under ``memberN.``, N from 0."""
        arrays: dict[str, NDArray[Any]] = {"ensemble.scales": self._trained_scales()}
        for place, member in enumerate(self.members):
            arrays |= {f"member{place}.{name}": array for name, array in member.arrays().items()}
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the trained state from a bundle."""
        scales = checked(arrays, "ensemble.scales", np.float32, (len(self.members),))
        if not (scales >= LEAST_SCALE).all():
            raise ValueError("ensemble.scales")
        for place, member in enumerate(self.members):
            prefix = f"member{place}."
            member.restore({name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)})
        self._scales = np.array(scales)

    def _join(self, maps: Sequence[ScoreMap]) -> ScoreMap:
        scaled = [one.grid / scale for one, scale in zip(maps, self._trained_scales(), strict=True)]
        # Members may score on different grids (coarse-to-fine does); the finest one loses nothing.
        hw = max(grid.shape[0] for grid in scaled), max(grid.shape[1] for grid in scaled)
        joined = np.stack([resize_grid(grid, hw) for grid in scaled]).mean(axis=0, dtype=np.float32)
        return ScoreMap(joined, maps[0].dense_hw)

    def _trained_scales(self) -> FloatArray:
        if self._scales is None:
            raise DetectorError(
                self.recipe.method, "this detector is not trained yet", action="train it or open a bundle first"
            )
        return self._scales


def _joined_coverage(curves: Sequence[tuple[CoveragePoint, ...]], scales: Sequence[float]) -> tuple[CoveragePoint, ...]:
    """Return the mean of the members' curves, each in units of its spread.

    Not exactly the curve of the joined map, whose highest place may not be any member's; its decline is the members'
    decline.
    """
    return tuple(
        CoveragePoint(points[0].goods, float(np.mean([one.score / by for one, by in zip(points, scales, strict=True)])))
        for points in zip(*curves, strict=False)
        if len({point.goods for point in points}) == 1
    )


def check_members(recipe: Recipe, weights_folder: Path) -> None:
    """Make sure that the backbones of an ensemble can all be built, before any is.

    Raises
    ------
    DetectorError
        If a name is missing or stands twice.
    WeightsError
        If timm does not know a name, or weights are missing; then it names all that are.
    """
    names = recipe.backbones
    if not all(names) or len(set(names)) < len(names):
        raise DetectorError(
            recipe.backbone, "a backbone's name is missing or stands twice", action="join different names by +"
        )
    for name in names:
        entry_for(name)
    check_weights(names, weights_folder)


def spread(grids: Sequence[FloatArray]) -> float:
    """Return how far the scores of good patches lie from their median, as a standard deviation.

    Parameters
    ----------
    grids : sequence of ndarray of float32
        Leave-one-image-out maps of good photos; none after training on a single photo.

    Returns
    -------
    float
        ``1.4826 MAD``. If more than half of all scores are equal (coarse-to-fine gives 0 outside the part), MAD is 0,
        and ``1.2533`` times the mean absolute deviation is taken. If all are equal or there are none, 1: this member's
        scale is unknown, and its distances count unchanged.
    """
    if not grids:
        return 1.0
    scores = np.concatenate([grid.ravel() for grid in grids]).astype(np.float64)
    deviations = np.abs(scores - np.median(scores))
    return float(MAD_TO_SD * np.median(deviations) or MEAN_DEVIATION_TO_SD * deviations.mean() or 1.0)


def resize_grid(grid: FloatArray, hw: tuple[int, int]) -> FloatArray:
    """Return a score grid at another size: bilinear, pixel centres aligned; the same array if it has that size."""
    if grid.shape == hw:
        return grid
    finer = functional.interpolate(torch.tensor(grid)[None, None], hw, mode="bilinear", align_corners=False)
    return np.asarray(finer[0, 0].numpy(), dtype=np.float32)


def named_stage(stage: str, member: str) -> str:
    """Return the name of a stage that several members go through."""
    return f"{stage} ({member})"


def found_once(
    find: Callable[[Neighbours | None], Sequence[int] | None],
) -> Callable[[Neighbours | None], Sequence[int] | None]:
    """Return the first member's findings, for all of them: their maps are joined photo by photo."""
    answers: list[Sequence[int] | None] = []

    def answer(neighbours: Neighbours | None) -> Sequence[int] | None:
        if not answers:
            answers.append(find(neighbours))
        return answers[0]

    return answer


def _named(report: OnProgress, member: str) -> OnProgress:
    def with_member(progress: Progress) -> None:
        report(Progress(named_stage(progress.stage, member), progress.done, progress.total))

    return with_member
