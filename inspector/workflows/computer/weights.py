"""Backbone weights for the user: list, import, download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.core.errors import WeightsError
from inspector.storage.folders import weights_folder


def known_backbones() -> list[dict[str, Any]]:
    """Return name, ready (whether weights are here), license and source of each backbone in the table or imported."""
    from inspector.engine.features.backbones import BACKBONES

    imported = sorted(file.stem for file in weights_folder().glob("*.safetensors"))
    names = [*BACKBONES, *(name for name in imported if name not in BACKBONES)]
    return [_row(name) for name in names]


def import_weights(file: Path, backbone: str) -> Path:
    """Check a weights file against its backbone and keep it; see `inspector.engine.features.weights.import_weights`."""
    from inspector.engine.features import weights

    return weights.import_weights(file, backbone, weights_folder())


def fetch_weights(backbone: str) -> Path:
    """Download weights and keep them; see `inspector.engine.features.weights.fetch_weights`."""
    from inspector.engine.features import weights

    return weights.fetch_weights(backbone, weights_folder())


def _row(name: str) -> dict[str, Any]:
    from inspector.engine.features.backbones import entry_for
    from inspector.engine.features.weight_files import find_weights

    try:
        entry = entry_for(name)
    except WeightsError as error:  # a file that someone put into the weights folder by hand must not hide the others
        return {"name": name, "ready": False, "license": "unknown", "source": error.sentence}
    ready = find_weights(name, weights_folder()) is not None
    return {"name": name, "ready": ready, "license": entry.license, "source": entry.source}
