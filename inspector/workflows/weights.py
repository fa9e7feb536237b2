"""Backbone weights for the user: what is there, importing a file, fetching."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.storage.folders import weights_folder


def known_backbones() -> list[dict[str, Any]]:
    """Return name, ready (whether weights are here), license and source of each backbone in the table or imported."""
    from inspector.engine.backbones import BACKBONES, entry_for
    from inspector.engine.weights import find_weights

    imported = sorted(file.stem for file in weights_folder().glob("*.safetensors"))
    names = [*BACKBONES, *(name for name in imported if name not in BACKBONES)]
    return [
        {
            "name": name,
            "ready": find_weights(name, weights_folder()) is not None,
            "license": entry_for(name).license,
            "source": entry_for(name).source,
        }
        for name in names
    ]


def import_weights(file: Path, backbone: str) -> Path:
    """Check a weights file against its backbone and keep it; see `inspector.engine.weights.import_weights`."""
    from inspector.engine import weights

    return weights.import_weights(file, backbone, weights_folder())


def fetch_weights(backbone: str) -> Path:
    """Download weights and keep them; see `inspector.engine.weights.fetch_weights`."""
    from inspector.engine import weights

    return weights.fetch_weights(backbone, weights_folder())
