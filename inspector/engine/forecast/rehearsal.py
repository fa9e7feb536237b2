"""The cost of coarse-to-fine on this computer: a training on several good photos, timed stage by stage.

The photos decide whether parts are aligned, cropped and have a background, and all further work depends on that. So
training is rehearsed, which takes a few seconds; its stages are then scaled to all photos.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from inspector.core.progress import CancelToken, Progress
from inspector.core.training.forecast import Work
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.bank.coreset import STAGE as CHOOSING
from inspector.engine.features.patches import BATCH
from inspector.engine.forecast.counted_work import READING, SCORING
from inspector.engine.forecast.probed import Probed, Stopwatch
from inspector.engine.methods.coarse_to_fine.background import POOL_ROWS
from inspector.engine.methods.coarse_to_fine.coarse_to_fine import HOLDING_OUT, CoarseToFine
from inspector.engine.methods.coarse_to_fine.coarse_training import STAGE as LOOKING
from inspector.engine.methods.coarse_to_fine.coarse_training import steps_of_search
from inspector.engine.methods.coarse_to_fine.congealing import STILL
from inspector.engine.methods.coarse_to_fine.fine_alignment import STAGE as MATCHING
from inspector.engine.methods.coarse_to_fine.position_gaussians import PlaceSums
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings
from inspector.engine.methods.coarse_to_fine.spatial_transformer import STAGE as TRANSFORMING

BEFORE, AFTER = "before ", "after the last step, a photo"

MOST = 2 * BATCH
"""Photos of the rehearsal: enough to see whether parts need alignment, and a whole batch between a stage's first report
and its last."""
FEW_STEPS = 4
"""Steps of the rehearsal for parts that are trained in steps."""


@dataclass(slots=True)
class _Rehearsed:
    """A stage as it went: when it was first and last heard of, and at which step."""

    began_at: float
    first: int
    first_at: float
    done: int
    done_at: float

    @property
    def step_s(self) -> float:
        """Seconds a step; of all steps, where the first report was the only one."""
        if self.done > self.first:
            return (self.done_at - self.first_at) / (self.done - self.first)
        return (self.done_at - self.began_at) / max(self.done, 1)

    @property
    def before_s(self) -> float:
        """Seconds before the first step."""
        return max(self.first_at - self.began_at - self.first * self.step_s, 0.0)


@dataclass(slots=True)
class Listener:
    """Hears the progress of a training, and when."""

    last_at: float = field(default_factory=time.perf_counter)
    stages: dict[str, _Rehearsed] = field(default_factory=dict)

    def __call__(self, progress: Progress) -> None:
        """Note a report."""
        now = time.perf_counter()
        if progress.stage not in self.stages:
            self.stages[progress.stage] = _Rehearsed(self.last_at, progress.done, now, progress.done, now)
        stage = self.stages[progress.stage]
        stage.done, stage.done_at = progress.done, now
        self.last_at = now


def rehearse(
    make: Callable[[Recipe], CoarseToFine],
    whole: CoarseToFine,
    photos: Sequence[ImageRGB],
    goods: int,
    sessions: int,
    token: CancelToken,
) -> Probed:
    """Price the work of coarse-to-fine.

    Parameters
    ----------
    make : callable
        Makes an untrained detector.
    whole : CoarseToFine
        The detector to be trained; it is not.
    photos : sequence of ndarray of uint8
        A few of the good photos, two at least.
    goods, sessions : int
        How many there will be.
    token : CancelToken
        The wish to stop.
    """
    photos = photos[:MOST]
    detector = make(_shortened(whole.recipe, whole.settings))
    detector._whole.extract(photos[:1])  # the first computation includes one-time set-up
    clock, heard = Stopwatch(detector.device), Listener()
    fitted = detector.fit(photos, heard, token)
    tail_s = time.perf_counter() - heard.last_at
    aligned = fitted.facts["aligned"] > 0.0
    work, costs = [], {AFTER: tail_s / len(photos)}
    if LOOKING in heard.stages:  # if no alignment is needed, the last report skips the work that is not done
        heard.stages[LOOKING].done = steps_of_search(len(photos), whole.settings, aligned=aligned)
    if heard.stages[READING].done > heard.stages[READING].first:
        heard.stages[READING].first_at += _beginning_of_sums(detector, photos[0], clock)
    for name, stage in heard.stages.items():
        steps = _steps(name, stage.done, whole.settings, goods, aligned)
        costs |= {name: stage.step_s, BEFORE + name: stage.before_s}
        inside = {name: steps * (_fuller_pool(detector, len(photos), goods) if name == CHOOSING else 1.0)}
        work.append(Work(name, steps, inside, {BEFORE + name: 1}))
        if name == SCORING and sessions:
            held_out = {READING: 2 * goods, BEFORE + SCORING: sessions}
            work.append(Work(HOLDING_OUT, 2 * goods, held_out))
    arrays = sum(one.nbytes for one in detector.arrays().values())
    photo_s = clock.of(lambda: detector.examine([photos[0]]), rounds=2)
    return Probed(work, costs, photo_s, arrays, fitted.good_embeddings.shape[1], False, {AFTER: goods})


@torch.inference_mode()
def _beginning_of_sums(detector: CoarseToFine, photo: ImageRGB, clock: Stopwatch) -> float:
    """Return the seconds in which memory for the sums is taken, once, after the first report of their stage."""
    features, _ = detector._features.extract([detector.align(photo, STILL)])
    flat = detector._flat(features[0])
    one, three = (clock.of(partial(PlaceSums, [flat] * count)) for count in (1, 3))
    return max(one - (three - one) / 2, 0.0)


def _shortened(recipe: Recipe, settings: CoarseToFineSettings) -> Recipe:
    few = {name: min(getattr(settings, name), FEW_STEPS) for name in ("fine_steps", "transformer_steps")}
    return recipe.model_copy(update={"settings": recipe.settings | few})


def _steps(name: str, rehearsed: int, settings: CoarseToFineSettings, goods: int, aligned: bool) -> int:
    """Return how many steps a stage will have with all photos."""
    known = {
        LOOKING: steps_of_search(goods, settings, aligned=aligned),
        TRANSFORMING: settings.transformer_steps,
        MATCHING: settings.fine_steps,
        CHOOSING: rehearsed,
    }
    return known.get(name, goods)


def _fuller_pool(detector: CoarseToFine, rehearsed: int, goods: int) -> float:
    """Return how many times as many patches beside the part all photos give to choose from."""
    cells = detector.working_hw[0] // 8 * (detector.working_hw[1] // 8)
    few, all_of_them = (count * min(POOL_ROWS // count, cells) for count in (rehearsed, goods))
    return max(all_of_them, goods) / few
