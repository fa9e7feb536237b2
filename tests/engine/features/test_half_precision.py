"""Half precision is used only if scores do not change; on a CPU with its own 16-bit types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.features import half_precision
from inspector.engine.features.backbones import load_backbone
from inspector.engine.features.half_precision import halve, probe_photo
from inspector.engine.methods import patchcore
from inspector.engine.methods.patchcore import PatchCore
from tests.engine.conftest import NOWHERE, small_detector


@pytest.fixture(scope="module")
def detector(good_photos: Sequence[ImageRGB]) -> PatchCore:
    detector = small_detector()
    assert isinstance(detector, PatchCore)
    # Fused convolutions are called by a name that autocast does not know, as on a GPU none is.
    detector.extractor.backbone = load_backbone("tf_efficientnet_lite0", NOWHERE, torch.device("cpu"))
    detector.fit(good_photos, ignore_progress, CancelToken())
    return detector


def scores(detector: PatchCore, photo: ImageRGB) -> np.ndarray:
    return detector.score_maps([photo])[0].grid


def halved(detector: PatchCore) -> bool:
    return halve(detector.extractor, lambda probe: detector.score_maps([probe])[0], detector.photo_hw)


def test_where_scores_would_change_it_stays_in_float32(
    detector: PatchCore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(half_precision, "HALF", torch.bfloat16)
    before = scores(detector, probe_photo((300, 300)))
    assert not halved(detector)
    assert detector.extractor.half is None
    assert "stays in float32" in caplog.text
    assert np.array_equal(scores(detector, probe_photo((300, 300))), before)


def test_where_they_stay_it_is_taken_and_scores_are_float32(
    detector: PatchCore, monkeypatch: pytest.MonkeyPatch, good_photos: Sequence[ImageRGB]
) -> None:
    monkeypatch.setattr(half_precision, "HALF", torch.bfloat16)
    monkeypatch.setattr(half_precision, "TOLERANCE", 0.2)
    before = scores(detector, good_photos[0])
    assert halved(detector)
    found = scores(detector, good_photos[0])
    assert found.dtype == np.float32
    assert not np.array_equal(found, before), "half precision was not used"
    assert found == pytest.approx(before, rel=0.2)
    detector.extractor.half = None


def test_a_detector_from_a_bundle_tries_it_on_a_gpu_only(detector: PatchCore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(patchcore, "halve", lambda _extractor, _score, photo_hw: asked.append(photo_hw))
    restored = small_detector()
    assert isinstance(restored, PatchCore)
    restored.restore(detector.arrays())
    assert asked == []
    monkeypatch.setattr(restored, "_device", torch.device("cuda"))
    monkeypatch.setattr(restored, "_tensor", lambda array: torch.from_numpy(np.array(array)))
    restored.restore(detector.arrays())
    assert asked == [(300, 300)]


def test_the_probe_is_always_the_same_photo() -> None:
    probe = probe_photo((120, 200))
    assert probe.shape == (120, 200, 3)
    assert probe.std() > 15
    assert np.array_equal(probe, probe_photo((120, 200)))
