"""Where backbone weights come from: an installed package, a file the user imported, or the internet when asked.

There is no silent fall-back: a backbone without weights is an error that says how to get them. The only network call in
Inspector is `fetch_weights`, which runs when the user asks for it.
"""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode

from inspector.core.errors import WeightsError
from inspector.engine.features.weight_files import EMBEDDED, EmbeddedWeights, check_weights, find_weights, imported_file

StateDict = dict[str, torch.Tensor]

CHUNK = 2**20

# torch warns of unusual formats; what cannot be read safely is refused all the same. Set once: warnings.catch_warnings
# changes the whole process and must not be used beside other threads.
warnings.filterwarnings("ignore", category=UserWarning, module=r"torch\.serialization")

FETCHED_TAGS = dict.fromkeys(("wide_resnet50_2", "wide_resnet101_2", "resnext101_32x8d", "densenet201"), "tv_in1k")
"""Which weights of timm are downloaded if there are several: torchvision's first (V1), with which PatchCore and
ReConPatch were published. Others are timm's own choice."""

OLD_DENSENET_NAME = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")
"""torchvision's file of DenseNet writes ``norm.1.weight`` where its code and timm's say ``norm1.weight``."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Checked weights of one backbone.

    Parameters
    ----------
    tensors : dict of str to Tensor
        By timm's names for the whole model, classifier included.
    sha256 : str
        Of the file they came from.
    path : Path
        That file.
    """

    tensors: StateDict
    sha256: str
    path: Path


class Uninitialised(TorchFunctionMode):
    """Within it, new networks are not filled with random numbers: for those that get their weights anyhow.

    Drawing them takes half the time of building a network, and on the meta device makes torch import its compiler.
    """

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, given: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        """Return the tensor unchanged if it would be filled, otherwise the function's result."""
        named = named or {}
        if getattr(function, "__module__", None) == "torch.nn.init" and function.__name__.endswith("_"):
            return given[0] if given else named["tensor"]
        return function(*given, **named)


def load_weights(backbone: str, weights_folder: Path) -> Weights:
    """Read the weights of a backbone: the user's imported file if there is one, else the embedded ones.

    Parameters
    ----------
    backbone : str
        timm name.
    weights_folder : Path
        Where imported weights lie.

    Raises
    ------
    WeightsError
        If there are none, or the file was altered, does not fit, or holds values that are not finite numbers.
    """
    check_weights([backbone], weights_folder)
    path = find_weights(backbone, weights_folder)
    assert path is not None
    if path == imported_file(backbone, weights_folder):
        tensors = _read_state_dict(path)
        _check_fit(backbone, tensors, path)
        return Weights(tensors, file_sha256(path), path)
    return _load_embedded(backbone, EMBEDDED[backbone], path)


def import_weights(file: Path, backbone: str, weights_folder: Path) -> Path:
    """Check a weights file against its backbone and keep a copy of it as safetensors.

    Parameters
    ----------
    file : Path
        safetensors, or a state dict saved by torch (read with ``weights_only``, which runs no code), with the tensor
        names of timm or torchvision.
    backbone : str
        timm name.
    weights_folder : Path
        Where to keep it; made if it does not exist.

    Returns
    -------
    Path
        The kept copy.

    Raises
    ------
    WeightsError
        If the file cannot be read, a tensor's name or shape does not fit the backbone, or a tensor holds infinite
        values or values that are not numbers.
    """
    tensors = {OLD_DENSENET_NAME.sub(r"\1\2", name): tensor for name, tensor in _read_state_dict(file).items()}
    _check_fit(backbone, tensors, file)
    return _keep(tensors, backbone, weights_folder)


