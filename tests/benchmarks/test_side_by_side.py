"""Inspector's side is timed and measured as declared, and tables state the results. anomalib itself is not run here."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.measuring.hardware import hardware_line
from benchmarks.whole_runs import side_by_side
from benchmarks.whole_runs.side_by_side import Bench, compare, run_round
from benchmarks.whole_runs.side_by_side_backbone import FormDiffers, _check, measure
from benchmarks.whole_runs.side_by_side_inspector import compare_banks, fit, predict, quality, radius, test_photos
from benchmarks.whole_runs.side_by_side_table import SIDES, write_backbone, write_fit, write_photo, write_quality
from inspector.engine.bank.coreset import coverage_radius

test_photos.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def asked(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> argparse.Namespace:
    folder = tmp_path_factory.mktemp("side by side")
    return argparse.Namespace(
        dataset=dataset, folder=folder, name="patchcore", method="patchcore", bank_rows=50, size=64, rounds=2
    )


def test_inspectors_side_is_fitted_judged_and_compared(asked: argparse.Namespace) -> None:
    fitted = fit(asked)
    assert fitted["bank_rows"] == 50
    assert {"total", "features", "coreset", "calibrate"} <= set(fitted["seconds"])
    judged = predict(asked)
    assert all(ms > 0.0 for ms in judged["ms"].values())
    photos = test_photos(asked.dataset)
    assert judged["refused"] + judged["judged"] == len(photos)
    found = quality(asked.dataset, asked.folder / "patchcore-scores.npz")
    assert 0.0 <= found["image_auroc"] <= 1.0
    assert 0.0 <= found["pixel_auroc"] <= 1.0

    patches = np.random.default_rng(0).normal(size=(640, 152)).astype(np.float32)
    np.savez(asked.folder / "anomalib-patches.npz", patches=patches, bank=patches[:50])
    banks = compare_banks(asked)
    assert banks["bank_rows"] == {"anomalib": 50, "inspector": 50}
    assert banks["radius_k_centre"] < banks["radius_anomalib"]


def test_the_radius_is_that_of_the_farthest_patch() -> None:
    patches = torch.randn(500, 12, generator=torch.Generator().manual_seed(0))
    assert radius(patches, patches[:20]) == pytest.approx(coverage_radius(patches, patches[:20]), rel=1e-5)


def test_every_form_of_the_backbone_gives_the_same_maps_or_is_not_timed() -> None:
    found = measure(64, 1, rounds=1)
    assert {"eager", "channels last", "fused, as Inspector runs it in torch", "traced and frozen"} <= set(found)
    assert all(ms > 0.0 for ms in found.values())
    with pytest.raises(FormDiffers, match="other gives other maps"):
        _check("other", [torch.ones(2)], [torch.zeros(2) + 0.9])


def test_the_sides_take_turns_and_a_broken_off_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def run_apart(script: str, words: list[str], **_named: Any) -> dict[str, Any]:
        name = words[words.index("--name") + 1] if "--name" in words else "anomalib"
        calls.append(f"{name} {words[0]} {words[words.index('--bank-rows') + 1] if '--bank-rows' in words else '-'}")
        if len(calls) == 5:
            raise KeyboardInterrupt
        return {"bank_rows": 77}

    monkeypatch.setattr(side_by_side, "run_apart", run_apart)
    bench = Bench(tmp_path, "python", 64)
    with pytest.raises(KeyboardInterrupt):
        run_round(bench, tmp_path / "cells", 0, 4)
    found = run_round(bench, tmp_path / "cells", 0, 4)
    fits = ["anomalib fit -", "patchcore fit 77", "reconpatch fit -"]
    again = ["patchcore predict 77", "patchcore predict 77", "reconpatch predict -"]
    assert calls == [*fits, "anomalib predict -", *again]
    assert set(found) == set(SIDES)

    monkeypatch.setattr(side_by_side, "quality", lambda _dataset, scores: {"of": scores.name})
    assert compare(bench, tmp_path / "cells", 77)["reconpatch"] == {"of": "reconpatch-scores.npz"}
    shutil.rmtree(tmp_path / "kept")


def canned_round(factor: float) -> dict[str, dict[str, Any]]:
    keys = [
        f"{what} {count}{guards}" for what in ("file", "decoded") for count in (1, 16) for guards in ("", " guards")
    ]
    theirs = [
        f"{what} {count}"
        for what in ("file", "decoded", "pre-processing", "forward", "post-processing")
        for count in (1, 16)
    ]
    seconds = {"total": 10.0, "features": 4.0, "coreset": 1.0, "guards": 2.0}
    ours = {
        "fit": {"seconds": seconds, "bank_rows": 1536, "peak_mib": 1024.0},
        "predict": {"ms": dict.fromkeys(keys, 10.0), "peak_mib": 512.0, "refused": 3, "judged": 197},
    }
    seconds = {"total": factor * 10.0 + 5.0, "features": 20.0, "coreset": 70.0, "validation": 5.0}
    anomalib = {
        "fit": {"seconds": seconds, "bank_rows": 1536, "peak_mib": 2048.0},
        "predict": {"ms": dict.fromkeys(theirs, 40.0), "peak_mib": 512.0},
    }
    return {"anomalib": anomalib, "patchcore": ours, "reconpatch": ours}


def test_ratios_are_taken_within_a_round_and_leave_validation_out() -> None:
    table = write_fit([canned_round(10.0), canned_round(12.0)])
    assert (
        "| anomalib's time without validation, divided by this | 1.00 (1.00 to 1.00) | 11.00 (10.00 to 12.00) |"
        in table
    )
    assert "| coreset | 70.0 s | 1.0 s | 1.0 s |" in table
    assert "| validation | 5.0 s | - | - |" in table
    assert "| the rest | 20.0 s | 3.0 s | 3.0 s |" in table
    assert "| peak memory | 2.00 GiB | 1.00 GiB | 1.00 GiB |" in table
    assert hardware_line("torch", "timm", "numpy") in table


def test_a_photo_is_compared_with_anomalibs_forward_pass_and_the_fastest_backbone() -> None:
    backbone = {"1": {"eager": 30.0, "OpenVINO": 8.0}, "16": {"eager": 20.0, "OpenVINO": 7.0}}
    table = write_photo([canned_round(10.0)], backbone)
    four = " | ".join(["4.00 (4.00 to 4.00)"] * 4)
    assert f"| anomalib's forward pass, divided by decoded photo to verdict |  | {four} |" in table
    assert "| decoded photo to verdict, divided by the fastest backbone alone | 5.00 (5.00 to 5.00) | 1.25 " in table
    assert "3 with Inspector PatchCore" in table
    assert "| OpenVINO | 8.0 ms | 7.0 ms | 1.00 |" in write_backbone(backbone)


def test_the_banks_stand_beside_the_figures() -> None:
    scores = {side: {"image_auroc": 0.95, "pixel_auroc": None} for side in SIDES}
    banks = {
        "patches": 153600,
        "bank_rows": {"anomalib": 1536, "inspector": 1536},
        "radius_anomalib": 20.0,
        "radius_inspector": 21.0,
        "radius_k_centre": 19.8,
        "k_centre_seconds": 9.0,
        "features_differ": 0.065,
    }
    table = write_quality({"solar-mono": scores | {"banks": banks, "round": canned_round(10.0)}})
    assert "| solar-mono | anomalib PatchCore | 0.950 | - | 1,536 | 20.00 (+0.0%) | 70.0 s |" in table
    assert "| solar-mono | Inspector PatchCore | 0.950 | - | 1,536 | 21.00 (+5.0%) | 1.0 s |" in table
    assert "153,600 patches | - | - | 1,536 | 19.80 (-1.0%) | 9.0 s |" in table
