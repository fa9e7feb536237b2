"""Arrays that come out of a file, checked before anything is computed with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def checked(
    arrays: Mapping[str, NDArray[Any]], name: str, dtype: DTypeLike, shape: tuple[int | None, ...]
) -> NDArray[Any]:
    """Return one of a bundle's arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        All of them.
    name : str
        Which one.
    dtype : dtype
        It must have this one.
    shape : tuple of int or None
        Its shape must be this one; None stands for any number from 1 on.

    Raises
    ------
    KeyError
        There is none of this name.
    ValueError
        It has another dtype or shape.
    """
    array = arrays[name]
    edges = zip(array.shape, shape, strict=False)
    if array.dtype != np.dtype(dtype) or array.ndim != len(shape) or 0 in array.shape:
        raise ValueError(name)
    if any(wanted not in (None, edge) for edge, wanted in edges):
        raise ValueError(name)
    return array
