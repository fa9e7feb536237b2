"""The forecast of a training's time and memory: counted work times the cost of each unit on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # --help must not import pydantic
    from inspector.core.training.plan import Recipe

TIGHT = 0.8
"""Share of the free memory above which a warning is shown. The forecast may be a fifth too low."""


@dataclass(frozen=True, slots=True)
class Work:
    """The counted work of one stage.

    Parameters
    ----------
    stage : str
        Name of the stage, as in `inspector.core.progress.Progress`.
    steps : int
        Number of steps, as in `Progress`.
    counts : mapping of str to float
        Number of units of work in its steps, by the unit's name.
    before : mapping of str to float
        The same for the work before its first step, which reports no progress.
    """

    stage: str
    steps: int
    counts: Mapping[str, float]
    before: Mapping[str, float] = field(default_factory=dict)

    def priced(self, costs: Mapping[str, float]) -> Stage:
        """Return the stage with its times; `costs` holds the seconds per unit."""
        inside, before = (
            sum(count * costs[unit] for unit, count in counts.items()) for counts in (self.counts, self.before)
        )
        return Stage(self.stage, self.steps, before + inside, before)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of training with its forecast time, counted from the end of the previous stage.

    `before` is the part of `seconds` that passes before its first step.
    """

    name: str
    steps: int
    seconds: float
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of the recipe that makes training fit into memory.

    Parameters
    ----------
    memory_mb : float
        Additional memory that training then needs, in MiB.
    size : int or None
        The changed size; None for no change.
    settings : mapping of str to int
        The changed settings of the method.
    """

    memory_mb: float
    size: int | None = None
    settings: Mapping[str, int] = field(default_factory=dict)

    def apply(self, recipe: Recipe) -> Recipe:
        """Return the recipe with the change."""
        fields: dict[str, Any] = recipe.model_dump()
        fields["size"] = self.size or recipe.size
        fields["settings"] = {**recipe.settings, **self.settings}
        return type(recipe).model_validate(fields)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a training on this computer.

    Parameters
    ----------
    goods : int
        Number of good photos of the forecast.
    stages : tuple of Stage
        Stages in the order of training. Empty if nothing was measured, because training would not fit.
    peak_memory_mb : float
        Highest resident memory of the process, in MiB.
    more_memory_mb : float
        Additional memory over the present use, in MiB; on a GPU, of the GPU's memory.
    free_memory_mb : float or None
        Free memory in MiB; None if the system does not report it.
    ms_per_photo : float or None
        Time per photo from file to verdict, in milliseconds; None if nothing was measured.
    bundle_mb : float or None
        Size of the bundle's file in MB (10^6 bytes).
    proposals : tuple of Proposal
        If training does not fit: the smallest change of each kind that fits.
    """

    goods: int
    stages: tuple[Stage, ...]
    peak_memory_mb: float
    more_memory_mb: float
    free_memory_mb: float | None
    ms_per_photo: float | None = None
    bundle_mb: float | None = None
    proposals: tuple[Proposal, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Wall time of training in seconds; None if nothing was measured."""
        return sum(stage.seconds for stage in self.stages) if self.stages else None

    @property
    def fits(self) -> bool:
        """Whether it fits into the free memory with a margin."""
        return fits(self.more_memory_mb, self.free_memory_mb)

    @property
    def hopeless(self) -> bool:
        """Whether it needs more than the free memory."""
        return self.free_memory_mb is not None and self.more_memory_mb > self.free_memory_mb


def fits(more_memory_mb: float, free_memory_mb: float | None) -> bool:
    """Return whether the additional memory fits into the free memory, with a margin."""
    return free_memory_mb is None or more_memory_mb <= TIGHT * free_memory_mb


def as_json(forecast: Forecast) -> dict[str, Any]:
    """Return a forecast under the keys of the command line contract."""
    return {
        "images": forecast.goods,
        "seconds": forecast.seconds,
        "stages": [{"stage": one.name, "steps": one.steps, "seconds": one.seconds} for one in forecast.stages],
        "peak_memory_mb": forecast.peak_memory_mb,
        "more_memory_mb": forecast.more_memory_mb,
        "free_memory_mb": forecast.free_memory_mb,
        "fits": forecast.fits,
        "ms_per_image": forecast.ms_per_photo,
        "bundle_mb": forecast.bundle_mb,
        "proposals": [
            {"size": one.size, "settings": dict(one.settings), "more_memory_mb": one.memory_mb}
            for one in forecast.proposals
        ],
    }
