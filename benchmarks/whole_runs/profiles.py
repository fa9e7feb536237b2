"""The steps of training, of a live frame and of a folder of 1,000 photos in time, beside the computer's peak speed.

    python benchmarks/whole_runs/profiles.py --out RESULTS

First a probe: how fast this computer multiplies matrices and copies memory. Then the default recipe at 256 px on 150
solar cells, stage by stage; a frame of 1280 x 720, step by step; and 1,000 photos of cells from a folder to the saved
results, beside the detector alone on the same decoded photos. Beside each is the time that its arithmetic or its bytes
would take at the probe's speed. RESULTS keeps the measurements, and an interrupted run continues. The tables go into
docs/benchmarks/speed.md. About five minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import shutil
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from benchmarks.measuring.apart import Kept, run_apart, write_into
from benchmarks.measuring.cells import source_version
from benchmarks.measuring.hardware import cores
from benchmarks.whole_runs.profile_table import write_tables
from inspector.core.training.plan import Recipe

if TYPE_CHECKING:
    from inspector.workflows.judging.loaded_bundle import LoadedBundle

PHOTOS = 1_000
FRAMES = 60
BUNDLE = "bundle.inspector"


def probe(_folder: Path) -> dict[str, Any]:
    """Return the speed of this computer: ``gflops`` of a float32 matrix product, ``gbytes`` a second of copying."""
    import torch

    one, other = (torch.rand(1024, 1024) for _ in range(2))
    products = [_seconds(lambda: one @ other) for _ in range(12)]
    source = np.ones(2**25, dtype=np.float32)  # 128 MiB, far more than a cache
    target = np.empty_like(source)
    copies = [_seconds(lambda: np.copyto(target, source)) for _ in range(8)]
    return {"gflops": 2 * 1024**3 / min(products) / 1e9, "gbytes": 2 * source.nbytes / min(copies) / 1e9}


def _seconds(function: Any) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def multiplications(name: str, hw: tuple[int, int]) -> int:
    """Return how many multiplications and additions the convolutions of a backbone do for one photo.

    Parameters
    ----------
    name : str
        timm name.
    hw : (int, int)
        Height and width in pixels that it sees.
    """
    import torch
    from torch import nn

    from inspector.engine.features.backbones import load_backbone
    from inspector.storage.folders import weights_folder

    backbone, counted = load_backbone(name, weights_folder(), torch.device("cpu")), [0]

    def count(module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        counted[0] += output.numel() * module.weight[0].numel()

    for module in backbone.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    with torch.inference_mode():
        backbone(torch.zeros(1, 3, *hw, dtype=torch.uint8))
    return counted[0]


def train(folder: Path) -> dict[str, Any]:
    """Train on 150 solar cells; return the seconds of each stage and their arithmetic."""
    from inspector.workflows.computer.machine import load_libraries
    from inspector.workflows.measuring.demo import prepare_demo_data
    from inspector.workflows.training.train import train as workflow

    load_libraries()
    data = prepare_demo_data(folder / "cells")
    started = time.perf_counter()
    outcome = workflow(data.good, folder / BUNDLE, Recipe(), device="cpu")
    seconds = outcome.seconds | {"total": time.perf_counter() - started}
    return {"seconds": seconds, "goods": outcome.manifest.goods.count} | _sizes(folder)


def _sizes(folder: Path) -> dict[str, Any]:
    """Return multiplications of the backbone, patches of a photo, and rows, width and bytes of the bank."""
    from inspector.storage.bundles.bundle import load_bundle

    stored = load_bundle(folder / BUNDLE)
    manifest, bank = stored.manifest, stored.arrays["bank"]
    hw = manifest.recipe.working_hw(manifest.goods.photo_hw)
    return {
        "backbone_macs": multiplications(manifest.recipe.backbone, hw),
        "patches": hw[0] // 8 * (hw[1] // 8),
        "bank": [*bank.shape],
        "settings": manifest.recipe.settings,
    }


def frame(folder: Path) -> dict[str, Any]:
    """Judge frames of a camera one after the other; returns the milliseconds of each step."""
    from benchmarks.speed.live_speed import breakdown, decode, prepare
    from inspector.workflows.judging.inspect import inspect_image
    from inspector.workflows.judging.loaded_bundle import open_bundle

    prepare(folder)
    loaded = open_bundle(folder / BUNDLE, device="cpu")
    jpegs = [np.frombuffer(path.read_bytes(), np.uint8) for path in sorted((folder / "frames").iterdir())]
    # Refused photos are not judged, and would be faster.
    jpegs = [jpeg for jpeg in jpegs if inspect_image(loaded, decode(jpeg), Path("frame")).judged]
    return {"ms": breakdown(loaded, jpegs, FRAMES)} | _sizes(folder)


def lay_out_photos(folder: Path, trained: Path, count: int) -> None:
    """Write real photos of monocrystalline cells, those never trained on first."""
    spec = importlib.util.find_spec("elpv_dataset")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data"
    lines = (line.split() for line in (data / "labels.csv").read_text(encoding="utf-8").splitlines())
    cells = [data / name for name, _probability, kind in lines if kind == "mono"]
    known = {path.name for path in trained.iterdir()}
    folder.mkdir(parents=True)
    for path in sorted(cells, key=lambda path: path.name in known)[:count]:
        shutil.copyfile(path, folder / path.name)


def run_folder(folder: Path, count: int = PHOTOS) -> dict[str, Any]:
    """Judge a folder, from files to saved results, and the same photos with the detector alone.

    Returns
    -------
    dict
        ``seconds``: of the folder with and without guards, of the detector and of the backbone alone on decoded photos,
        in the detector's batches. ``steps``: milliseconds a photo of each step, added over threads, from a run of its
        own.
    """
    from inspector.storage.photos.images import read_image
    from inspector.storage.photos.photo_list import list_images
    from inspector.workflows.judging.inspect import inspect_folder
    from inspector.workflows.judging.loaded_bundle import open_bundle

    photos = folder / "photos"
    shutil.rmtree(photos, ignore_errors=True)
    lay_out_photos(photos, folder / "cells" / "good", count)
    bundle = folder / BUNDLE
    inspect_folder(list_images(photos)[0], bundle, folder / "warm-up", device="cpu")
    seconds, refused = {}, 0
    for name, guards in (("with guards", True), ("without guards", False)):
        started = time.perf_counter()
        run = inspect_folder(photos, bundle, folder / name, guards=guards, device="cpu")
        seconds[name] = time.perf_counter() - started
        if guards:
            refused = sum(one.refusal is not None for one in run.inspections)
    loaded = open_bundle(bundle, device="cpu")
    decoded = [read_image(path) for path in list_images(photos)]
    seconds["detector alone"] = _seconds(lambda: loaded.detector.examine(decoded))
    seconds["backbone alone"] = _seconds(lambda: _backbone_alone(loaded, len(decoded)))
    return {"photos": len(decoded), "refused": refused, "seconds": seconds, "steps": _steps(loaded, photos)}


def _backbone_alone(loaded: LoadedBundle, count: int) -> None:
    import torch

    from inspector.engine.features.patches import BATCH

    goods_hw = loaded.stored.manifest.goods.photo_hw
    images = torch.zeros(BATCH, 3, *loaded.stored.manifest.recipe.working_hw(goods_hw), dtype=torch.uint8)
    with torch.inference_mode():
        for _ in range(-(-count // BATCH)):
            loaded.detector.backbone(images)  # type: ignore[operator]


def _steps(loaded: LoadedBundle, photos: Path) -> dict[str, float]:
    from benchmarks.speed.live_speed import Stopwatch, watched
    from inspector.storage.photos.photo_list import list_images

    workflow: Any = importlib.import_module("inspector.workflows.judging.inspect")
    stopwatch, before, bare = Stopwatch(), workflow.read_image, replace(loaded, guards=None)
    stopwatch.next_frame()
    few = list_images(photos)[:200]
    workflow.read_image = stopwatch.timed("read and decode", before)
    try:
        with watched(stopwatch):
            workflow.inspect_photos(bare, few)
    finally:
        workflow.read_image = before
    spent: defaultdict[str, float] = defaultdict(float, stopwatch.frames[0])
    return {step: ms / len(few) for step, ms in spent.items()}


STEPS = {"probe": probe, "train": train, "frame": frame, "folder": run_folder}


def measure(out: Path) -> dict[str, Any]:
    """Measure missing values, each in a separate process; cells, frames and bundles stay in ``out``."""
    kept = Kept(out / "kept", source_version())

    def apart(step: str, place: str) -> dict[str, Any]:
        folder = (out / "profile" / place).resolve()
        if step != "folder":  # which continues after training
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        return run_apart("whole_runs/profiles.py", ["--step", step, "--folder", str(folder)], threads=cores())

    places = {"probe": "probe", "train": "cells", "folder": "cells", "frame": "frames"}
    return {
        step: kept.once(f"profile-{step}", lambda step=step, place=place: apart(step, place))  # type: ignore[misc]
        for step, place in places.items()
    }


def main() -> int:
    """Do a step in this process on request, otherwise measure missing values and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder that keeps what was measured")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step is not None:
        print(json.dumps(STEPS[asked.step](asked.folder)))
    elif asked.out is not None:
        write_into(asked.document, write_tables(measure(asked.out)))
    else:
        parser.error("give --out, the folder that keeps what was measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
