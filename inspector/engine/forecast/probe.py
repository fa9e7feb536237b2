"""The cost of training by a recipe on this computer, probed on several good photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inspector.core.progress import CancelToken
from inspector.core.training.forecast import Work
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector
from inspector.engine.forecast.bank_probe import probe_bank
from inspector.engine.forecast.probed import Probed
from inspector.engine.forecast.rehearsal import rehearse
from inspector.engine.methods.coarse_to_fine.coarse_to_fine import CoarseToFine
from inspector.engine.methods.ensemble import Ensemble, named_stage
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.table import make_detector


def probe(
    detector: Detector,
    photos: Sequence[ImageRGB],
    goods: int,
    sessions: int,
    weights_folder: Path,
    token: CancelToken,
) -> Probed:
    """Count the work of training, and price it.

    Parameters
    ----------
    detector : Detector
        Untrained, for the recipe; of no use afterwards.
    photos : sequence of ndarray of uint8, each (H, W, 3)
        A few of the good photos, two at least.
    goods, sessions : int
        How many good photos there will be, and how many sessions that are held out (0 without).
    weights_folder : Path
        Where imported backbone weights lie.
    token : CancelToken
        The wish to stop.

    Returns
    -------
    Probed
    """
    if isinstance(detector, Ensemble):
        return _joined(
            [
                _of_member(probe(member, photos, goods, sessions, weights_folder, token), detector.member_name(place))
                for place, member in enumerate(detector.members, 1)
            ]
        )
    if isinstance(detector, PatchCore):
        return probe_bank(detector, photos, goods, sessions, token)
    assert isinstance(detector, CoarseToFine)

    def make(recipe: Recipe) -> CoarseToFine:
        made = make_detector(recipe, detector.photo_hw, weights_folder, detector.device)
        assert isinstance(made, CoarseToFine)
        return made

    return rehearse(make, detector, photos, goods, sessions, token)


def _of_member(probed: Probed, member: str) -> Probed:
    """Return the findings with the member's name at each stage and unit."""

    def named(counts: dict[str, float]) -> dict[str, float]:
        return {named_stage(unit, member): count for unit, count in counts.items()}

    work = [
        Work(named_stage(one.stage, member), one.steps, named(dict(one.counts)), named(dict(one.before)))
        for one in probed.work
    ]
    return replace(probed, work=work, costs=named(probed.costs), after=named(probed.after))


def _joined(members: Sequence[Probed]) -> Probed:
    work: list[Work] = []
    costs: dict[str, float] = {}
    after: dict[str, float] = {}
    for one in members:
        first, *others = one.work
        work += [replace(first, before={**first.before, **after}), *others]
        costs, after = costs | one.costs, one.after
    return replace(
        members[0],
        work=work,
        costs=costs,
        photo_s=sum(one.photo_s for one in members),
        array_bytes=sum(one.array_bytes for one in members),
        after=after,
    )
