"""Near-duplicates in the good set: copies, re-encoded copies, bursts, and slightly shifted copies.

Each photo is reduced to a small fingerprint. Two photos are compared by a linear regression of one fingerprint on the
other fingerprint and its two derivatives. The residual is the part that gain, offset and a small shift cannot explain.
The regression is one step of image registration with a gain (Lucas and Kanade, An iterative image registration
technique, IJCAI 1981, section 4.2). The residual is compared with the usual difference between photos of this good set.
The reason is that parts in a fixed position look much alike, and parts in any position do not.

`LIMIT` was chosen with these figures in view, as shares of the usual difference. Nearest two different photos: 0.119
among 150 monocrystalline solar cells; 0.126 among 150 polycrystalline cells (neighbouring wafers of one block); 0.39
among 213 transistors (MVTec AD); 0.60 among 50 hazelnuts; 0.54 among 120 circuit boards (DeepPCB). Maximum for copies:
0.022 as JPEG of quality 75; 0.046 as JPEG of quality 50; 0.032 shifted by a third of a per cent of the edge; 0.065
shifted by two thirds and saved as JPEG; 0.029 with noise of 4 gray levels. Copies saved as JPEG of quality 30 (0.103)
or shifted by a per cent (0.084) may be missed.

Of all 588 good monocrystalline cells, none is reported as a near-duplicate (nearest two: 0.112). Of all 920
polycrystalline cells, four are reported. By their appearance this is correct: the same cells a second time, out of
focus. Another 31 cells of that module also appear twice; they differ by 0.079 to 0.142 and are not found.

Two cases are not found: a burst with larger motion between two photos, and a part photographed on two days. Such photos
still support each other in the leave-one-image-out scores, so the promise is too low by that amount.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.fingerprint import FINGERPRINT_PX, unit_length
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import FloatArray

MARGIN_PX = 2
"""Width of the border that is not compared, since a shift brings in content that the other photo lacks."""
LIMIT = 0.08
"""Near-duplicates differ by at most this share of the usual difference between photos of the good set."""
USUAL_QUANTILE = 0.25
"""Quantile of a photo's differences from the others that is its usual difference. It is low, so that with several kinds
of part it measures the difference within a kind. It is high enough to lie above copies of the photo."""
REFERENCES = 256
"""Number of photos that the usual difference is computed from, evenly spread over the good set."""
BLOCK = 128
COARSE_PX = 4
"""Edge of the squares whose means are compared first. The difference of means is a lower bound of the whole
difference."""
ROUNDING = 2e-3
"""Maximum rounding error of a difference. Without it, rounding could exclude an equal photo."""

Bases = NDArray[np.float32]


def first_of_its_kind(fingerprints: NDArray[np.float16], report: OnProgress, token: CancelToken) -> NDArray[np.intp]:
    """Return for each photo the position of the earlier photo that it duplicates.

    A photo is compared only with earlier photos that are not near-duplicates themselves. Otherwise a chain of small
    changes would join photos that differ. The means of small squares are compared first, which excludes nearly all
    pairs. The remaining pairs are compared as a whole.

    Parameters
    ----------
    fingerprints : ndarray of float16, shape (N, 48, 48)
        Results of `fingerprint`, in the order of the good set.
    report, token
        Progress, and the stop request.

    Returns
    -------
    ndarray of int, shape (N,)
        The photo's own position if it is the first of its kind, otherwise the position of the first. With two photos,
        or with almost only copies of one photo, there is no usual difference. Then only equal fingerprints count.
    """
    count, rows = len(fingerprints), _rows(fingerprints)
    usual = _usual_difference(fingerprints, rows)
    coarse_rows, coarse_bases = _coarse(rows), np.empty((count, 3, _COARSE), dtype=np.float32)
    for start in range(0, count, BLOCK):
        coarse_bases[start : start + BLOCK] = _orthonormal(_coarse(_explaining(fingerprints[start : start + BLOCK])))
    first = np.arange(count)
    for start in range(0, count, BLOCK):
        token.check()
        stop = min(start + BLOCK, count)
        before = np.flatnonzero(first[:start] == np.arange(start))
        candidates = np.concatenate([before, np.arange(start, stop)])
        least = _left(coarse_rows[start:stop], coarse_bases[candidates])
        limits = LIMIT * np.minimum(usual[start:stop, None], usual[None, candidates]) + ROUNDING
        for index in range(start, stop):
            near = candidates[least[index - start] <= limits[index - start]]
            earlier = near[(near < index) & (first[near] == near)]
            if earlier.size:
                first[index] = _itself_or_earlier(fingerprints, rows, usual, index, earlier)
        report(Progress("comparing good photos", stop, count))
    return first


def _itself_or_earlier(
    fingerprints: NDArray[np.float16],
    rows: FloatArray,
    usual: FloatArray,
    index: int,
    earlier: NDArray[np.intp],
) -> int:
    """Return the nearest of `earlier` if photo `index` is its near-duplicate, otherwise `index` itself."""
    bases = _bases(fingerprints[earlier])
    share = _differences(rows[index : index + 1], bases)[0]
    share /= np.maximum(np.minimum(usual[index], usual[earlier]), np.float32(1e-12))
    place = int(share.argmin())
    nearest = int(earlier[place])
    limit = LIMIT * float(min(usual[index], usual[nearest]))
    return nearest if _same(fingerprints, rows, bases[place], index, nearest, limit) else index


_INNER = FINGERPRINT_PX - 2 * MARGIN_PX
_ROW = _INNER**2
_COARSE = (_INNER // COARSE_PX) ** 2


def _inner(array: FloatArray) -> FloatArray:
    inside = slice(MARGIN_PX, -MARGIN_PX)
    return unit_length(array[..., inside, inside]).reshape(len(array), _ROW)


def _rows(fingerprints: NDArray[np.float16]) -> FloatArray:
    return _inner(fingerprints.astype(np.float32))


def _bases(fingerprints: NDArray[np.float16]) -> Bases:
    """Return an orthonormal basis of `_explaining` for each photo, shape (N, 3, P); zeros for a vanishing part."""
    return _orthonormal(_explaining(fingerprints))


def _explaining(fingerprints: NDArray[np.float16]) -> FloatArray:
    """Return the regressors: each photo and its two derivatives, shape (N, 3, P)."""
    whole = fingerprints.astype(np.float32)
    down, right = np.gradient(whole, axis=(1, 2))
    return np.stack([_inner(np.asarray(part, dtype=np.float32)) for part in (whole, down, right)], axis=1)


def _orthonormal(parts: FloatArray) -> Bases:
    orthonormal, triangle = np.linalg.qr(parts.astype(np.float64).transpose(0, 2, 1))
    there = np.abs(np.diagonal(triangle, axis1=1, axis2=2)) > 1e-6
    return np.ascontiguousarray((orthonormal * there[:, None, :]).transpose(0, 2, 1), dtype=np.float32)


def _coarse(parts: FloatArray) -> FloatArray:
    """Return the means of squares of parts of shape (..., P), scaled so that no length grows."""
    across = _INNER // COARSE_PX
    squares = parts.reshape(*parts.shape[:-1], across, COARSE_PX, across, COARSE_PX)
    return np.asarray(squares.sum(axis=(-3, -1)).reshape(*parts.shape[:-1], _COARSE) / np.float32(COARSE_PX))


def _left(rows: FloatArray, bases: Bases) -> FloatArray:
    """Return the length of each row's residual for each basis, shape (rows, bases)."""
    explained = rows @ bases.reshape(-1, bases.shape[-1]).T
    squares = (explained.reshape(len(rows), len(bases), 3) ** 2).sum(axis=2)
    return np.asarray(np.sqrt(np.maximum((rows**2).sum(axis=1)[:, None] - squares, 0.0)), dtype=np.float32)


