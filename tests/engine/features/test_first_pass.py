"""Two passes over good photos: the same features, and the backbone's work only where they did not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from inspector.core.progress import CancelToken, Progress, ignore_progress
from inspector.engine.features.backbones import load_backbone
from inspector.engine.features.first_pass import FirstPass
from inspector.engine.features.patches import PatchExtractor

HW = (64, 64)


@pytest.fixture
def extractor(tmp_path: Path) -> PatchExtractor:
    return PatchExtractor(load_backbone("tf_efficientnet_lite0", tmp_path, torch.device("cpu")), HW, 3)


@pytest.mark.parametrize(("fitting", "forwards"), [(10, 0), (3, 7), (0, 10)])
def test_a_second_pass_computes_only_what_did_not_fit(
    extractor: PatchExtractor, monkeypatch: pytest.MonkeyPatch, fitting: int, forwards: int
) -> None:
    photos = list(np.random.default_rng(0).integers(0, 256, (10, *HW, 3), dtype=np.uint8))
    passes = FirstPass(extractor, fitting * 8 * 8 * 152 * 4)
    first = {index: one.clone() for index, one in passes.stream(photos, "first", ignore_progress, CancelToken())}
    seen, told = [], []
    extract = extractor.extract
    monkeypatch.setattr(extractor, "extract", lambda some: [seen.append(len(some)), extract(some)][1])
    again = dict(passes.again(photos, "second", told.append, CancelToken()))
    assert sum(seen) == forwards
    assert list(again) == list(range(10))
    assert told[-1] == Progress("second", 10, 10)
    for index, features in again.items():
        torch.testing.assert_close(features, first[index])
