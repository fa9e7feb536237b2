"""The bundle: one file with everything that training produced, and a seal over every byte of it.

The file is a safetensors file. Its header carries one metadata entry, ``inspector``, which is 64 hex digits (the seal)
followed by the manifest as JSON. The seal is the SHA-256 of the whole file with those 64 digits read as zeros, so a
change of any byte, the header's padding included, is noticed. Only one entry, because safetensors does not fix the
order of several, and the same training must give the same bytes. This frame never changes, whatever the schema inside.
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
"""No number in a bundle is larger; squares of larger ones would leave single precision."""

_MISMADE = (SafetensorError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)

_KEY = "inspector"
_BLANK_SEAL = "0" * 64
_SEAL_START = f'"{_KEY}":"'.encode()
_FRAME_BYTES = 64  # safetensors writes its metadata first, so the seal begins within these


@dataclass(frozen=True, slots=True, eq=False)
class StoredBundle:
    """The content of a bundle file.

    Parameters
    ----------
    path : Path
        The file.
    sha256 : str
        Of the file.
    manifest : Manifest
        What it says of itself.
    arrays : dict of str to ndarray
        What the detector learned, by name; writable copies.
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
        Where to write; its folder must exist. An existing file is replaced only by a complete one.
    manifest : Manifest
        Its `schema_number` and `tensors` are filled in here.
    arrays : mapping of str to ndarray
        What the detector learned; any dtype that safetensors knows.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    BundleError
        The file cannot be written; what was there before is untouched.
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
    """Make sure that a bundle could be written to `path`, so that minutes of training are not lost to a typing error.

    Nor is anybody's photo or document lost to one: what is there already must be a bundle, damaged or of any release,
    or an empty file.

    Raises
    ------
    BundleError
        It could not; the sentence says why. Nothing is left behind, and an existing file is untouched.
    """
    try:
        check_ordinary(path)
        check_writable(path)
        replaceable = not path.exists() or (path.is_file() and _may_be_replaced(path))
    except OSError as error:
        raise BundleError(path, write_problem(error)) from error
    if not replaceable:
        raise BundleError(
            path, "this file is there already and is no bundle, so it is kept", action="choose another name"
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
        There is no such file.
    BundleCorrupt
        It is not a bundle, cut short or altered.
    BundleTooNew
        A later release wrote it.
    BundleError
        It cannot be opened.
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
    except _MISMADE as error:  # sealed, but never written by Inspector
        raise BundleCorrupt(path, NOT_A_BUNDLE) from error
    return StoredBundle(path, hashlib.sha256(content).hexdigest(), manifest, arrays)


def _check_arrays(manifest: Manifest, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise ValueError where arrays are not those of the manifest, or hold numbers that nothing can be computed with.

    Shapes are checked by those who use the arrays: they depend on the method and its settings.
    """
    if manifest.tensors and set(arrays) != set(manifest.tensors):
        raise ValueError("tensors")
    for name, array in arrays.items():
        if array.dtype.kind == "f" and array.size and not float(np.abs(array).max()) <= MOST:  # NaN is not
            raise ValueError(name)
    check_pictures(arrays)


def _read(path: Path) -> bytes:
    try:
        return read_ordinary(path)
    except UnsafePath as error:
        raise BundleCorrupt(path, f"{error.strerror}", action="choose the file itself") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleMissing(path, "there is no such file", action="check the path, or train a bundle first") from error
    except IsADirectoryError as error:
        raise BundleCorrupt(path, "this is a folder", action="choose the bundle file in it") from error
    except OSError as error:
        sentence = Message(
            f"the file cannot be opened ({error.strerror or error})", "check its permissions or copy it elsewhere"
        )
        raise BundleError(path, sentence) from error


def _seal_and_manifest(content: bytes, path: Path) -> tuple[str, str]:
    """Return the 64 digits and the manifest's text from the header, both unchecked."""
    if not content:
        raise BundleCorrupt(path, "the file is empty", action=ALTERED.action)
    header_bytes = int.from_bytes(content[:8], "little")
    try:
        value = json.loads(content[8 : 8 + header_bytes])["__metadata__"][_KEY]
        return value[:64], value[64:]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        # What once was a bundle is told apart from a stranger by how it begins.
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
