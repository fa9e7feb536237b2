from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.engine.features import fusion
from inspector.workflows.computer import doctor
from inspector.workflows.computer.doctor import as_text, examine


@pytest.fixture
def _desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "window_obstacle", lambda: None)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found = {"used": "cuda", "gpu": "Some GPU", "why_no_gpu": None}
    monkeypatch.setattr("inspector.engine.device.describe_devices", lambda: found)
    monkeypatch.setattr("inspector.engine.features.fusion.choose_device", lambda _name: torch.device("cpu"))
    return found


def test_every_fact_is_told(user_folders: Path) -> None:
    found = examine()
    json.dumps(found, allow_nan=False)
    assert found["cores"] >= 1
    assert found["free_disk_gb"] > 0.0
    assert found["device"]["used"] in ("cpu", "cuda")
    assert found["demo_photos"] is True
    assert {row["name"]: row["ready"] for row in found["backbones"]}["tf_efficientnet_lite0"] is True
    assert found["folders"]["weights"] == str(user_folders / "data" / "weights")
    assert not (user_folders / "data").exists()  # asking makes nothing
    assert not (user_folders / "logs").exists()


def test_folders_that_do_not_exist_raise_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_HOME", str(tmp_path / "no" / "such" / "home"))
    assert examine()["folders"]["data"] == str(tmp_path / "no" / "such" / "home" / "data")


def test_a_stranger_in_the_weights_folder_raises_nothing(user_folders: Path) -> None:
    weights = user_folders / "data" / "weights"
    weights.mkdir(parents=True)
    (weights / "holiday.safetensors").write_bytes(b"no weights")
    rows = {row["name"]: row for row in examine()["backbones"]}
    assert rows["holiday"]["ready"] is False
    assert "no backbone of this name" in rows["holiday"]["source"]
    assert rows["tf_efficientnet_lite0"]["ready"] is True


@pytest.mark.usefixtures("_desktop", "gpu")
def test_a_complete_computer_misses_nothing() -> None:
    found = examine()
    assert found["missing"] == []
    assert found["window"] == {"ready": True, "obstacle": None}
    assert as_text(found).endswith("Nothing is missing.")
    assert "Computes   on cuda (Some GPU)" in as_text(found)


def test_what_is_missing_is_told_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "window_obstacle", lambda: "there is no display; start it in a desktop session")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(
        "inspector.engine.device.describe_devices", lambda: {"used": "cpu", "gpu": None, "why_no_gpu": "no driver"}
    )
    monkeypatch.setattr(doctor, "known_backbones", lambda: [])
    found = examine()
    assert found["window"]["ready"] is False
    assert found["demo_photos"] is False
    assert found["missing"] == [
        "there is no display; start it in a desktop session",
        "no GPU is used: no driver; training and inspection work on the processor",
        "a photo takes longer than it could; run: pip install 'inspector[fast]'",
        "the demo photos are not installed; run: pip install 'inspector[demo]'",
    ]
    assert all(f"Missing    {sentence}" in as_text(found) for sentence in found["missing"])


def test_the_form_of_the_network_is_told() -> None:
    found = examine()
    assert found["network"] in (fusion.FUSED, fusion.FOLDED, fusion.ON_A_GPU) or "OpenVINO" in found["network"]
    assert f"Network    {found['network']}" in as_text(found)
