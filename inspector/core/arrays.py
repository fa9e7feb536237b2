"""The check of arrays from a file before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def checked(
    arrays: Mapping[str, NDArray[Any]], name: str, dtype: DTypeLike, shape: tuple[int | None, ...]
) -> NDArray[Any]:
    """Return an array of a bundle if its dtype and shape are as required.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        All arrays of the bundle.
    name : str
        Name of the array.
    dtype : dtype
        Required dtype.
    shape : tuple of int or None
        Required shape; None allows any number >= 1.

    Raises
    ------
    KeyError
        If there is no array of this name.
    ValueError
        If it has another dtype or shape; an empty array never fits.
    """
    array = arrays[name]
    edges = zip(array.shape, shape, strict=False)
    if array.dtype != np.dtype(dtype) or array.ndim != len(shape) or 0 in array.shape:
        raise ValueError(name)
    if any(wanted not in (None, edge) for edge, wanted in edges):
        raise ValueError(name)
    return array
