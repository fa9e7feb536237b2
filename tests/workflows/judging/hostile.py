"""Bundles and results as somebody makes them who knows how they are sealed: one field or array is another."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from inspector.storage.bundles.bundle import StoredBundle

Place = tuple[str | int, ...]
Arrays = dict[str, NDArray[Any]]

DEEP: Any = 0
for _ in range(900):
    DEEP = [DEEP]

MISSING = object()

VALUES: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "text": "x",
    "empty text": "",
    "number as text": "1e999",
    "long text": "x" * 3_000_000,
    "markup": "<b>x</b><img src=x>\x00\x1b[31m",
    "not unicode": "\udcff",
    "zero": 0,
    "minus one": -1,
    "one": 1,
    "half": 0.5,
    "tiny": 5e-324,
    "small": 1e-300,
    "huge": 10**18,
    "huger": 2**62,
    "very long number": 10**4000,
    "large": 1e308,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "minus infinite": float("-inf"),
    "empty list": [],
    "list": [1, 2],
    "long list": [1.0] * 100_000,
    "empty object": {},
    "object": {"name": 1},
    "deep": DEEP,
}


def resealed(fields: Any, arrays: Arrays) -> bytes:
    """Return the bytes of a bundle file with any manifest, whether or not it is one."""
    text = fields if isinstance(fields, str) else json.dumps(fields)
    blank = save(arrays, {"inspector": "0" * 64 + text})
    start = blank.index(b'"inspector":"') + len('"inspector":"')
    return blank[:start] + hashlib.sha256(blank).hexdigest().encode() + blank[start + 64 :]


@dataclass(frozen=True)
class Hostile:
    """One field or one array replaced."""

    name: str
    content: bytes

    def write(self, folder: Path) -> Path:
        path = folder / "hostile.inspector"
        path.write_bytes(self.content)
        return path


def places_of(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in a manifest; of lists only the first and the last item."""
    if place:
        yield place
    if isinstance(value, dict):
        for key in value:
            yield from places_of(value[key], (*place, key))
    elif isinstance(value, list) and value:
        for index in sorted({0, len(value) - 1}):
            yield from places_of(value[index], (*place, index))


def with_value(fields: Any, place: Place, value: Any) -> Any:
    changed = copy.deepcopy(fields)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    if value is MISSING:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return changed


def other_arrays(array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any] | None]]:
    """The replacements of an array; None removes it."""
    yield "missing", None
    yield "empty", array[:0]
    yield "one row less", array[:-1].copy()
    yield "one row more", np.concatenate([array, array[:1]]) if array.size else array
    yield "flat", array.ravel()
    yield "no shape", np.array(1, dtype=array.dtype)
    yield "another axis", array[..., None].copy()
    yield "no width", np.zeros((len(array), 0), dtype=array.dtype)
    yield "no width, very long", np.zeros((2**40, 0), dtype=array.dtype)
    yield "bytes", np.ones(array.shape, dtype=np.uint8)
    yield "whole numbers", np.ones(array.shape, dtype=np.int64)
    yield "truth values", np.ones(array.shape, dtype=np.bool_)
    yield "double", np.ones(array.shape, dtype=np.float64)
    yield "half", np.ones(array.shape, dtype=np.float16)
    yield "zeros", np.zeros_like(array)
    if array.dtype.kind == "f":
        for name, value in {"nan": np.nan, "inf": np.inf, "largest": np.finfo(array.dtype).max}.items():
            changed = array.copy()
            changed.flat[-1] = value
            yield f"one {name}", changed
        yield "largest", np.full_like(array, np.finfo(array.dtype).max)
        yield "large", np.full_like(array, min(1e15, float(np.finfo(array.dtype).max)))
        yield "negative", -np.abs(array) - array.dtype.type(1)
    if array.dtype.kind in "iu":
        yield "largest", np.full_like(array, np.iinfo(array.dtype).max)
        yield "smallest", np.full_like(array, np.iinfo(array.dtype).min)


def hostile_bundles(stored: StoredBundle) -> list[tuple[str, Any]]:
    """Name every mutation of a bundle, with the arguments of `make_hostile`."""
    fields = stored.manifest.model_dump(mode="json")
    found: list[tuple[str, Any]] = [
        (f"{'.'.join(map(str, place))} {name}", (place, value))
        for place in places_of(fields)
        for name, value in VALUES.items()
    ]
    for name, array in stored.arrays.items():
        found += [(f"{name} {how}", (name, other)) for how, other in other_arrays(array)]
    found += [(f"manifest is {name}", ((), value)) for name, value in VALUES.items() if value is not MISSING]
    found += [
        ("manifest is nested too deeply", "[" * 200_000),
        ("manifest is no JSON", "{"),
        ("settings nested too deeply", _nested(fields)),
    ]
    return found


def _nested(fields: Any) -> str:
    deep = "[" * 9_000 + "]" * 9_000
    return json.dumps(fields).replace('"settings": {', f'"settings": {{"x": {deep}, ', 1)


def make_hostile(stored: StoredBundle, name: str, change: Any) -> Hostile:
    fields, arrays = stored.manifest.model_dump(mode="json"), dict(stored.arrays)
    if isinstance(change, str):
        return Hostile(name, resealed(change, arrays))
    where, value = change
    if isinstance(where, str):
        arrays = {key: array for key, array in arrays.items() if key != where}
        if value is not None:
            arrays[where] = value
        return Hostile(name, resealed(fields, arrays))
    return Hostile(name, resealed(with_value(fields, where, value) if where else value, arrays))


def resealed_results(folder: Path, place: Place, value: Any) -> None:
    """Replace a field of results.json, and seal it again."""
    file = folder / "results.json"
    document = json.loads(file.read_text("utf-8"))
    document = with_value(document, place, value) if place else value
    if isinstance(document, dict):
        document.pop("sha256", None)
        seal = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        document = {"sha256": seal} | document
    file.write_text(json.dumps(document), "utf-8")


def drawn(stored: StoredBundle, count: int, seed: int) -> list[tuple[str, Any]]:
    """Return so many mutations, drawn by the seed, always the same ones for the same bundle format."""
    return random.Random(seed).sample(hostile_bundles(stored), count)
