"""Unit costs of the work on this computer: the functions of training, run briefly at their real size.

The detector's own parts are timed, private ones too, so that the forecast follows them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.bank.coreset import coresets_without, greedy_k_centre, project_rows
from inspector.engine.bank.coverage_curve import CoverageCurve
from inspector.engine.bank.folds import Folds, Judge
from inspector.engine.bank.memory_bank import MemoryBank
from inspector.engine.features.patches import BATCH
from inspector.engine.forecast import counted_work
from inspector.engine.forecast.counted_work import BankSizes, bank_work
from inspector.engine.forecast.probed import Probed, Stopwatch
from inspector.engine.methods.contrastive import train_representation
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.reconpatch import ReConPatch, ReConPatchSettings
from inspector.engine.methods.turned_photos import TurnedPhotos
from inspector.engine.methods.whitening import Counterparts, find_counterparts, half_whitening, residual_whitening

FEW_STEPS, MORE_STEPS = 1, 4
"""Steps are timed for two numbers of steps: the difference leaves out the start-up time."""
CHOOSING_S = 0.4
"""Patches are chosen for so long at most."""
POOL_SHARE = 5
"""Work that grows with the pool is timed on a fraction of its rows."""


def probe_bank(
    detector: PatchCore, photos: Sequence[ImageRGB], goods: int, sessions: int, token: CancelToken
) -> Probed:
    """Price the work of PatchCore or ReConPatch.

    Parameters
    ----------
    detector : PatchCore
        Untrained. Afterwards it looks trained but is of no use.
    photos : sequence of ndarray of uint8
        A few of the good photos.
    goods, sessions : int
        How many there will be.
    token : CancelToken
        The wish to stop.
    """
    channels = sum(detector.backbone.entry.channels)
    sizes = BankSizes.of(detector.settings, goods, detector.working_hw, channels, sessions)
    clock, generator = Stopwatch(detector.device), torch.Generator().manual_seed(detector.recipe.seed)
    costs, features = _reading(detector, photos, clock, token)
    pool, origin = made_up_pool(features, sizes, generator)
    if isinstance(detector, ReConPatch):
        costs |= _learning(detector, pool, origin, clock, generator, token)
    costs |= _choosing(detector, pool, origin, sizes, clock, generator, token)
    costs |= _scoring(detector, features, goods, clock)
    photo_s = clock.of(lambda: detector.examine([photos[0]]), rounds=2)
    arrays = detector.arrays()
    return Probed(
        bank_work(detector.settings, sizes), costs, photo_s, sum(one.nbytes for one in arrays.values()), channels, True
    )


def made_up_pool(features: Sequence[Tensor], sizes: BankSizes, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return as many patches as training will draw, made from those of a few photos, and the photo of each.

    Noise distinguishes them: a tenth of the differences between patches. Copies would be nearer to one another than
    patches are.
    """
    known = torch.cat([one.flatten(0, 1) for one in features])
    drawn = torch.randint(len(known), (sizes.pool,), generator=generator).to(known.device)
    noise = torch.randn(sizes.pool, known.shape[1], generator=generator).to(known.device)
    origin = torch.arange(sizes.pool) * sizes.goods // sizes.pool
    return known[drawn] + 0.1 * known.std(dim=0) * noise, origin


def _reading(
    detector: PatchCore, photos: Sequence[ImageRGB], clock: Stopwatch, token: CancelToken
) -> tuple[dict[str, float], list[Tensor]]:
    batches = [photos[start : start + BATCH] for start in range(0, len(photos), BATCH)]
    features = list(detector.extractor.extract(batches[0]))  # the first computation includes one-time set-up
    token.check()
    photo = min(clock.of(partial(_read, detector, some, token)) / len(some) for some in batches)
    rotations = detector.settings.rotations
    if rotations == 1:
        return {counted_work.PHOTO: photo, counted_work.VIEW: photo}, features
    views = TurnedPhotos(photos[:1], detector.photo_hw, rotations)[:BATCH]
    view = clock.of(lambda: _read(detector, views, token)) / len(views)
    turning = clock.of(lambda: TurnedPhotos(photos[:1], detector.photo_hw, rotations)[1])
    return {counted_work.PHOTO: photo, counted_work.VIEW: view + turning}, features


def _read(detector: PatchCore, photos: Sequence[ImageRGB], token: CancelToken) -> None:
    for _ in detector.extractor.stream(photos, counted_work.READING, ignore_progress, token):
        pass


