"""The limit that would detect a missed defect, and the false alarms at this limit."""

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
    """A defective part that the machine judged OK, with the threshold that would detect it.

    Parameters
    ----------
    score : float
        Its raw score.
    threshold : float
        The highest threshold at which it would be NG, just below its score.
    promise_now, promise : Promise
        The promises of the present threshold and of `threshold`.
    flips : tuple of (str, float)
        Name and raw score of parts reviewed as good that would also be NG, highest score first.
    good_parts : int
        Number of parts reviewed as good that were examined for `flips`.
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
    """Return the threshold that detects a missed defect, and its false alarms.

    Parameters
    ----------
    score : float
        The defective part's raw score.
    limits : Limits
        The limits in use.
    good_scores : sequence of float
        Raw scores of the good photos from the manifest.
    reviewed_goods : sequence of (str, float)
        Name and raw score, by the same bundle, of parts that people reviewed as good.
    trained : float or None
        The threshold of training, as a raw score. Any other threshold counts as chosen.
    promise : callable or None
        Returns the promise of a threshold, if it is for a photo of a new group. None: the promise follows from
        `good_scores`.

    Returns
    -------
    MissedDefect or None
        None for a part that is already NG, and for a score of 0, which no threshold detects.
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
    """Return the threshold that detects a missed defect and its false alarms, as sentences."""
    share = missed.threshold / limits.threshold
    said = (
        f"A threshold of {share:.2f} x the present one would catch it. Expect "
        f"{significant(100.0 * missed.promise.rate)} false alarms in 100 good parts then, "
        f"against {significant(100.0 * missed.promise_now.rate)} now."
    )
    if not missed.good_parts:
        return said
    return f"{said} {len(missed.flips)} of {counted(missed.good_parts, 'part')} with a false alarm would be NG, too."
