"""The limit that would catch a missed defect, and the good parts that this limit costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inspector.core.promise.threshold import Promise, promise_at
from inspector.core.promise.words import significant
from inspector.core.review.feedback import counted
from inspector.core.values import Limits


@dataclass(frozen=True, slots=True)
class MissedDefect:
    """A defective part that the machine called OK, and what catching it takes.

    Parameters
    ----------
    score : float
        Its raw score.
    threshold : float
        The highest threshold at which it would be NG: just under its score.
    promise_now, promise : Promise
        What the threshold promises now, and what that one would.
    flips : tuple of (str, float)
        Name and raw score of the parts that people called good and that would be NG too, the highest score first.
    good_parts : int
        How many parts that people called good were looked at for that.
    """

    score: float
    threshold: float
    promise_now: Promise
    promise: Promise
    flips: tuple[tuple[str, float], ...]
    good_parts: int


def missed_defect(
    score: float,
    limits: Limits,
    good_scores: Sequence[float],
    reviewed_goods: Sequence[tuple[str, float]] = (),
    *,
    trained: float | None = None,
    promise: Callable[[float], Promise] | None = None,
) -> MissedDefect | None:
    """Tell what catching a missed defect takes.

    Parameters
    ----------
    score : float
        The defective part's raw score.
    limits : Limits
        In use.
    good_scores : sequence of float
        Of the good photos, as the manifest keeps them.
    reviewed_goods : sequence of (str, float)
        Name and raw score, by the same bundle, of parts that people called good.
    trained : float or None
        The threshold that training set, as a raw score: any other one was chosen by looking.
    promise : callable or None
        What a threshold promises, where it is for a photo of a new group; None takes it from the good scores.

    Returns
    -------
    MissedDefect or None
        None for a part that is NG already, and for a score of 0, which no threshold catches.
    """
    if score > limits.threshold or score <= 0.0:
        return None
    threshold = math.nextafter(score, 0.0)
    flips = sorted((one for one in reviewed_goods if threshold < one[1] <= limits.threshold), key=lambda one: -one[1])

    def of_photos(limit: float) -> Promise:
        return promise_at(good_scores, limit, chosen=limit != trained)

    promise = promise or of_photos
    return MissedDefect(
        score,
        threshold,
        promise(limits.threshold),
        promise(threshold),
        tuple(flips),
        len(reviewed_goods),
    )


def missed_words(missed: MissedDefect, limits: Limits) -> str:
    """Return what catching a missed defect takes, as sentences."""
    share = missed.threshold / limits.threshold
    said = (
        f"A threshold of {share:.2f} x the present one would catch it. Expect "
        f"{significant(100.0 * missed.promise.rate)} false alarms in 100 good parts then, "
        f"against {significant(100.0 * missed.promise_now.rate)} now."
    )
    if not missed.good_parts:
        return said
    return (
        f"{said} {len(missed.flips)} of {counted(missed.good_parts, 'part')} that people called good would be NG too."
    )
