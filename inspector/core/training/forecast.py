"""What training will take, told before it begins: counted work times what a unit of it costs on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # --help must not wait for pydantic
    from inspector.core.training.plan import Recipe

TIGHT = 0.8
"""Share of the free memory from which on training is warned of: the forecast may be a fifth too low."""


@dataclass(frozen=True, slots=True)
class Work:
    """The counted work of one stage.

    Parameters
    ----------
    stage : str
        As `inspector.core.progress.Progress` tells it.
    steps : int
        As it counts them.
    counts : mapping of str to float
        How often its steps do each unit of work, by the unit's name.
    before : mapping of str to float
        The same for the work before its first step, of which nothing is reported.
    """

    stage: str
    steps: int
    counts: Mapping[str, float]
    before: Mapping[str, float] = field(default_factory=dict)

    def priced(self, costs: Mapping[str, float]) -> Stage:
        """Return the stage with its times; `costs` holds the seconds of each unit."""
        inside, before = (
            sum(count * costs[unit] for unit, count in counts.items()) for counts in (self.counts, self.before)
        )
        return Stage(self.stage, self.steps, before + inside, before)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of training with the time that it is forecast to take, from the end of the stage before on.

    `before` is the part of `seconds` that passes before its first step.
    """

    name: str
    steps: int
    seconds: float
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that makes training fit into memory.

    Parameters
    ----------
    memory_mb : float
        What it would then take beyond what is taken now, in MiB.
    size : int or None
        Another size of the recipe.
    settings : mapping of str to int
        Other constants of the method.
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
    """What training on so many good photos by a recipe will take on this computer.

    Parameters
    ----------
    goods : int
        Good photos counted on.
    stages : tuple of Stage
        In the order in which training does them. Empty where nothing was measured, since it would not fit.
    peak_memory_mb : float
        Highest resident memory of the process, in MiB.
    more_memory_mb : float
        How much of that comes on top of what is taken now; on a GPU, of its own memory.
    free_memory_mb : float or None
        What is free, in MiB; None where the system does not tell.
    ms_per_photo : float or None
        One photo from file to verdict; None where nothing was measured.
    bundle_mb : float or None
        Size of the file, in MB (10^6 bytes).
    proposals : tuple of Proposal
        Where it does not fit: what would, the smallest change of each kind.
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
        """Wall time of training; None where nothing was measured."""
        return sum(stage.seconds for stage in self.stages) if self.stages else None

    @property
    def fits(self) -> bool:
        """Whether it fits into what is free with room to spare."""
        return fits(self.more_memory_mb, self.free_memory_mb)

    @property
    def hopeless(self) -> bool:
        """Whether it would clearly run out of memory."""
        return self.free_memory_mb is not None and self.more_memory_mb > self.free_memory_mb


def fits(more_memory_mb: float, free_memory_mb: float | None) -> bool:
    """Return whether memory that training takes more than now fits into what is free, with room to spare."""
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
