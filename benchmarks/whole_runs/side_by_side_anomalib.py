"""anomalib's side of side_by_side.py: one step in this process, in an environment that holds anomalib.

It calls anomalib as its documentation says and times it from outside; nothing of its code is here. Inspector is not
imported.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from anomalib.data import Folder
from anomalib.data.utils import read_image
from anomalib.engine import Engine
from anomalib.models import Patchcore
from anomalib.pre_processing import PreProcessor
from torchvision.transforms.v2 import Compose, Normalize, Resize

BACKBONE, LAYERS = "tf_efficientnet_lite0", ("blocks.2", "blocks.4")
"""At strides 8 and 16, as Inspector uses them."""
HALF = [0.5, 0.5, 0.5]
WARM_UP = 5


class TimedPatchcore(Patchcore):  # type: ignore[misc, unused-ignore]
    """PatchCore that notes when its stages begin and end."""

    marks: dict[str, float]

    def fit(self) -> None:
        """Choose the coreset."""
        self.marks["coreset begins"] = time.perf_counter()
        super().fit()
        self.marks["coreset ends"] = time.perf_counter()

    def on_train_epoch_end(self) -> None:
        """Come here after validation, which gives the threshold."""
        super().on_train_epoch_end()
        self.marks["validation ends"] = time.perf_counter()


def make_model(asked: argparse.Namespace) -> TimedPatchcore:
    """Return an untrained PatchCore on the backbone whose weights lie in a file, tensor by tensor in timm's order."""
    edges = (asked.size, asked.size)
    model = TimedPatchcore(
        backbone=BACKBONE,
        layers=LAYERS,
        pre_trained=False,
        coreset_sampling_ratio=asked.share,
        pre_processor=PreProcessor(transform=Compose([Resize(edges, antialias=True), Normalize(mean=HALF, std=HALF)])),
        visualizer=False,
    )
    model.marks = {}
    names = timm.create_model(BACKBONE, pretrained=False).state_dict()
    tensors = torch.load(asked.weights, map_location="cpu", weights_only=True).values()
    named = dict(zip(names, tensors, strict=True))
    network = model.model.feature_extractor.feature_extractor
    network.load_state_dict({name: named[name] for name in network.state_dict()}, strict=True)
    return model


def fit(asked: argparse.Namespace) -> dict[str, Any]:
    """Fit with anomalib's defaults: validation on half of the labelled test photos gives it its threshold.

    Returns
    -------
    dict
        Seconds by stage: ``features``, ``coreset``, ``validation`` and their ``total`` with the rest; the number of
        rows in the bank. The model is kept for `predict`.
    """
    started = time.perf_counter()
    model = make_model(asked)
    defects = sorted(one.name for one in (asked.dataset / "test").iterdir() if one.name != "good")
    photos = Folder(
        name="side-by-side",
        root=asked.dataset,
        normal_dir="train/good",
        abnormal_dir=[f"test/{defect}" for defect in defects],
        normal_test_dir="test/good",
        num_workers=asked.workers,
        seed=0,
    )
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(accelerator="cpu", devices=1, logger=False, default_root_dir=scratch, enable_progress_bar=False)
        engine.fit(model=model, datamodule=photos)
        total = time.perf_counter() - started
    peak_mib = peak()
    torch.save(model.state_dict(), asked.folder / "anomalib.pt")
    marks = model.marks
    return {
        "seconds": {
            "total": total,
            "features": marks["coreset begins"] - started,
            "coreset": marks["coreset ends"] - marks["coreset begins"],
            "validation": marks["validation ends"] - marks["coreset ends"],
        },
        "bank_rows": len(model.model.memory_bank),
        "peak_mib": peak_mib,
    }


