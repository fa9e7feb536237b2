"""OpenVINO gives the maps that torch gives, the same for any number of threads; where it would not, torch computes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inspector.core.photo.resizing import resize_image
from inspector.core.values import ImageRGB
from inspector.engine.features import fusion
from inspector.engine.features.backbones import Backbone
from inspector.engine.features.fusion import describe_form, fuse, other_runtime
from inspector.engine.forecast.memory_need import backbone_bytes
from inspector.storage.photos.images import list_images
from inspector.workflows.judging.inspect import inspect_photos
from inspector.workflows.judging.loaded_bundle import open_bundle
from tests.conftest import SolarCells
from tests.engine.conftest import NOWHERE
from tests.engine.features.test_fusion import LITE0, check_same, embedded, untrained

pytest.importorskip(
    "inspector.engine.features.openvino_library", reason="OpenVINO is not installed", exc_type=ImportError
)

from inspector.engine.features.openvino_graph import CannotTell, openvino_graph
from inspector.engine.features.openvino_runtime import OpenVinoRuntime

HW = (96, 160)


def pictures(photos: list[ImageRGB], count: int, size_hw: tuple[int, int] = HW) -> Tensor:
    seen = [resize_image(photo, size_hw) for photo in photos[:count]]
    return torch.from_numpy(np.stack(seen)).permute(0, 3, 1, 2)


def by_openvino(backbone: Backbone) -> Callable[[Tensor], list[Tensor]]:
    """The maps of OpenVINO alone: where torch would have to step in, it fails."""
    runtime = OpenVinoRuntime(backbone)

    def maps(images: Tensor) -> list[Tensor]:
        found = runtime.maps(images, backbone)
        assert not runtime.refused
        return found

    return maps


@pytest.fixture
def threads() -> object:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@torch.no_grad()
@pytest.mark.parametrize("name", ["resnet18", "densenet121", "tf_efficientnet_lite1", "wide_resnet50_2"])
def test_known_networks_give_the_same_maps(name: str, good_photos: list[ImageRGB]) -> None:
    """Sums, joined maps, normalisation before a convolution, pooling, grouped and padded convolutions."""
    backbone = untrained(name)
    images = pictures(good_photos, 2)
    expected = backbone(images)
    fuse(backbone)
    check_same(by_openvino(backbone)(images), expected)


@torch.no_grad()
def test_maps_are_the_same_to_the_last_bit_whoever_asks(good_photos: list[ImageRGB], threads: object) -> None:
    backbone = embedded()
    fuse(backbone)
    maps, images = by_openvino(backbone), pictures(good_photos, 5)
    expected = maps(images)
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        for number in range(5):
            alone = maps(images[number : number + 1])
            assert all(torch.equal(one[0], other[number]) for one, other in zip(alone, expected, strict=True))
    with ThreadPoolExecutor(3, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for found in pool.map(maps, [images] * 6):
            assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@torch.no_grad()
def test_maps_stay_what_they_are_when_the_next_photo_comes(good_photos: list[ImageRGB]) -> None:
    backbone = embedded()
    fuse(backbone)
    maps, images = by_openvino(backbone), pictures(good_photos, 2)
    first = maps(images[:1])
    kept = [one.clone() for one in first]
    maps(images[1:])
    assert all(torch.equal(one, other) for one, other in zip(first, kept, strict=True))


def test_what_is_not_known_is_computed_by_torch(caplog: pytest.LogCaptureFixture) -> None:
    backbone = untrained("mobilenetv3_small_100")
    fuse(backbone)
    with pytest.raises(CannotTell, match="Hardswish"):
        openvino_graph(backbone)
    with caplog.at_level("INFO"):
        assert other_runtime(backbone) is None
    assert "mobilenetv3_small_100 is computed by torch: OpenVINO is not told of Hardswish" in caplog.text


def test_a_network_that_decides_by_what_it_sees_is_not_told() -> None:
    backbone = embedded()

    class Deciding(nn.Module):
        def forward(self, images: Tensor) -> list[Tensor]:
            return [images] if images.mean() > 0 else []

    backbone.network = Deciding()
    with pytest.raises(CannotTell, match="decisions by what it sees"):
        openvino_graph(backbone)


@torch.no_grad()
def test_where_openvino_gives_other_maps_torch_computes(
    good_photos: list[ImageRGB], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    backbone = embedded()
    fuse(backbone)
    images = pictures(good_photos, 1)
    expected, form = backbone(images), backbone.form
    backbone.runtime = OpenVinoRuntime(backbone)
    real = OpenVinoRuntime._computed
    monkeypatch.setattr(OpenVinoRuntime, "_computed", lambda self, given: [one * 1.001 for one in real(self, given)])
    assert all(torch.equal(one, other) for one, other in zip(backbone(images), expected, strict=True))
    assert backbone.form == form
    assert "OpenVINO would give other maps here" in caplog.text


def test_a_bundle_scores_the_same_with_and_without_it(
    trained_bundle: Path, solar_cells: SolarCells, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = list_images(solar_cells.mixed / "good")[:4]
    monkeypatch.setattr(fusion, "_SHARED", {})
    quick = open_bundle(trained_bundle)
    assert quick.detector.backbone.form.startswith("by OpenVINO ")
    found = inspect_photos(quick, photos).inspections
    monkeypatch.setattr(fusion, "_SHARED", {})
    monkeypatch.setattr(fusion, "other_runtime", lambda backbone: None)
    plain = open_bundle(trained_bundle)
    assert plain.detector.backbone.runtime is None
    for one, other in zip(found, inspect_photos(plain, photos).inspections, strict=True):
        assert one.score == pytest.approx(other.score, rel=1e-3)


def test_without_it_installed_torch_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("library", "graph", "runtime"):
        monkeypatch.delitem(sys.modules, f"inspector.engine.features.openvino_{name}")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ImportError):
        importlib.import_module("inspector.engine.features.openvino_runtime")
    backbone = embedded()
    fuse(backbone)
    assert other_runtime(backbone) is None


def test_on_another_device_there_is_none() -> None:
    assert other_runtime(embedded().to("meta")) is None


def test_its_memory_is_estimated_by_the_layers_of_torch() -> None:
    backbone = embedded()
    fuse(backbone)
    alone = backbone_bytes(backbone)
    backbone.runtime = OpenVinoRuntime(backbone)
    assert [backbone_bytes(backbone) for _ in range(2)] == [alone] * 2
    assert alone > 0.0


def test_it_is_named_to_people() -> None:
    assert describe_form(LITE0, NOWHERE, "cpu").startswith("by OpenVINO 2")


ALONE = """
import sys
def listen(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        raise SystemExit(f"{event} {given}")
sys.addaudithook(listen)
import torch
from pathlib import Path
from inspector.engine.features.fusion import frozen_backbone
backbone = frozen_backbone("tf_efficientnet_lite0", Path("nowhere"), torch.device("cpu"))
backbone(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
assert sys.modules["openvino_telemetry"] is None
print(backbone.form)
"""


def test_it_asks_nobody_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Importing OpenVINO alone tells its maker over the network, and leaves a number in the home folder."""
    run = subprocess.run(
        [sys.executable, "-c", ALONE],
        env=os.environ | {"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stdout.startswith("by OpenVINO")) == (0, True), run.stderr
    assert list(tmp_path.iterdir()) == []


MODEL_DROPPED_ELSEWHERE = """
import gc, signal, threading
from pathlib import Path

import torch

from inspector.engine.features.backbones import load_backbone
from inspector.engine.features.fusion import fuse
from inspector.engine.features.openvino_runtime import OpenVinoRuntime

box = [load_backbone({backbone!r}, Path("nowhere"), torch.device("cpu"))]
fuse(box[0])
box.append(OpenVinoRuntime(box[0]))
box[1].maps(torch.zeros((1, 3, 64, 64), dtype=torch.uint8), box[0])


def drop():
    box.clear()
    gc.collect()


thread = threading.Thread(target=drop)
thread.start()
thread.join()
signal.signal(signal.SIGINT, lambda *_: print("Ctrl-C was heard"))
signal.raise_signal(signal.SIGINT)
"""


def test_ctrl_c_is_heard_after_a_model_was_dropped_in_another_thread():
    """OpenVINO's core takes its thread's stack for signals along: the process died of the next signal."""
    script = MODEL_DROPPED_ELSEWHERE.format(backbone=LITE0)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout.strip()) == (0, "Ctrl-C was heard"), ended.stderr
