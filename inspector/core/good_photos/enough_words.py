"""The sentence that states whether the good photos are enough, for window and command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from inspector.core.good_photos.enough_photos import ENOUGH_DROP, CoveragePoint, coverage_of

ENOUGH = (
    "The good photos cover the variation of good parts. Half as many more would lower their scores by less than "
    "{drop} in 100."
)
MORE = (
    "About {more} more good photos would cover the variation of good parts better. Half as many more would lower their "
    "scores by about {drop} in 100."
)
MANY = (
    "Many more good photos would cover the variation of good parts better. Half as many more would lower their scores "
    "by about {drop} in 100, and the curve is still falling."
)


def coverage_words(points: Sequence[CoveragePoint], translate: Callable[[str], str] = str) -> str:
    """Return the forecast of a coverage curve as a sentence.

    Parameters
    ----------
    points : sequence of CoveragePoint
        The curve of training; empty if the method has no memory bank.
    translate : callable
        Translates this module's templates to the user's language.

    Returns
    -------
    str
        A sentence; empty without a curve, or with too few good photos for a curve.
    """
    coverage = coverage_of(points)
    if coverage is None:
        return ""
    if coverage.enough:
        return translate(ENOUGH).format(drop=f"{100 * ENOUGH_DROP:.0f}")
    words = translate(MANY if coverage.more is None else MORE)
    return words.format(more=coverage.more, drop=f"{100 * coverage.drop:.1f}")
