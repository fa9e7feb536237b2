"""Scores and verdicts of all results as arrays: a moved line asks numpy once, not each of 10,000 results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inspector.core.values import Inspection, Limits, Verdict, read_only

ORDER = tuple(Verdict)
"""The meaning of the codes of a column."""

WORST_FIRST = (Verdict.NG, Verdict.UNSURE, Verdict.REFUSED, Verdict.UNREADABLE, Verdict.OK)
"""OK last: an unjudged part is not OK."""

CODES = {verdict: np.uint8(code) for code, verdict in enumerate(ORDER)}


class VerdictColumn:
    """Grows with the results. Says the same as `Inspection.verdict` does for each of them."""

    def __init__(self) -> None:
        self._known: NDArray[np.float64] = np.empty(0)
        self._scores: NDArray[np.float64] = np.empty(0)
        self._fixed: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)  # of those that were not judged
        self._of = lru_cache(maxsize=2)(self._codes)  # the limits in use and the kept ones

    @property
    def scores(self) -> NDArray[np.float64]:
        """Raw scores in the order of the results; NaN where a photo was not judged."""
        return self._scores

    @property
    def known_scores(self) -> NDArray[np.float64]:
        """Raw scores in the order of the results, also of refused photos; NaN without a score."""
        return self._known

    def refused_and_ng(self, limits: Limits) -> NDArray[np.bool_]:
        """Return which photos are refused and would be NG."""
        return np.asarray((self._fixed == CODES[Verdict.REFUSED]) & (self._known > limits.threshold))

    def add(self, inspections: Sequence[Inspection]) -> None:
        """Append results."""
        any_limits = Limits(1.0)  # unjudged parts are the same at all limits
        known = np.array([np.nan if one.score is None else one.score for one in inspections], dtype=np.float64)
        judged = [one.judged for one in inspections]
        fixed = [CODES[Verdict.OK] if one.judged else CODES[one.verdict(any_limits)] for one in inspections]
        self._known = np.concatenate([self._known, known])
        self._scores = np.concatenate([self._scores, np.where(judged, known, np.nan)])
        self._fixed = np.concatenate([self._fixed, np.array(fixed, dtype=np.uint8)])
        self._of.cache_clear()

    def clear(self) -> None:
        """Forget all results."""
        self._known, self._scores, self._fixed = np.empty(0), np.empty(0), np.empty(0, dtype=np.uint8)
        self._of.cache_clear()

    def of(self, limits: Limits) -> NDArray[np.uint8]:
        """Return the verdicts at these limits, as positions in `ORDER`; read-only."""
        return self._of(limits)

    def counts(self, limits: Limits) -> dict[Verdict, int]:
        """Return how many results have which verdict."""
        found = np.bincount(self.of(limits), minlength=len(ORDER))
        return {verdict: int(count) for verdict, count in zip(ORDER, found, strict=True)}

    def _codes(self, limits: Limits) -> NDArray[np.uint8]:
        codes = self._fixed.copy()
        if limits.unsure_threshold is not None:
            codes[self._scores > limits.unsure_threshold] = CODES[Verdict.UNSURE]  # NaN is above nothing
        codes[self._scores > limits.threshold] = CODES[Verdict.NG]
        return read_only(codes)
