"""Photos of the good set that show the same thing twice: copies, re-encoded copies, bursts, copies shifted a little.

Each photo is kept as a small fingerprint. Two photos are compared by the part of one fingerprint that gain, offset and
a small shift of the other cannot explain: a linear regression on the other fingerprint and its two derivatives, which
is one step of image registration (Lucas and Kanade, An iterative image registration technique, IJCAI 1981, section 4.2)
with a gain added. What is left is compared with how far photos of this good set differ otherwise, since parts that lie
still look much alike, and parts that lie anywhere do not.

In view when `LIMIT` was chosen, as shares of the usual difference: the nearest two different photos of 150
monocrystalline solar cells differ by 0.119, of 150 polycrystalline ones by 0.126 (neighbouring wafers of one block), of
213 transistors (MVTec AD) by 0.39, of 50 hazelnuts by 0.60, of 120 circuit boards (DeepPCB) by 0.54. Copies saved as
JPEG of quality 75 differ by at most 0.022, of quality 50 by 0.046, shifted by a third of a per cent of the edge by
0.032, by two thirds and saved as JPEG by 0.065, with noise of 4 gray levels by 0.029. Copies saved as JPEG of quality
30 (0.103) or shifted by a per cent (0.084) may be missed. Of all 588 good monocrystalline cells none is called a
near-duplicate (nearest two: 0.112). Of all 920 polycrystalline ones four are, and rightly by their look: the same cells
a second time, out of focus. 31 more cells of that module come twice too, differ by 0.079 to 0.142 and are not found.

What remains: a burst whose part moved more than that between two photos is not found, nor is one part photographed on
two days. Such photos still vouch for each other in the leave-one-image-out scores, and the promise is too good by that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.fingerprint import FINGERPRINT_PX, unit_length
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import FloatArray

MARGIN_PX = 2
"""Not compared at each border, where a shift brings in what the other photo does not have."""
LIMIT = 0.08
"""Near-duplicates differ by at most this share of what photos of the good set usually differ by."""
USUAL_QUANTILE = 0.25
"""A photo's usual difference is this quantile of its differences from the others: low, so that in a good set of several
kinds of part it is that within a kind, but above the copies of the photo itself."""
REFERENCES = 256
"""The usual difference is taken against so many photos, evenly spread over the good set."""
BLOCK = 128
COARSE_PX = 4
"""Edge of the squares whose means are compared first: what differs in them differs at least as much in whole."""
ROUNDING = 2e-3
"""Of a difference, at most; without it, rounding could rule out an equal photo."""

Bases = NDArray[np.float32]


def first_of_its_kind(fingerprints: NDArray[np.float16], report: OnProgress, token: CancelToken) -> NDArray[np.intp]:
    """Find for each photo the earlier one that it is a near-duplicate of.

    A photo is compared with earlier ones that are no near-duplicates themselves, so that a chain of small changes does
    not make one of what differs at its ends. Each is compared with all of these by the means of small squares, which
    rules nearly all of them out, and with what is left as a whole.

    Parameters
    ----------
    fingerprints : ndarray of float16, shape (N, 48, 48)
        From `fingerprint`, in the order of the good set.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    ndarray of int, shape (N,)
        The photo's own position where it is the first of its kind, otherwise that of the first. Of two photos only, and
        where a good set holds hardly anything but copies of one photo, there is no usual difference to compare with;
        then only equal fingerprints count.
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
    """Return the nearest of some earlier photos where this one is its near-duplicate, otherwise the photo itself."""
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
    """Return an orthonormal basis of what each photo explains, shape (N, 3, P); zeros where a derivative is none."""
    return _orthonormal(_explaining(fingerprints))


def _explaining(fingerprints: NDArray[np.float16]) -> FloatArray:
    """Return what explains other photos: each photo and its two derivatives, shape (N, 3, P)."""
    whole = fingerprints.astype(np.float32)
    down, right = np.gradient(whole, axis=(1, 2))
    return np.stack([_inner(np.asarray(part, dtype=np.float32)) for part in (whole, down, right)], axis=1)


def _orthonormal(parts: FloatArray) -> Bases:
    orthonormal, triangle = np.linalg.qr(parts.astype(np.float64).transpose(0, 2, 1))
    there = np.abs(np.diagonal(triangle, axis1=1, axis2=2)) > 1e-6
    return np.ascontiguousarray((orthonormal * there[:, None, :]).transpose(0, 2, 1), dtype=np.float32)


def _coarse(parts: FloatArray) -> FloatArray:
    """Return the means of squares of what has shape (..., P), scaled so that no length grows."""
    across = _INNER // COARSE_PX
    squares = parts.reshape(*parts.shape[:-1], across, COARSE_PX, across, COARSE_PX)
    return np.asarray(squares.sum(axis=(-3, -1)).reshape(*parts.shape[:-1], _COARSE) / np.float32(COARSE_PX))


def _left(rows: FloatArray, bases: Bases) -> FloatArray:
    """Return the length that each basis leaves unexplained of each row, shape (rows, bases)."""
    explained = rows @ bases.reshape(-1, bases.shape[-1]).T
    squares = (explained.reshape(len(rows), len(bases), 3) ** 2).sum(axis=2)
    return np.asarray(np.sqrt(np.maximum((rows**2).sum(axis=1)[:, None] - squares, 0.0)), dtype=np.float32)


def _differences(rows: FloatArray, bases: Bases) -> FloatArray:
    """Return what each basis leaves unexplained of each row, shape (rows, bases), in 0..1."""
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
    # The higher of two neighbours: of three photos, two of them copies, the third is what is usual.
    return np.asarray(np.nanquantile(differences, USUAL_QUANTILE, axis=1, method="higher"), dtype=np.float32)


def _same(
    fingerprints: NDArray[np.float16], rows: FloatArray, basis: Bases, index: int, other: int, limit: float
) -> bool:
    if np.array_equal(fingerprints[index], fingerprints[other]):
        return True
    # In double precision: in a good set of parts that hardly differ, rounding is as large as the limit.
    row, three = rows[index].astype(np.float64), basis.astype(np.float64)
    return float(np.linalg.norm(row - (three @ row) @ three)) <= limit