def _learning(
    detector: ReConPatch, pool: Tensor, origin: Tensor, clock: Stopwatch, generator: torch.Generator, token: CancelToken
) -> dict[str, float]:
    few = torch.randperm(len(pool), generator=generator)[: max(len(pool) // POOL_SHARE, 2)].sort().values
    some, photos = pool[few.to(pool.device)], origin[few]
    # Without a step: prepares the objects that scoring needs.
    settings, detector.settings = detector.settings, detector.settings.model_copy(update={"steps": 0})
    detector._learn(some, photos, generator, ignore_progress, token)
    detector.settings = settings
    token.check()
    return _axes(some, photos, settings, clock, generator, token) | _steps(
        detector, pool, origin, clock, generator, token
    )


def _axes(
    rows: Tensor,
    photos: Tensor,
    settings: ReConPatchSettings,
    clock: Stopwatch,
    generator: torch.Generator,
    token: CancelToken,
) -> dict[str, float]:
    dim, floor = min(settings.representation_dim, rows.shape[1]), settings.whitening_floor
    costs, half = {}, max(len(rows) // 2, 1)

    def whiten(some: Tensor) -> Tensor:
        return half_whitening(some, dim, floor)

    if settings.start == "residual" and bool((photos != photos[0]).any()):
        found: list[Counterparts] = []
        seconds = clock.of(lambda: found.append(find_counterparts(rows, photos, generator, token)))
        costs[counted_work.PAIR] = seconds / (len(found[0].differences) * len(rows))

        def whiten(some: Tensor) -> Tensor:
            return residual_whitening(some, found[0], dim, floor)

    few, more = clock.of(lambda: whiten(rows[:half])), clock.of(lambda: whiten(rows))
    each = max(more - few, 0.0) / max(len(rows) - half, 1)
    return costs | {counted_work.AXES: max(more - each * len(rows), 0.0), counted_work.AXES_PATCH: each}


def _steps(
    detector: ReConPatch, pool: Tensor, origin: Tensor, clock: Stopwatch, generator: torch.Generator, token: CancelToken
) -> dict[str, float]:
    if detector.settings.steps == 0:
        return {}
    normalised = (pool - pool.mean(dim=0)) / pool.std()

    def learn(steps: int) -> None:
        width = min(detector.settings.representation_dim, pool.shape[1])
        train_representation(
            normalised, origin, nn.Linear(pool.shape[1], width).to(pool.device),
            replace(detector._contrastive(), steps=steps),
            generator=generator, report=ignore_progress, token=token,
        )  # fmt: skip

    few, more = (clock.of(partial(learn, steps)) for steps in (FEW_STEPS, MORE_STEPS))
    each = max(more - few, 0.0) / (MORE_STEPS - FEW_STEPS)
    return {counted_work.LEARNER: max(few - FEW_STEPS * each, 0.0), counted_work.LEARN: each}


def _choosing(
    detector: PatchCore,
    pool: Tensor,
    origin: Tensor,
    sizes: BankSizes,
    clock: Stopwatch,
    generator: torch.Generator,
    token: CancelToken,
) -> dict[str, float]:
    represented = detector._represent(pool)
    points = project_rows(represented, detector.settings.coreset_dim, generator)
    costs = {counted_work.CENTRE: _centre(points, sizes.bank, generator, token)}
    drawn = torch.randperm(sizes.pool, generator=generator)[: sizes.bank]
    detector._bank = MemoryBank(represented[drawn.to(represented.device)], origin[drawn], drawn % sizes.patches)
    if not sizes.folds:
        return costs
    folds = Folds(range(sizes.goods))
    coresets = coresets_without(points, drawn, folds.of_rows(origin), token)
    first, second = (clock.of(lambda: next(coresets)) for _ in range(2))
    judge = clock.of(lambda: _judge(detector, pool, origin, drawn, folds.photos(0)))
    return costs | {
        counted_work.FOLDS: max(first - second, 0.0),
        counted_work.FOLD_CENTRE: second * len(folds) / sizes.bank,
        counted_work.FOLD: judge,
    }


def _centre(points: Tensor, count: int, generator: torch.Generator, token: CancelToken) -> float:
    """Return the seconds of a patch chosen: of all, or, where that takes long, as a moment of choosing tells."""
    enough, heard = CancelToken(), [(time.perf_counter(), 0)]

    def listen(progress: Progress) -> None:
        token.check()
        heard.append((time.perf_counter(), progress.done))
        if heard[-1][0] - heard[0][0] > CHOOSING_S:
            enough.cancel()

    try:
        greedy_k_centre(points, count, generator=generator, report=listen, token=enough)
    except Cancelled:
        token.check()
    # The first chosen rows take longest, since all rows are compared with them. The later half gives the pace of the
    # rest.
    (began, _), (middle, before), (ended, done) = heard[0], heard[(len(heard) - 1) // 2], heard[-1]
    each = (ended - middle) / max(done - before, 1)
    count = min(count, len(points))
    return (ended - began + each * (count - done)) / count


def _judge(detector: PatchCore, pool: Tensor, origin: Tensor, rows: Tensor, left_out: Sequence[int]) -> None:
    represent = detector._represent_without(left_out)
    bank = MemoryBank(represent(pool[rows.to(pool.device)]), origin[rows])
    bank.nearest(bank.rows[:1])  # the preparation of the search


def _scoring(detector: PatchCore, features: Sequence[Tensor], goods: int, clock: Stopwatch) -> dict[str, float]:
    bank = detector._trained_bank()
    judge = Judge(detector._represent, bank)
    score = clock.of(lambda: detector._score_map(features[0], judge), rounds=2)
    curve = CoverageCurve(bank, goods, detector._score_of, detector.recipe.seed)
    queries = detector._represent(features[0].flatten(0, 1))
    return {counted_work.SCORE: score, counted_work.COVERAGE: clock.of(lambda: curve.add(0, queries))}
