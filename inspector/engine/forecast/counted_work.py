"""How much work each stage of training does, counted from the recipe and the number of good photos.

Units of work are named here and priced by a probe (`inspector.engine.forecast.probe`,
`inspector.engine.forecast.rehearsal`); the two meet in `inspector.core.training.forecast`. Tests count the work of real
trainings beside these counts, so that they cannot part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.core.training.forecast import Work
from inspector.engine.bank.coreset import STAGE as CHOOSING
from inspector.engine.bank.coverage_curve import QUERIES as COVERAGE_QUERIES
from inspector.engine.bank.folds import Folds
from inspector.engine.features.first_pass import KEPT_BYTES
from inspector.engine.methods.contrastive import STAGE as LEARNING
from inspector.engine.methods.patchcore import POOL_BYTES
from inspector.engine.methods.patchcore_settings import PatchCoreSettings
from inspector.engine.methods.reconpatch import ReConPatchSettings
from inspector.engine.methods.whitening import QUERIES as COUNTERPART_QUERIES

READING, SCORING = "reading good photos", "scoring good photos"

VIEW, PHOTO = "a view read", "a photo read"
PAIR, AXES, AXES_PATCH = "a pair of patches compared", "axes found", "a patch in axes"
LEARNER, LEARN = "a learner set up", "a learning step"
CENTRE, FOLDS, FOLD_CENTRE, FOLD = "a patch chosen", "folds begun", "a patch chosen for a fold", "a fold"
SCORE, COVERAGE = "a photo scored", "a photo's coverage"


@dataclass(frozen=True, slots=True)
class BankSizes:
    """The sizes of a memory-bank method.

    Parameters
    ----------
    goods, views : int
        Good photos, and turned views of them.
    patches, channels : int
        Of one photo, and of one patch.
    pool, bank : int
        Patches drawn, and remembered.
    width : int
        Dimensions in which they are remembered.
    sessions : int
        Sessions that are held out, 0 with fewer than two.
    """

    goods: int
    views: int
    patches: int
    channels: int
    pool: int
    bank: int
    width: int
    sessions: int

    @classmethod
    def of(
        cls, settings: PatchCoreSettings, goods: int, working_hw: tuple[int, int], channels: int, sessions: int
    ) -> BankSizes:
        """Return the sizes for so many good photos."""
        views, patches = goods * settings.rotations, (working_hw[0] // 8) * (working_hw[1] // 8)
        pool_rows = min(settings.pool_rows, POOL_BYTES // (4 * channels))
        pool = min(max(pool_rows // views, 1), patches) * views
        width = channels
        if isinstance(settings, ReConPatchSettings):
            width = min(settings.representation_dim, channels)
        return cls(goods, views, patches, channels, pool, min(settings.bank_rows, pool), width, sessions)

    @property
    def kept(self) -> int:
        """Good photos whose features stay from the first pass to the second."""
        return min(KEPT_BYTES // (4 * self.patches * self.channels), self.goods) if self.views == self.goods else 0

    @property
    def folds(self) -> tuple[int, ...]:
        """The number of folds in which photos are held out, and that in which sessions are."""
        groups = [self.goods, self.sessions]
        return tuple(len(Folds(range(count))) for count in groups if count >= 2)


def bank_work(settings: PatchCoreSettings, sizes: BankSizes) -> list[Work]:
    """Return the stages of PatchCore or ReConPatch."""
    work = [Work(READING, sizes.views, {VIEW: sizes.views})]
    learned: dict[str, float] = {}
    if isinstance(settings, ReConPatchSettings):
        learned = {} if settings.start == "orthogonal" else {AXES: 1, AXES_PATCH: sizes.pool}
        if settings.start == "residual" and sizes.goods > 1:
            learned[PAIR] = min(COUNTERPART_QUERIES, sizes.pool) * sizes.pool
        if settings.steps > 0:
            work.append(Work(LEARNING, settings.steps, {LEARN: settings.steps}, {LEARNER: 1, **learned}))
            learned = {}
    work.append(Work(CHOOSING, sizes.bank, {CENTRE: sizes.bank}, learned))
    if sizes.goods > 1:
        folds = sizes.folds
        held_out = {FOLDS: len(folds), FOLD: sum(folds), FOLD_CENTRE: len(folds) * sizes.bank}
        scored = {
            PHOTO: sizes.goods - sizes.kept,
            SCORE: len(folds) * sizes.goods,
            COVERAGE: min(COVERAGE_QUERIES, sizes.goods),
        }
        work.append(Work(SCORING, sizes.goods, scored, held_out))
    return work


def sessions_held_out(sessions: Sequence[int] | None) -> int:
    """Return the number of held-out sessions: all, or none with fewer than two."""
    count = len(set(sessions or ()))
    return count if count > 1 else 0
