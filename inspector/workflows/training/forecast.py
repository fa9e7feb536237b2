"""Good photos and a recipe in, what training will take on this computer out: seconds, memory, speed, size."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.core.errors import MemoryTooSmall
from inspector.core.good_photos.sessions import ANY_SESSIONS, SessionChoice
from inspector.core.photo.pixel_depth import Bits
from inspector.core.progress import CancelToken
from inspector.core.training.forecast import Forecast, Proposal, Work, fits
from inspector.core.training.forecast_words import memory_words, proposal_words
from inspector.core.training.plan import Recipe
from inspector.storage.folders import weights_folder
from inspector.storage.good_photos.taken_together import find_sessions
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.computer.machine import free_gpu_memory_mb, free_memory_mb, resident_memory_mb
from inspector.workflows.training import probing
from inspector.workflows.training.probing import Around

if TYPE_CHECKING:
    from inspector.engine.detector import Detector
    from inspector.engine.forecast.probed import Probed

SMALLER = (1024, 768, 640, 512, 448, 384, 320, 256, 192, 128)
"""Sizes that may be proposed instead of a larger one."""
CAPS = {"reconpatch": "pool_rows", "patchcore": "pool_rows", "coarse-to-fine": "channels"}
"""The constant of each method that memory grows with; a half and a quarter of it may be proposed."""
MIB = 2**20


def forecast_training(
    good_folder: Path,
    recipe: Recipe,
    *,
    device: str = "auto",
    leave_out: Collection[Path] = (),
    sessions: SessionChoice = ANY_SESSIONS,
    keep_pictures: bool = True,
    depth_bits: Bits | None = None,
    token: CancelToken | None = None,
) -> Forecast:
    """Forecast what `inspector.workflows.training.train.train` will take with the same arguments.

    The work is counted from the recipe and the number of photos. Its unit costs are probed on several photos, in a
    second or two. Memory is counted first: if it does not suffice, nothing is tried and no time is forecast.

    Raises
    ------
    DatasetError, DetectorError, WeightsError
        As in training, but only for problems that the probed photos show.
    Cancelled
        If `token` was cancelled.
    """
    token = token or CancelToken()
    left_out = {os.path.abspath(path) for path in leave_out}
    photos = [path for path in list_images(good_folder) if os.path.abspath(path) not in left_out]

    from inspector.engine.forecast.probe import probe
    from inspector.engine.methods.table import (
        make_detector,  # imports torch: seconds, which a wrong folder must not cost
    )
    from inspector.engine.threads import use_all_cores

    use_all_cores()
    around = probing.probe_around(good_folder, photos, recipe, token, depth_bits)
    photo_hw = around.sample.photo_hw
    started = time.perf_counter()
    detector = make_detector(recipe, photo_hw, weights_folder(), device)
    around.costs[probing.MAKE] = time.perf_counter() - started
    started = time.perf_counter()
    held_out = _held_out(good_folder, photos, sessions)
    around.costs[probing.FIND] = time.perf_counter() - started
    token.check()
    memory = _Memory(detector, recipe, photo_hw, len(photos), held_out)
    if memory.hopeless:
        return memory.forecast()
    probed = probe(detector, list(around.sample), len(photos), held_out, weights_folder(), token)
    return memory.forecast(**_measured(around, probed, recipe, len(photos), keep_pictures))


def _measured(around: Around, probed: Probed, recipe: Recipe, goods: int, keep_pictures: bool) -> dict[str, Any]:
    pictures = goods if keep_pictures and probed.remembers else 0
    costs = around.costs | probed.costs
    size = probed.array_bytes + probing.pictures_bytes(around.sample, recipe, pictures)
    size += probing.guards_bytes(around.sample, goods, probed.embedding_width)
    return {
        "stages": tuple(one.priced(costs) for one in _in_order(goods, probed.work, pictures, probed.after)),
        "ms_per_photo": 1000.0 * (around.look_s + probed.photo_s),
        "bundle_mb": size / 1e6,
    }


def check_memory(forecast: Forecast, good_folder: Path, go_on: str = "") -> None:
    """Refuse what would clearly run out of memory.

    `go_on` is added to the sentence: how to train all the same.

    Raises
    ------
    MemoryTooSmall
        With settings that fit.
    """
    if not forecast.hopeless or forecast.free_memory_mb is None:
        return
    need, free = memory_words(forecast.more_memory_mb), memory_words(forecast.free_memory_mb)
    instead = " ".join(proposal_words(one) for one in forecast.proposals)
    raise MemoryTooSmall(
        good_folder,
        f"training would need about {need} more memory, and {free} is free; "
        f"close other programs or train with less. {instead}".rstrip(". ")
        + go_on,
    )


class _Memory:
    """The memory that training needs, at the recipe's size and at other sizes.

    Memory is that of the graphics card where training computes on it, or else the computer's.
    """

    def __init__(
        self,
        detector: Detector,
        recipe: Recipe,
        photo_hw: tuple[int, int],
        goods: int,
        sessions: int,
    ) -> None:
        from inspector.engine.forecast.memory_need import backbone_bytes, backbones_of

        self._recipe = recipe
        self._photo_hw, self._goods, self._sessions = photo_hw, goods, sessions
        self._pixel_bytes = [backbone_bytes(one) for one in backbones_of(detector)]
        self._now_mb = resident_memory_mb()
        self._on_gpu = detector.device == "cuda"
        self._free_mb = free_gpu_memory_mb() if self._on_gpu else free_memory_mb()
        self.more_mb = self._need(recipe)

    @property
    def hopeless(self) -> bool:
        """Whether training, or its probe, would run out of memory."""
        return self._free_mb is not None and self.more_mb > self._free_mb

    def forecast(self, **measured: Any) -> Forecast:
        """Return the forecast and its measurements."""
        proposals = () if fits(self.more_mb, self._free_mb) else tuple(self._proposals())
        peak = self._now_mb + (0.0 if self._on_gpu else self.more_mb)
        return Forecast(
            self._goods, peak_memory_mb=peak, more_memory_mb=self.more_mb, free_memory_mb=self._free_mb,
            proposals=proposals, **({"stages": ()} | measured),
        )  # fmt: skip

    def _need(self, recipe: Recipe) -> float:
        from inspector.engine.forecast.memory_need import training_bytes

        return training_bytes(recipe, self._photo_hw, self._goods, self._sessions, self._pixel_bytes) / MIB

    def _proposals(self) -> Iterator[Proposal]:
        """Yield the largest smaller size that fits, and the largest cap."""
        sizes = (Proposal(0.0, size) for size in SMALLER if size < self._recipe.size)
        name = CAPS[self._recipe.method]
        from inspector.engine.forecast.memory_need import setting_of

        now = setting_of(self._recipe, name)
        caps = (Proposal(0.0, settings={name: now // part}) for part in (2, 4, 8) if now // part >= 2)
        for some in (sizes, caps):
            needs = (replace(one, memory_mb=self._need(one.apply(self._recipe))) for one in some)
            found = next((one for one in needs if fits(one.memory_mb, self._free_mb)), None)
            if found is not None:
                yield found


def _held_out(folder: Path, photos: Sequence[Path], sessions: SessionChoice) -> int:
    from inspector.engine.forecast.counted_work import sessions_held_out

    return sessions_held_out(find_sessions(folder, photos, sessions).labels())


def _in_order(goods: int, fitting: Sequence[Work], pictures: int, after: Mapping[str, float]) -> list[Work]:
    first, *others = fitting
    first = replace(first, before={probing.FIND: 1, **first.before})
    return [*probing.work_before(goods), first, *others, *probing.work_after(goods, pictures, dict(after))]
