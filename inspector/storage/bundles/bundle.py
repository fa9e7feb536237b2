"""The bundle: one file that holds the complete result of training, sealed by a hash over every byte.

The file is a safetensors file. Its header carries one metadata entry, ``inspector``: 64 hex digits (the seal), followed
by the manifest as JSON. The seal is the SHA-256 of the whole file with those 64 digits read as zeros. It therefore
detects a change of any byte, the header's padding included. There is only one entry because safetensors does not fix
the order of several. The same training must give the same bytes. This frame is the same for every schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from inspector.core.errors import BundleCorrupt, BundleError, BundleMissing, Message
from inspector.storage.atomic import check_writable, replacing, write_problem
from inspector.storage.bundles.good_pictures import check_pictures
from inspector.storage.bundles.manifest import (
    ALTERED,
    NOT_A_BUNDLE,
    SCHEMA_NUMBER,
    BackboneRecord,
    DefectRecord,
    GoodSetRecord,
    Manifest,
    manifest_json,
    parse_manifest,
)
from inspector.storage.bundles.manifest_changes import FeedBackRecord, LimitsChange
from inspector.storage.ordinary_files import UnsafePath, check_ordinary, read_ordinary

__all__ = [
    "BUNDLE_SUFFIX",
    "BackboneRecord",
    "DefectRecord",
    "FeedBackRecord",
    "GoodSetRecord",
    "LimitsChange",
    "Manifest",
    "StoredBundle",
    "check_bundle_target",
    "load_bundle",
    "save_bundle",
]

BUNDLE_SUFFIX = ".inspector"

MOST = 1e15
"""Largest magnitude of a number in a bundle; the square of a larger number would leave single precision."""

_MISMADE = (SafetensorError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)

_KEY = "inspector"
_BLANK_SEAL = "0" * 64
_SEAL_START = f'"{_KEY}":"'.encode()
_FRAME_BYTES = 64  # safetensors writes its metadata first, so the seal begins within these bytes


@dataclass(frozen=True, slots=True, eq=False)
class StoredBundle:
    """The content of a bundle file.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : str
        SHA-256 of the file.
    manifest : Manifest
        The manifest.
    arrays : dict of str to ndarray
        The learned arrays by name; writable copies.
    """

    path: Path
    sha256: str
    manifest: Manifest
    arrays: dict[str, NDArray[Any]]


def save_bundle(path: Path, manifest: Manifest, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write a bundle; the same manifest and arrays give the same bytes.

    Parameters
    ----------
    path : Path
        The file to write; its folder must exist. An existing file is replaced only by a complete one.
    manifest : Manifest
        The manifest. `schema_number` and `tensors` are filled in here.
    arrays : mapping of str to ndarray
        The learned arrays; any dtype that safetensors supports.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    BundleError
        The file cannot be written; an existing file is unchanged.
    """
    tensors = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    hashes = {name: _tensor_sha256(array) for name, array in tensors.items()}
    complete = manifest.model_copy(update={"schema_number": SCHEMA_NUMBER, "tensors": hashes})
    blank = save_tensors(tensors, {_KEY: _BLANK_SEAL + manifest_json(complete)})
    start = blank.index(_SEAL_START) + len(_SEAL_START)
    seal = hashlib.sha256(blank).hexdigest().encode()
    content = b"".join((blank[:start], seal, blank[start + len(seal) :]))
    try:
        check_ordinary(path)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise BundleError(path, write_problem(error)) from error
    return hashlib.sha256(content).hexdigest()


def check_bundle_target(path: Path) -> None:
    """Check that a bundle could be written to `path`, before minutes of training are spent.

    An existing file must be a bundle (damaged or of any release) or an empty file. No other file is overwritten.

    Raises
    ------
    BundleError
        The bundle cannot be written; the sentence says why. Nothing is left behind, and an existing file is unchanged.
    """
    try:
        check_ordinary(path)
        check_writable(path)
        replaceable = not path.exists() or (path.is_file() and _may_be_replaced(path))
    except OSError as error:
        raise BundleError(path, write_problem(error)) from error
    if not replaceable:
        raise BundleError(
            path, "a file of this name exists and is not a model, so it is kept", action="choose another name"
        )


def _may_be_replaced(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(_FRAME_BYTES)
    return not start or _SEAL_START in start


def load_bundle(path: Path) -> StoredBundle:
    """Read a bundle and check every byte of it.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    BundleMissing
        The file does not exist.
    BundleCorrupt
        The file is not a bundle, is cut short or was altered.
    BundleTooNew
        A later release wrote it.
    BundleError
        The file cannot be opened.
    """
    content = _read(path)
    seal, text = _seal_and_manifest(content, path)
    if seal != _seal_of(content, seal):
        raise BundleCorrupt(path, ALTERED)
    try:
        manifest = parse_manifest(json.loads(text), path)
        tensors = load_tensors(content)
        arrays = {name: array.copy() for name, array in sorted(tensors.items())}
        _check_arrays(manifest, arrays)
    except _MISMADE as error:  # the seal fits, but Inspector did not write this content
        raise BundleCorrupt(path, NOT_A_BUNDLE) from error
    return StoredBundle(path, hashlib.sha256(content).hexdigest(), manifest, arrays)


def _check_arrays(manifest: Manifest, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check that the arrays are those of the manifest and hold no NaN and no magnitude above `MOST`.

    The users of the arrays check the shapes, which depend on the method and its settings.

    Raises
    ------
    ValueError
        An array is missing, unknown or out of range.
    """
    if manifest.tensors and set(arrays) != set(manifest.tensors):
        raise ValueError("tensors")
    for name, array in arrays.items():
        if array.dtype.kind == "f" and array.size and not float(np.abs(array).max()) <= MOST:  # false for NaN
            raise ValueError(name)
    check_pictures(arrays)


def _read(path: Path) -> bytes:
    try:
        return read_ordinary(path)
    except UnsafePath as error:
        raise BundleCorrupt(path, f"{error.strerror}", action="choose the file itself") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleMissing(path, "there is no such file", action="check the path, or train a model first") from error
    except IsADirectoryError as error:
        raise BundleCorrupt(path, "this is a folder", action="choose the model file in it") from error
    except OSError as error:
        sentence = Message(
            f"the file cannot be opened ({error.strerror or error})", "check its permissions or copy it elsewhere"
        )
        raise BundleError(path, sentence) from error


def _seal_and_manifest(content: bytes, path: Path) -> tuple[str, str]:
    """Return the seal (64 digits) and the manifest's text from the header, both unchecked."""
    if not content:
        raise BundleCorrupt(path, "the file is empty", action=ALTERED.action)
    header_bytes = int.from_bytes(content[:8], "little")
    try:
        value = json.loads(content[8 : 8 + header_bytes])["__metadata__"][_KEY]
        return value[:64], value[64:]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        # A file that begins like a bundle was one and is damaged; any other file is not a bundle.
        ours = _SEAL_START in content[:_FRAME_BYTES]
        raise BundleCorrupt(path, ALTERED if ours else NOT_A_BUNDLE) from error


def _seal_of(content: bytes, seal: str) -> str:
    start = content.find(_SEAL_START) + len(_SEAL_START)
    blanked = hashlib.sha256(content[:start])
    blanked.update(_BLANK_SEAL.encode())
    blanked.update(content[start + len(seal) :])
    return blanked.hexdigest()


def _tensor_sha256(array: NDArray[Any]) -> str:
    shape = ",".join(str(edge) for edge in array.shape)
    digest = hashlib.sha256(f"{array.dtype.str} {shape}\n".encode())
    digest.update(array.tobytes())
    return digest.hexdigest()
