"""Unit costs of training's work outside the detector on this computer, probed on several good photos."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inspector.core.good_photos.suspects import count_once
from inspector.core.guards.fault_meters import KNEES, Lessons
from inspector.core.guards.guards import FEWEST_GOODS, MOST_EMBEDDINGS, GuardLessons, learn_guards
from inspector.core.guards.simulated_faults import FAULTS, with_fault
from inspector.core.photo.measures import measure_appearance, measure_photo, working_gray
from inspector.core.photo.pixel_depth import Bits
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.forecast import Work
from inspector.core.training.plan import Recipe
from inspector.storage.bundles.good_pictures import BUDGET_BYTES, SCALES, picture_arrays
from inspector.storage.good_photos.good_set import GoodSet, check_good_photos
from inspector.storage.photos.images import read_image
from inspector.workflows.training.guarding import MOST_COPIED

CHECKING, COMPARING = "checking good photos", "comparing good photos"
REFUSING, KEEPING = "learning the guards", "storing pictures of good photos"
WRITING = "writing the model"
"""Reports nothing: the remainder after the last stage that reports."""

MAKE, FIND = "the detector made", "the sessions found"
CHECK, COMPARE, COPY, LEARN, KERNEL, PICTURE = (
    "a photo checked", "a pair of photos compared", "a photo copied with faults", "a photo of the guards",
    "a cube of the guards' kernel", "a picture kept",
)  # fmt: skip

SAMPLE, FEW = 8, 4
SLOW_S = 0.1
"""Photos that are probed with; fewer where one takes longer than this to check."""
COMPARED, KERNEL_ROWS, LEARNED = 256, 400, FEWEST_GOODS


@dataclass(frozen=True, slots=True)
class Around:
    """The costs of the work around the detector.

    Parameters
    ----------
    sample : GoodSet
        The photos that were probed with.
    costs : dict of str to float
        Seconds of each unit.
    look_s : float
        Seconds to decode a photo and measure it, as inspection does.
    """

    sample: GoodSet
    costs: dict[str, float]
    look_s: float


def probe_around(
    folder: Path, photos: Sequence[Path], recipe: Recipe, token: CancelToken, depth_bits: Bits | None = None
) -> Around:
    """Price what training does besides fitting the detector; see `good_set.check_good_photos`."""
    started = time.perf_counter()
    check_good_photos(folder, _spread(photos, FEW), depth_bits=depth_bits, token=token)
    seconds = (time.perf_counter() - started) / min(FEW, len(photos))
    chosen = _spread(photos, SAMPLE if seconds < SLOW_S else FEW)
    started = time.perf_counter()
    sample = check_good_photos(folder, chosen, depth_bits=depth_bits, token=token)
    costs = {CHECK: (time.perf_counter() - started) / len(chosen)}
    started = time.perf_counter()
    measure_photo(read_image(chosen[0], sample.depth))
    look_s = time.perf_counter() - started
    costs[COMPARE] = _comparing(len(photos), token)
    costs |= _refusing(sample, len(photos), token)
    costs[PICTURE] = _pictures(sample, recipe)[0]
    return Around(sample, costs, look_s)


def work_before(goods: int) -> list[Work]:
    """Return the stages before the detector is fitted."""
    return [
        Work(CHECKING, goods, {CHECK: goods}),
        # Reported in blocks, and of few photos once, when all is done.
        Work(COMPARING, goods, {COMPARE: goods * goods}, {MAKE: 1}),
    ]


def work_after(goods: int, pictures: int, fit: dict[str, float]) -> list[Work]:
    """Return the stages after the detector was fitted; `fit` is the rest of its work after its last report."""
    work, waiting = [], dict(fit)
    if goods >= FEWEST_GOODS:
        copied = min(goods, MOST_COPIED)
        work.append(Work(REFUSING, copied, {COPY: copied}, waiting))
        waiting = {LEARN: goods, KERNEL: kernel_rows(goods) ** 3}
    if pictures:
        work.append(Work(KEEPING, pictures, {PICTURE: pictures}, waiting))
        waiting = {}
    return [*work, Work(WRITING, 0, {}, waiting)]


def kernel_rows(goods: int) -> int:
    """Return the photos and copies that guards learn from."""
    return goods + min(goods, MOST_COPIED) * len(FAULTS)


def pictures_bytes(sample: GoodSet, recipe: Recipe, pictures: int) -> float:
    """Return the size of so many pictures in a bundle, at the largest scale that fits."""
    if not pictures:
        return 0.0
    whole = pictures * _pictures(sample, recipe)[1]
    # Half the edge takes more than a quarter of the bytes: a small JPEG is busier.
    sizes = [whole * scale**1.5 for scale in SCALES]
    return next((size for size in sizes if size <= BUDGET_BYTES), float(BUDGET_BYTES))


def guards_bytes(sample: GoodSet, goods: int, embedding_width: int) -> float:
    """Return the size of the guards in a bundle."""
    if goods < FEWEST_GOODS:
        return 0.0
    each_row = 4 * (sample.measures[0].appearance.size + len(KNEES))
    return kernel_rows(goods) * each_row + 4 * min(goods, MOST_EMBEDDINGS) * embedding_width + 4 * 48 * 48


def _spread(photos: Sequence[Path], count: int) -> list[Path]:
    places = np.unique(np.linspace(0, len(photos) - 1, min(count, len(photos))).round().astype(int))
    return [photos[place] for place in places]


def _comparing(goods: int, token: CancelToken) -> float:
    count = min(goods, COMPARED)
    made_up = np.random.default_rng(0).standard_normal((count, 48, 48)).astype(np.float16)
    started = time.perf_counter()
    count_once(made_up, ignore_progress, token)
    return (time.perf_counter() - started) / count**2


def _refusing(sample: GoodSet, goods: int, token: CancelToken) -> dict[str, float]:
    """Return the cost of guards, learned from synthetic photos: those of the sample, with noise."""
    if goods < FEWEST_GOODS:
        return {}
    seconds = []
    for photo in sample[:2]:  # the first computation includes one-time set-up
        started = time.perf_counter()
        gray = working_gray(photo)
        copies = [measure_appearance(with_fault(gray, fault)) for fault in FAULTS]
        seconds.append(time.perf_counter() - started)
    copy_s = min(seconds)
    token.check()
    rng = np.random.default_rng(0)
    owners = np.arange(LEARNED)
    measures = [sample.measures[place % len(sample)] for place in owners]
    good = np.stack([one.appearance for one in measures])
    faulty = np.tile(np.stack(copies), (LEARNED, 1))
    good, faulty = (
        np.asarray(one + 0.1 * one.std() * rng.standard_normal(one.shape), dtype=np.float32) for one in (good, faulty)
    )
    lessons = Lessons(good, faulty, np.repeat(owners, len(FAULTS)), FAULTS * LEARNED)
    embeddings = rng.standard_normal((LEARNED, 64)).astype(np.float32)
    started = time.perf_counter()
    learn_guards(GuardLessons(measures, lessons, embeddings, sample.photo_hw), 0.02)
    learn_s = (time.perf_counter() - started) / LEARNED
    return {COPY: copy_s, LEARN: learn_s, KERNEL: _inverting() / KERNEL_ROWS**3}


def _inverting() -> float:
    matrix = np.eye(KERNEL_ROWS) + 1.0
    started = time.perf_counter()
    np.linalg.inv(matrix)
    return time.perf_counter() - started


def _pictures(sample: GoodSet, recipe: Recipe) -> tuple[float, float]:
    """Return the seconds and the bytes of a picture."""
    started = time.perf_counter()
    arrays = picture_arrays(sample, range(len(sample)), recipe.working_hw(sample.photo_hw))
    seconds = time.perf_counter() - started
    return seconds / len(sample), sum(one.nbytes for one in arrays.values()) / len(sample)
