"""The speed of Inspector on this computer's GPU; without a GPU, only a sentence is printed.

    python benchmarks/speed/gpu.py

For WideResNet-50-2 at 224 px and EfficientNet-Lite0 at 256 px: photos a second in batches, milliseconds of a photo
(p50, p95), whether half precision passed its check, and the time of ReConPatch's 120 epochs on 200 photos. Photos are
noise and weights that are not on this computer are random, which changes no time. Prints a markdown table.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from inspector.core.values import ImageRGB

BACKBONES = (("wide_resnet50_2", 224), ("tf_efficientnet_lite0", 256))
PHOTO_HW = (300, 300)
PHOTOS, EPOCHS, BATCH = 200, 120, 16
ROUNDS = 100
NO_GPU = "There is no GPU here that torch can use, so nothing was measured: {}. 'inspector doctor' says more."


@dataclass(frozen=True, slots=True)
class Measured:
    """The times of a backbone; in milliseconds for a photo, in seconds for learning."""

    backbone: str
    size: int
    weights: str
    half: bool
    photos_a_second: float
    p50_ms: float
    p95_ms: float
    learn_s: float
    fit_s: float


def noise_photos(count: int) -> list[ImageRGB]:
    """Return different photos of noise."""
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (*PHOTO_HW, 3), dtype=np.uint8) for _ in range(count)]


def weights_for(backbone: str, scratch: Path) -> tuple[Path, str]:
    """Return a folder with weights, the user's where they are there, else random ones; and which of both."""
    import timm
    from safetensors.torch import save_file

    from inspector.engine.features.weight_files import find_weights, imported_file
    from inspector.storage.folders import weights_folder

    if find_weights(backbone, weights_folder()) is not None:
        return weights_folder(), "ImageNet"
    tensors = timm.create_model(backbone, pretrained=False).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, imported_file(backbone, scratch))
    return scratch, "random"


def steps_of(epochs: int, settings: Any) -> int:
    """Return how many steps see each patch of a full pool so many times."""
    return int(epochs * settings.pool_rows / (settings.anchors * (1 + settings.neighbours)))


def measure(
    backbone: str, size: int, device: str, photos: Sequence[ImageRGB], *, epochs: int = EPOCHS, rounds: int = ROUNDS
) -> Measured:
    """Train, restore as from a bundle, and time the restored detector."""
    from inspector.core.progress import CancelToken, ignore_progress
    from inspector.core.training.plan import Recipe
    from inspector.engine.methods.reconpatch import ReConPatchSettings
    from inspector.engine.methods.table import make_detector

    with tempfile.TemporaryDirectory() as scratch:
        folder, weights = weights_for(backbone, Path(scratch))
        steps = steps_of(epochs, ReConPatchSettings())
        recipe = Recipe(backbone=backbone, size=size, settings={"steps": steps})
        trained = make_detector(recipe, PHOTO_HW, folder, device)
        fitted = trained.fit(photos, ignore_progress, CancelToken())
        opened: Any = make_detector(recipe, PHOTO_HW, folder, device)
        opened.restore(trained.arrays())
    batches = [list(photos[start : start + BATCH]) for start in range(0, len(photos), BATCH)]
    for batch in batches[:3]:
        opened.examine(batch)
    started = time.perf_counter()
    for batch in batches:
        opened.examine(batch)
    a_second = len(photos) / (time.perf_counter() - started)
    singles = []
    for index in range(rounds):
        started = time.perf_counter()
        opened.examine([photos[index % len(photos)]])
        singles.append((time.perf_counter() - started) * 1000.0)
    p50, p95 = (float(np.percentile(singles, share)) for share in (50, 95))
    half = opened.extractor.half is not None
    seconds = fitted.seconds
    return Measured(backbone, size, weights, half, a_second, p50, p95, seconds["fit"], sum(seconds.values()))


def write_table(found: Sequence[Measured], gpu: str) -> str:
    """Return measurements as a markdown table."""
    lines = [
        "| backbone | weights | half precision | photos a second | one photo p50, p95 | learn | whole fit |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.backbone} at {one.size} px | {one.weights} | {'yes' if one.half else 'no'} "
        f"| {one.photos_a_second:.0f} | {one.p50_ms:.1f} ms, {one.p95_ms:.1f} ms "
        f"| {one.learn_s:.0f} s | {one.fit_s:.0f} s |"
        for one in found
    ]
    return "\n".join([*lines, "", f"{PHOTOS} photos, {EPOCHS} epochs; {gpu}."])


def main() -> int:
    """Print the table, or why there is none."""
    from inspector.engine.device import describe_devices

    found = describe_devices()
    if found["gpu"] is None:
        print(NO_GPU.format(found["why_no_gpu"]))
        return 1
    photos = noise_photos(PHOTOS)
    print(write_table([measure(name, size, "cuda", photos) for name, size in BACKBONES], found["gpu"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
