"""The share of defects that the saved limits find, beside the attainable share for the same scores.

A score separates good parts from defects; limits and guards turn scores into verdicts. The attainable share leaves
limits and guards out. It is the share of defects above the best limit with the same realised false alarms as the saved
limit. That is the lowest limit with no more of the same good photos above it. The difference between both shares is the
loss by limits and guards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.values import Limits, Verdict

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Detection:
    """Shares of defects, in 0..1; None where a share cannot be computed.

    Parameters
    ----------
    at_limit : float or None
        Share that is NG at the saved limit. A refused photo is not found, whatever its score. None without a limit.
    at_limit_or_unsure : float or None
        Share that is NG or UNSURE.
    attainable : float or None
        Share above the best limit with the realised false alarms of the saved limit; guards are left out. None without
        a limit, or without good photos to count the realised false alarms.
    at_fpr_01, at_fpr_05 : float or None
        Share above the lowest limit that at most 1 and 5 of 100 good photos exceed; guards are left out. None without
        good photos.
    at_known_limit : float or None
        Share that is NG at the limit for parts of known groups, if the saved limit is for a new group. The difference
        from `at_limit` is the loss by the stricter limit. None otherwise.
    """

    at_limit: float | None
    at_limit_or_unsure: float | None
    attainable: float | None
    at_fpr_01: float | None = None
    at_fpr_05: float | None = None
    at_known_limit: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LabelledScores:
    """Scores of labelled photos that nothing was learned from.

    Parameters
    ----------
    scores : ndarray of float64, shape (N,)
        Raw scores, of refused photos too. NaN only for a refused photo without a score; it is above no limit.
    defective : ndarray of bool, shape (N,)
        True for photos of defects; at least one is True.
    refused : ndarray of bool, shape (N,)
        True for photos that guards refuse.

    Raises
    ------
    ValueError
        If shapes differ, no photo is defective, or a score is not a number although the photo was not refused.
    """

    scores: NDArray[np.float64]
    defective: NDArray[np.bool_]
    refused: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if not len(self.scores) == len(self.defective) == len(self.refused):
            raise ValueError("scores, labels and refusals are of different numbers of photos")
        if not self.defective.any():
            raise ValueError("detection needs defective photos")
        if np.isnan(self.scores[~self.refused]).any():
            raise ValueError("a photo that was not refused has no score")

    @property
    def goods(self) -> NDArray[np.float64]:
        """Scores of the good photos."""
        return self.scores[~self.defective]


def detection_of(labelled: LabelledScores, limits: Limits | None, known: float | None = None) -> Detection:
    """Return the shares of defects that limits find, and the attainable shares.

    Parameters
    ----------
    labelled : LabelledScores
    limits : Limits or None
        The saved limits; None if there were too few good photos to set limits.
    known : float or None
        Raw score: the limit for parts of known groups, if groups set the saved limit.
    """
    defects, goods = labelled.scores[labelled.defective], labelled.goods
    at_01, at_05 = (
        _share_above(defects, _lowest_limit(goods, math.floor(rate * len(goods) + _ROUNDING))) if len(goods) else None
        for rate in (0.01, 0.05)
    )
    if limits is None:
        return Detection(None, None, None, at_01, at_05)
    judged = labelled.scores[labelled.defective & ~labelled.refused]
    verdicts = [limits.verdict_of(score) for score in judged]
    found = verdicts.count(Verdict.NG)
    return Detection(
        found / len(defects),
        (found + verdicts.count(Verdict.UNSURE)) / len(defects),
        attainable_share(goods, defects, limits.threshold),
        at_01,
        at_05,
        None if known is None else float((judged > known).sum()) / len(defects),
    )


def attainable_share(
    good_scores: NDArray[np.float64], defect_scores: NDArray[np.float64], threshold: float
) -> float | None:
    """Return the share of defects above the best limit with the false alarms of a threshold; None without good scores.

    Parameters
    ----------
    good_scores, defect_scores : ndarray of float64
        Raw scores; NaN is above no limit.
    threshold : float
        Raw score. Its false alarms are the good scores above it; guards do not count.

    Returns
    -------
    float or None
        In 0..1, never less than the share above `threshold` itself.
    """
    if not len(good_scores):
        return None
    return _share_above(defect_scores, _lowest_limit(good_scores, int((good_scores > threshold).sum())))


def _lowest_limit(good_scores: NDArray[np.float64], allowed: int) -> float:
    """Return the lowest limit that at most `allowed` of the good scores exceed.

    It equals the highest good score that must not exceed it. Tied scores lie on one side together.
    """
    descending = np.sort(good_scores[~np.isnan(good_scores)])[::-1]
    return float(descending[allowed]) if allowed < len(descending) else -math.inf


def _share_above(scores: NDArray[np.float64], limit: float) -> float:
    return float((scores > limit).mean())


def detection_words(found: Detection) -> str:
    """Return the shares of known defects that are NG, and NG or UNSURE, with the attainable share, as sentences."""
    if found.at_limit is None:
        return ""
    said = f"{found.at_limit:.1%} of the known defects are NG"
    if found.at_limit_or_unsure is not None and found.at_limit_or_unsure > found.at_limit:
        said += f", {found.at_limit_or_unsure:.1%} NG or UNSURE"
    best = (
        "" if found.attainable is None else f" The best limit with as many false alarms finds {found.attainable:.1%}."
    )
    cost = "" if found.at_known_limit is None else f" The limit for known groups finds {found.at_known_limit:.1%}."
    return f"{said}.{best}{cost}"
