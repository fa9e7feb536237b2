"""Metrics of the separation of good and defective by scores, for photos and for pixels."""

from __future__ import annotations

from collections.abc import Sequence

import cv2  # connected components: an array routine
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import FloatArray

BoolArray = NDArray[np.bool_]


def auroc(scores: NDArray[np.floating], defective: BoolArray) -> float:
    """Return the area under the ROC curve.

    It is the probability that a defective item scores above a good item; ties count half.

    Parameters
    ----------
    scores : ndarray of float, shape (N,)
        Higher is more anomalous.
    defective : ndarray of bool, shape (N,)
        At least one item of each kind.

    Returns
    -------
    float
        In 0..1.

    Raises
    ------
    ValueError
        If all items are of one kind.
    """
    positives = int(defective.sum())
    negatives = len(defective) - positives
    if positives == 0 or negatives == 0:
        raise ValueError("AUROC needs good and defective items")
    true_positive, false_positive = _curve(scores, defective.astype(np.float64), (~defective).astype(np.float64))
    return float(np.trapezoid(true_positive, false_positive))


def f1(scores: NDArray[np.floating], defective: BoolArray, threshold: float) -> float:
    """Return the F1 score of the verdict NG for scores above `threshold`; 0 if no defect is above it."""
    called = scores > threshold
    hits = int((called & defective).sum())
    return 2.0 * hits / max(int(called.sum()) + int(defective.sum()), 1)


def aupro(maps: Sequence[FloatArray], masks: Sequence[BoolArray], limit: float) -> float:
    """Return the normalised area under the per-region-overlap curve (Bergmann et al., CVPR 2020, section 5.1).

    Parameters
    ----------
    maps : sequence of ndarray of float32, each (H, W)
        Score maps.
    masks : sequence of ndarray of bool, same shapes
        True where defective. Each connected area (8 neighbours) is a region; all regions have equal weight.
    limit : float
        False-positive rate up to which the area is taken, in 0..1; the area is divided by it.

    Returns
    -------
    float
        In 0..1.

    Raises
    ------
    ValueError
        If no mask holds a region, or no pixel is good.

    Notes
    -----
    Exact: every distinct score is a point of the curve, and the last step is interpolated at `limit`.
    """
    weights = [_region_weights(mask) for mask in masks]
    regions = sum(count for _, count in weights)
    if regions == 0:
        raise ValueError("AUPRO needs at least one defect region")
    overlap_weight = np.concatenate([weight.ravel() for weight, _ in weights])
    good = np.concatenate([(~mask).ravel() for mask in masks]).astype(np.float64)
    if not good.any():
        raise ValueError("AUPRO needs good pixels")
    overlap, false_positive = _curve(np.concatenate([one.ravel() for one in maps]), overlap_weight, good)
    end = int(np.searchsorted(false_positive, limit, side="right"))
    at_limit = np.interp(limit, false_positive, overlap)
    area = np.trapezoid(np.append(overlap[:end], at_limit), np.append(false_positive[:end], limit))
    return float(area / limit)


def _region_weights(mask: BoolArray) -> tuple[NDArray[np.float64], int]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    per_label = np.concatenate([[0.0], 1.0 / areas[1:]])
    return per_label[labels], count - 1


def _curve(
    scores: NDArray[np.floating], gain: NDArray[np.float64], cost: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of gain and cost at or above each distinct score, from (0, 0) to (1, 1)."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_tie = np.append(ordered[1:] != ordered[:-1], True)
    gained = np.cumsum(gain[order])[last_of_tie]
    paid = np.cumsum(cost[order])[last_of_tie]
    return np.append(0.0, gained / gained[-1]), np.append(0.0, paid / paid[-1])
