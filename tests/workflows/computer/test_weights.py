from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from inspector.core.errors import WeightsError
from inspector.workflows.computer.weights import fetch_weights, import_weights, known_backbones
from inspector.workflows.judging.inspect import inspect_photo
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.small import small_recipe


@pytest.fixture
def resnet(tmp_path: Path) -> Path:
    """A weights file of resnet18 with untrained numbers: enough to be imported."""
    file = tmp_path / "downloaded.safetensors"
    save_file(timm.create_model("resnet18", pretrained=False).state_dict(), file)
    return file


LITE = {"tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2"}


def ready() -> set[str]:
    return {row["name"] for row in known_backbones() if row["ready"]}


def test_imported_weights_are_listed_and_can_be_trained_with(
    resnet: Path, few_goods: Path, solar_cells: SolarCells, tmp_path: Path, user_folders: Path
) -> None:
    assert ready() == LITE
    kept = import_weights(resnet, "resnet18")
    assert kept == user_folders / "data" / "weights" / "resnet18.safetensors"
    assert ready() == LITE | {"resnet18"}
    resnet.unlink()
    outcome = train(few_goods, tmp_path / "part.inspector", small_recipe(backbone="resnet18"))
    assert outcome.manifest.backbone.name == "resnet18"
    photo = next((solar_cells.mixed / "good").iterdir())
    assert inspect_photo(open_bundle(outcome.bundle), photo).score is not None
    kept.unlink()
    with pytest.raises(WeightsError, match=r"no weights for this backbone on this computer.*weights import FILE"):
        open_bundle(outcome.bundle)


def test_a_backbone_outside_the_table_is_listed_once_it_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "downloaded.safetensors"
    save_file(timm.create_model("resnet10t", pretrained=False).state_dict(), file)
    import_weights(file, "resnet10t")
    row = next(row for row in known_backbones() if row["name"] == "resnet10t")
    assert row["ready"] is True
    assert row["license"]


def test_a_file_of_another_backbone_is_refused_and_nothing_is_kept(resnet: Path) -> None:
    with pytest.raises(WeightsError, match="these are not weights of wide_resnet50_2"):
        import_weights(resnet, "wide_resnet50_2")
    assert ready() == LITE


def test_fetching_keeps_what_timm_gives(monkeypatch: pytest.MonkeyPatch, user_folders: Path) -> None:
    usual = timm.create_model
    asked = []

    def given(name: str, pretrained: bool) -> torch.nn.Module:
        asked.append((name, pretrained))
        return usual("resnet18", pretrained=False)

    monkeypatch.setattr(timm, "create_model", given)
    kept = fetch_weights("resnet18")
    assert kept.parent == user_folders / "data" / "weights"
    assert "resnet18" in ready()
    fetch_weights("wide_resnet50_2")  # the weights it was published with, not timm's own choice
    assert asked == [("resnet18", True), ("wide_resnet50_2.tv_in1k", True)]