def fitted(asked: argparse.Namespace) -> TimedPatchcore:
    """Return the model that `fit` kept."""
    model = make_model(asked)
    state = torch.load(asked.folder / "anomalib.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state)
    model.eval()
    return model


@torch.inference_mode()
def predict(asked: argparse.Namespace) -> dict[str, Any]:
    """Time one photo, and 16 at once; then score all test photos, and keep their scores and maps.

    Returns
    -------
    dict
        ``ms``: milliseconds a photo by subject and batch, the median over rounds.
    """
    model = fitted(asked)
    photos = test_photos(asked.dataset)
    chosen = [photos[place] for place in np.linspace(0, len(photos) - 1, 16).astype(int)]
    decoded = [np.asarray(read_image(path) * 255.0).round().astype(np.uint8) for path in chosen]
    ms: dict[str, float] = {}
    for count in (1, 16):
        ready = [model.pre_processor(_tensors(decoded[start : start + count])) for start in range(0, 16, count)]
        scored = [model.model(batch) for batch in ready]
        timed: dict[str, tuple[Callable[[Any], Any], Sequence[Any]]] = {
            "file": (lambda paths: model(torch.stack([read_image(one, as_tensor=True) for one in paths])), chosen),
            "decoded": (lambda images: model(_tensors(images)), decoded),
            "pre-processing": (lambda images: model.pre_processor(_tensors(images)), decoded),
            "forward": (model.model, ready),
            "post-processing": (model.post_processor, scored),
        }
        for name, (function, inputs) in timed.items():
            batches = inputs if name in ("forward", "post-processing") else _batches(inputs, count)
            ms[f"{name} {count}"] = _median_ms(function, batches, asked.rounds // (4 if count > 1 else 1)) / count
    peak_mib = peak()
    scores, maps = [], []
    for path in photos:
        found = model.model(model.pre_processor(read_image(path, as_tensor=True)[None]))
        scores.append(float(found.pred_score))
        maps.append(found.anomaly_map[0, 0].numpy())
    np.savez(asked.folder / "anomalib-scores.npz", scores=np.array(scores), maps=np.stack(maps))
    return {"ms": ms, "peak_mib": peak_mib}


@torch.inference_mode()
def embed(asked: argparse.Namespace) -> dict[str, Any]:
    """Keep the patch features of all good photos and the rows of the bank, to compare the banks by."""
    model = fitted(asked)
    model.model.train()  # then it gives patch features, not scores
    rows = [
        model.model(model.pre_processor(read_image(path, as_tensor=True)[None])).numpy()
        for path in sorted((asked.dataset / "train" / "good").iterdir())
    ]
    np.savez(asked.folder / "anomalib-patches.npz", patches=np.concatenate(rows), bank=model.model.memory_bank.numpy())
    return {"patches": sum(len(one) for one in rows)}


def test_photos(dataset: Path) -> list[Path]:
    """Return the test photos in the order in which Inspector's side takes them: sorted by folder and name."""
    return sorted(path for path in (dataset / "test").rglob("*") if path.is_file())


def _tensors(images: Sequence[Any]) -> torch.Tensor:
    return torch.stack([torch.from_numpy(one).permute(2, 0, 1).float() / 255.0 for one in images])


def _batches(inputs: Sequence[Any], count: int) -> list[Sequence[Any]]:
    return [inputs[start : start + count] for start in range(0, len(inputs), count)]


def _median_ms(function: Callable[[Any], Any], inputs: Sequence[Any], rounds: int) -> float:
    found = []
    for number in range(max(rounds, 1) + WARM_UP):
        one = inputs[number % len(inputs)]
        started = time.perf_counter()
        function(one)
        found.append((time.perf_counter() - started) * 1000.0)
    return float(np.median(found[WARM_UP:]))


def peak() -> float:
    """Return this process's highest resident memory so far in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Do a step and print its result as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["fit", "predict", "embed"])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path, help="keeps the model, scores and patch features")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--share", type=float, default=0.01, help="of the patches, for the bank")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=0, help="processes that load photos")
    asked = parser.parse_args()
    torch.manual_seed(0)
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps({"fit": fit, "predict": predict, "embed": embed}[asked.step](asked)))


if __name__ == "__main__":
    main()
