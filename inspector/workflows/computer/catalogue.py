"""The choices before training: methods and presets. Imports no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from inspector.core.training.presets import PRESETS
from inspector.engine.features.weight_files import how_to_get, missing_weights
from inspector.engine.methods.table import METHODS
from inspector.storage.folders import weights_folder


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """A preset, and whether this computer can use it.

    Parameters
    ----------
    name, title, summary : str
        See `inspector.core.training.presets.Preset`.
    missing : tuple of str
        Its backbones that have no weights here; empty where it can be used.
    advice : str
        How to get those weights; empty where none are missing.
    """

    name: str
    title: str
    summary: str
    missing: tuple[str, ...]
    advice: str

    @property
    def ready(self) -> bool:
        """Whether it can be used."""
        return not self.missing


def methods() -> list[tuple[str, str, str]]:
    """Return (name, title, one line that says when to take it) of every method, the default first."""
    return [(name, method.title, method.summary) for name, method in METHODS.items()]


def presets() -> list[PresetChoice]:
    """Return every preset, the default first. Looks for weights files, reads none."""
    folder = weights_folder()
    choices = []
    for name, preset in PRESETS.items():
        missing = tuple(missing_weights(preset.backbones, folder))
        choices.append(
            PresetChoice(name, preset.title, preset.summary, missing, how_to_get(missing) if missing else "")
        )
    return choices


def preset_rows() -> list[dict[str, Any]]:
    """Return the same for programs: name, ready, title, summary, missing, advice, and the fields of the recipe."""
    return [asdict(one) | {"ready": one.ready} | PRESETS[one.name].recipe_fields() for one in presets()]
