"""Two passes over good photos, the second without the backbone as far as memory allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from torch import Tensor

from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import ImageRGB
from inspector.engine.features.patches import PatchExtractor

KEPT_BYTES = 384 * 2**20
"""Features kept at most: those of 600 photos at 256 px, or of 150 at 512 px, with the embedded backbone."""


class FirstPass:
    """Streams patch features of photos, and keeps those of the first ones for a second pass.

    Features that do not fit are computed again: on disk they would be gigabytes, and reading takes about as long.

    Parameters
    ----------
    extractor : PatchExtractor
        Computes the features.
    budget_bytes : int
        Most bytes to keep.
    """

    def __init__(self, extractor: PatchExtractor, budget_bytes: int) -> None:
        self._extractor = extractor
        self._left = budget_bytes
        self._kept: deque[Tensor] = deque()

    def stream(
        self, photos: Sequence[ImageRGB], stage: str, report: OnProgress, token: CancelToken
    ) -> Iterator[tuple[int, Tensor]]:
        """Yield the features of one photo after the other, as `PatchExtractor.stream` does, and keep what fits."""
        for index, features in self._extractor.stream(photos, stage, report, token):
            self._left -= features.nbytes
            if self._left >= 0:
                self._kept.append(features)
            yield index, features

    def again(
        self, photos: Sequence[ImageRGB], stage: str, report: OnProgress, token: CancelToken
    ) -> Iterator[tuple[int, Tensor]]:
        """Yield the same a second time, for the same photos; kept features are released as they are used."""
        kept, total = len(self._kept), len(photos)
        for index in range(kept):
            token.check()
            yield index, self._kept.popleft()
            report(Progress(stage, index + 1, total))

        def rest(progress: Progress) -> None:
            report(Progress(stage, kept + progress.done, total))

        for index, features in self._extractor.stream(photos[kept:], stage, rest, token):
            yield kept + index, features