def _differences(rows: FloatArray, bases: Bases) -> FloatArray:
    """Return the share of each row that each basis does not explain, shape (rows, bases), in 0..1."""
    explained = rows @ bases.reshape(-1, _ROW).T
    squares = (explained.reshape(len(rows), len(bases), 3) ** 2).sum(axis=2)
    return np.asarray(np.sqrt(np.maximum(1.0 - squares, 0.0)), dtype=np.float32)


def _usual_difference(fingerprints: NDArray[np.float16], rows: FloatArray) -> FloatArray:
    """Return `USUAL_QUANTILE` of each photo's differences from the others, shape (N,)."""
    if len(rows) < 2:
        return np.zeros(len(rows), dtype=np.float32)
    references = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), REFERENCES)).round().astype(int))
    differences = _differences(rows, _bases(fingerprints[references]))
    differences[references, np.arange(len(references))] = np.nan
    # The higher of two neighbours: if two of three photos are copies, the third sets the usual difference.
    return np.asarray(np.nanquantile(differences, USUAL_QUANTILE, axis=1, method="higher"), dtype=np.float32)


def _same(
    fingerprints: NDArray[np.float16], rows: FloatArray, basis: Bases, index: int, other: int, limit: float
) -> bool:
    if np.array_equal(fingerprints[index], fingerprints[other]):
        return True
    # Double precision: if parts hardly differ, rounding in single precision is as large as the limit.
    row, three = rows[index].astype(np.float64), basis.astype(np.float64)
    return float(np.linalg.norm(row - (three @ row) @ three)) <= limit