def fetch_weights(backbone: str, weights_folder: Path) -> Path:
    """Download ImageNet weights through timm and keep them. The one network call of Inspector.

    Raises
    ------
    WeightsError
        If timm does not know the name or has no weights for it, or the download fails.
    """
    _check_name(backbone)
    tag = FETCHED_TAGS.get(backbone)
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)  # it logs each retry; the user gets one sentence
    try:
        model = timm.create_model(f"{backbone}.{tag}" if tag else backbone, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        # huggingface_hub's errors derive from OSError, RuntimeError or ValueError, whichever HTTP library it uses.
        raise WeightsError(
            backbone,
            f"could not download the weights ({_first_line(error)})",
            action="check the internet connection and try again",
        ) from error
    return _keep(model.state_dict(), backbone, weights_folder)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _load_embedded(backbone: str, embedded: EmbeddedWeights, path: Path) -> Weights:
    sha256 = file_sha256(path)
    if sha256 != embedded.sha256:
        raise WeightsError(path, f"the weights of {backbone} were altered", action=f"install {embedded.package} again")
    names = list(_expected_tensors(backbone))
    source = torch.load(path, map_location="cpu", weights_only=True)
    # The package's tensors have other names but come in timm's order, shape by shape; _check_fit proves the shapes.
    tensors = dict(zip(names, source.values(), strict=True))
    _check_fit(backbone, tensors, path)
    return Weights(tensors, sha256, path)


def _keep(tensors: StateDict, backbone: str, weights_folder: Path) -> Path:
    target = imported_file(backbone, weights_folder)
    partial = target.with_suffix(".partial")
    try:
        weights_folder.mkdir(parents=True, exist_ok=True)
        # clone: safetensors refuses tensors that share memory
        save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}, partial)
        partial.replace(target)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise WeightsError(
            target, f"could not keep the weights ({_first_line(error)})", action="free some space or check the folder"
        ) from error
    return target


def _read_state_dict(path: Path) -> StateDict:
    if not path.is_file():
        raise WeightsError(path, "there is no such file", action="check the name")
    try:
        tensors = _read_tensors(path)
    except (
        OSError,
        RuntimeError,
        ValueError,
        EOFError,
        KeyError,
        UnpicklingError,
        SafetensorError,
        UserWarning,  # where warnings are errors
        zipfile.BadZipFile,
    ) as error:
        raise WeightsError(
            path,
            "this is not a weights file that can be read safely",
            action="give a safetensors file or a plain state dict",
        ) from error
    if not isinstance(tensors, dict) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise WeightsError(
            path,
            "the file does not hold a plain state dict (names to tensors)",
            action="save model.state_dict() and import that",
        )
    return tensors


def _read_tensors(path: Path) -> object:
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _check_name(backbone: str) -> None:
    if not timm.is_model(backbone):
        raise WeightsError(
            backbone, "timm knows no backbone of this name", action="'inspector weights list' shows some that work"
        )


@cache
def _expected_tensors(backbone: str) -> StateDict:
    """Return the names and shapes of a backbone's tensors, without memory for them."""
    _check_name(backbone)
    with torch.device("meta"), Uninitialised():
        tensors: StateDict = timm.create_model(backbone, pretrained=False).state_dict()
    return tensors


def _check_fit(backbone: str, tensors: StateDict, path: Path) -> None:
    expected = _expected_tensors(backbone)
    wrong = [name for name in expected if name not in tensors and not name.endswith("num_batches_tracked")]
    wrong += [name for name in expected if name in tensors and tensors[name].shape != expected[name].shape]
    if wrong:
        raise WeightsError(
            path,
            f"these are not weights of {backbone}: {len(wrong)} of {len(expected)} tensors are missing or have another "
            f"shape, the first is {wrong[0]!r}",
            action="check the backbone's name",
        )
    _check_finite({name: tensors[name] for name in expected if name in tensors}, path)


def _check_finite(tensors: StateDict, path: Path) -> None:
    # As float32, in which the network computes: what another type holds may be infinite there.
    broken = [name for name, tensor in tensors.items() if not bool(tensor.float().isfinite().all())]
    if broken:
        raise WeightsError(
            path,
            f"{len(broken)} of {len(tensors)} tensors hold values that are not finite numbers, the first is "
            f"{broken[0]!r}",
            action="the file is damaged, get it again from where it came",
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
