"""The readings of guards on a photo, and their conditions."""

from __future__ import annotations

import numpy as np

from inspector.core.photo import measures


def test_equal_tones_are_shared_out_in_the_order_of_their_places() -> None:
    random = np.random.default_rng(0)
    level = random.integers(0, 20, (60, 90)).astype(np.float32) / 3.0
    detail = random.random((60, 90), dtype=np.float32)
    order = np.argsort(level, axis=None, kind="stable")
    expected = [float(part.mean()) for part in np.array_split(detail.ravel()[order], measures.TONES)]
    assert measures._by_tone(detail[::2, ::3], level[::2, ::3]) != expected
    assert measures._by_tone(detail, level) == expected
