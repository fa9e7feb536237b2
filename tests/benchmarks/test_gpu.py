"""The benchmark of GPUs, as far as it can be run without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed import gpu
from inspector.engine.methods.reconpatch import ReConPatchSettings


def test_without_a_gpu_a_sentence_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"used": "cpu", "gpu": None, "why_no_gpu": "this torch was built without CUDA"}
    monkeypatch.setattr("inspector.engine.device.describe_devices", lambda: found)
    assert gpu.main() == 1
    assert "nothing was measured: this torch was built without CUDA" in capsys.readouterr().out


def test_what_it_measures_runs_on_a_processor_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "steps_of", lambda _epochs, _settings: 2)
    one = gpu.measure("tf_efficientnet_lite0", 64, "cpu", gpu.noise_photos(6), rounds=3)
    assert (one.weights, one.half) == ("ImageNet", False)
    assert one.photos_a_second > 0.0
    assert 0.0 < one.p50_ms <= one.p95_ms
    assert 0.0 < one.learn_s < one.fit_s
    assert "tf_efficientnet_lite0 at 64 px | ImageNet | no" in gpu.write_table([one], "Some GPU")


def test_weights_that_are_not_here_are_random(tmp_path: Path, user_folders: Path) -> None:
    folder, which = gpu.weights_for("resnet18", tmp_path)
    assert (folder, which) == (tmp_path, "random")
    assert (tmp_path / "resnet18.safetensors").is_file()


def test_an_epoch_sees_each_patch_of_the_pool_once() -> None:
    settings = ReConPatchSettings(pool_rows=1000, anchors=10, neighbours=4)
    assert gpu.steps_of(3, settings) == 60
