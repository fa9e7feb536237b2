"""Bounds that hold for all limits at once, so that a user may choose a limit from the scores.

Of n scores, the share of new scores above the k-th smallest follows Beta(n + 1 - k, k). A bound that holds with 95 %
for a fixed k holds with less for the k that looks best. For the widest gap and the lowest cost, 89 to 94 % were
measured. So all n bounds are taken at a common level. It is small enough that all bounds hold together with the
requested confidence. These are equal local levels (Berk and Jones, Goodness-of-fit test statistics that dominate the
Kolmogorov statistics, Zeitschrift für Wahrscheinlichkeitstheorie 47, 1979; Aldor-Noiman, Brown, Buja, Rolke and Stine,
The power to see, The American Statistician 67, 2013). In the tail, where limits lie, the band is half as wide as that
of Dvoretzky, Kiefer and Wolfowitz. A limit between two scores has at most the share of the score below it. So the
bounds cover it too.
"""

from __future__ import annotations

from bisect import bisect_left

COUNTS = (
    1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 450, 640, 900, 1280, 2560, 5000,
)  # fmt: skip
LEVELS = {
    0.05: (
        0.05, 0.027159, 0.019329, 0.012938, 0.010123, 0.007942, 0.006423, 0.005216, 0.004351, 0.003645, 0.003124,
        0.002687, 0.002356, 0.002071, 0.001849, 0.001654, 0.001498, 0.001361, 0.001248, 0.001147, 0.000985, 0.000863,
    ),
    0.025: (
        0.025, 0.013241, 0.009294, 0.006118, 0.004738, 0.003681, 0.002951, 0.002377, 0.001970, 0.001640, 0.001398,
        0.001197, 0.001045, 0.000916, 0.000815, 0.000728, 0.000658, 0.000596, 0.000546, 0.000501, 0.000430, 0.000376,
    ),
}  # fmt: skip
"""The level of each bound for each number of scores in `COUNTS`, by the risk that any bound is wrong.

The levels are the roots of ``P(U_(k) >= q_k for all k) = 1 - risk``, rounded down. ``U_(k)`` are the order statistics
of uniform numbers, and ``q_k`` is the level's quantile of Beta(k, n + 1 - k). They were computed by Noe's recursion
over a Poisson process (Moscovich and Nadler, Fast calculation of boundary crossing probabilities for Poisson processes,
Statistics and Probability Letters 123, 2017). The level falls as n grows, so between two counts the level of the higher
count is on the safe side.
"""


def local_level(count: int, risk: float) -> float:
    """Return the level of each of `count` one-sided bounds, so that all hold with probability ``1 - risk``.

    Parameters
    ----------
    count : int
        Number of scores behind the bounds, >= 1.
    risk : float
        Probability that any of the bounds is wrong: a key of `LEVELS`.

    Returns
    -------
    float
        Above 0, at most `risk`. Beyond the last of `COUNTS` each bound gets an equal share of the risk (Bonferroni).
    """
    place = bisect_left(COUNTS, count)
    return LEVELS[risk][place] if place < len(COUNTS) else risk / count
