"""Inspector's side of benchmarks/whole_runs/side_by_side.py: one step in this process."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from inspector.core.judging.regions import find_regions
from inspector.core.training.plan import Recipe
from inspector.core.values import FloatArray, ImageRGB, Inspection
from inspector.workflows.computer.machine import load_libraries, peak_memory_mb

if TYPE_CHECKING:
    from inspector.workflows.judging.loaded_bundle import LoadedBundle

WARM_UP = 5
BUNDLE = "{}.inspector"


def fit(asked: argparse.Namespace) -> dict[str, Any]:
    """Train from files to bundle; the libraries are loaded before, as on anomalib's side."""
    from inspector.workflows.training.train import train

    load_libraries()
    started = time.perf_counter()
    outcome = train(asked.dataset / "train" / "good", asked.folder / BUNDLE.format(asked.name), _recipe(asked))
    seconds = outcome.seconds | {"total": time.perf_counter() - started}
    return {"seconds": seconds, "bank_rows": outcome.manifest.bank_rows, "peak_mib": peak_memory_mb()}


def predict(asked: argparse.Namespace) -> dict[str, Any]:
    """Time one photo, and 16 in a row; then score all test photos regardless of guards, and keep scores and maps.

    Returns
    -------
    dict
        ``ms``: milliseconds a photo by subject, the median over rounds. Each ends with score map, regions and verdict.
    """
    from inspector.storage.photos.images import read_image
    from inspector.workflows.judging.inspect import inspect_image, inspect_photo, inspect_photos
    from inspector.workflows.judging.loaded_bundle import open_bundle

    loaded = open_bundle(asked.folder / BUNDLE.format(asked.name), device="cpu")
    bare = replace(loaded, guards=None)
    photos = test_photos(asked.dataset)
    chosen = [photos[place] for place in np.linspace(0, len(photos) - 1, 16).astype(int)]
    # Refused photos are not scored, and would be faster: only photos that pass are timed.
    passing = [path for path in photos if inspect_photo(loaded, path).judged]
    judged = [passing[place] for place in np.linspace(0, len(passing) - 1, 16).astype(int)]
    frames = {path: read_image(path) for path in {*chosen, *judged}}
    name = Path("frame")
    timed: dict[str, tuple[Callable[[Any], Any], Sequence[Any], int]] = {
        "file 1": (lambda path: conclude(bare, inspect_photo(bare, path)), chosen, 1),
        "decoded 1": (lambda path: conclude(bare, inspect_image(bare, frames[path], name)), chosen, 1),
        "file 1 guards": (lambda path: conclude(loaded, inspect_photo(loaded, path)), judged, 1),
        "decoded 1 guards": (lambda path: conclude(loaded, inspect_image(loaded, frames[path], name)), judged, 1),
        "file 16": (lambda paths: _conclude_all(bare, inspect_photos(bare, paths).inspections), [chosen], 16),
        "file 16 guards": (
            lambda paths: _conclude_all(loaded, inspect_photos(loaded, paths).inspections),
            [judged],
            16,
        ),
        "decoded 16": (lambda paths: _judge_at_once(bare, [frames[path] for path in paths]), [chosen], 16),
    }
    ms = {
        what: _median_ms(function, inputs, asked.rounds // (4 if count > 1 else 1)) / count
        for what, (function, inputs, count) in timed.items()
    }
    peak_mib = peak_memory_mb()
    found = [loaded.detector.score_maps([read_image(path)])[0] for path in photos]
    scores, maps = np.array([one.score for one in found]), np.stack([one.dense() for one in found])
    np.savez(asked.folder / f"{asked.name}-scores.npz", scores=scores, maps=maps)
    return {"ms": ms, "peak_mib": peak_mib, "refused": len(photos) - len(passing), "judged": len(passing)}


def conclude(loaded: LoadedBundle, inspection: Inspection) -> object:
    """Come from the score map to regions and verdict, as every user of an inspection does."""
    limits = loaded.stored.manifest.limits
    verdict = inspection.verdict(limits)
    if inspection.score_map is None or inspection.photo_hw is None:
        return verdict
    return verdict, find_regions(inspection.score_map, limits.threshold, inspection.photo_hw)


def _conclude_all(loaded: LoadedBundle, inspections: Sequence[Inspection]) -> None:
    for inspection in inspections:
        conclude(loaded, inspection)


def _judge_at_once(loaded: LoadedBundle, images: Sequence[ImageRGB]) -> None:
    for image, score_map in zip(images, loaded.detector.score_maps(images), strict=True):
        photo_hw = (image.shape[0], image.shape[1])
        conclude(loaded, Inspection(Path("frame"), photo_hw, score_map.score, score_map))


def compare_banks(asked: argparse.Namespace) -> dict[str, Any]:
    """Compare the banks on the patch features that anomalib's side kept.

    Returns
    -------
    dict
        ``radius_anomalib``, ``radius_inspector``: the largest distance of any patch of any good photo to the nearest
        row of each program's own bank. ``radius_k_centre``: the same for Inspector's greedy k-centre on all these
        patches; ``k_centre_seconds``: how long it took. ``features_differ``: the relative distance of Inspector's patch
        features from anomalib's, in the median: the programs resize photos differently.
    """
    import torch

    from inspector.engine.bank.coreset import greedy_k_centre, project_rows
    from inspector.storage.bundles.bundle import load_bundle
    from inspector.storage.photos.images import read_image
    from inspector.workflows.judging.loaded_bundle import open_bundle

    kept = np.load(asked.folder / "anomalib-patches.npz")
    patches, bank = torch.from_numpy(kept["patches"]), torch.from_numpy(kept["bank"])
    arrays = load_bundle(asked.folder / BUNDLE.format(asked.name)).arrays
    own = torch.from_numpy(np.array(arrays["bank"], dtype=np.float32))
    loaded = open_bundle(asked.folder / BUNDLE.format(asked.name), device="cpu")
    generator = torch.Generator().manual_seed(0)
    started = time.perf_counter()
    points = project_rows(patches, int(loaded.detector.recipe.settings["coreset_dim"]), generator)
    chosen = greedy_k_centre(points, len(bank), generator=generator)
    seconds = time.perf_counter() - started
    first = sorted((asked.dataset / "train" / "good").iterdir())[0]
    features = loaded.detector.extractor.extract([read_image(first)])  # type: ignore[attr-defined]
    features = features.reshape(-1, patches.shape[1])
    theirs = patches[: len(features)]
    return {
        "patches": len(patches),
        "bank_rows": {"anomalib": len(bank), "inspector": len(own)},
        "radius_anomalib": radius(patches, bank),
        "radius_inspector": radius(patches, own),
        "radius_k_centre": radius(patches, patches[chosen]),
        "k_centre_seconds": seconds,
        "features_differ": float(((features - theirs).norm(dim=1) / theirs.norm(dim=1)).median()),
    }


def radius(patches: Any, bank: Any) -> float:
    """Return the largest distance of any patch (N, C) to its nearest row of the bank (M, C)."""
    import torch

    from inspector.engine.bank.memory_bank import MemoryBank

    found = MemoryBank(bank, torch.zeros(len(bank), dtype=torch.int64))
    return max(float(found.nearest(chunk)[0].max()) for chunk in patches.split(16_384))


def test_photos(dataset: Path) -> list[Path]:
    """Return the test photos in the order in which anomalib's side takes them: sorted by folder and name."""
    return sorted(path for path in (dataset / "test").rglob("*") if path.is_file())


def quality(dataset: Path, scores: Path) -> dict[str, float | None]:
    """Return image AUROC, and pixel AUROC if there are masks, of kept scores and maps of the test photos.

    Masks are resized to the maps by nearest neighbour; both sides are measured by this same code.
    """
    from inspector.core.photo.resizing import resize_mask
    from inspector.core.promise.metrics import auroc
    from inspector.storage.photos.images import read_image

    kept, photos = np.load(scores), test_photos(dataset)
    defective = np.array([path.parent.name != "good" for path in photos])
    found: dict[str, float | None] = {"image_auroc": auroc(kept["scores"], defective), "pixel_auroc": None}
    if (dataset / "ground_truth").is_dir():
        maps: FloatArray = kept["maps"]
        masks = np.zeros(maps.shape, dtype=bool)
        for place, path in enumerate(photos):
            if path.parent.name != "good":
                mask = read_image(dataset / "ground_truth" / path.parent.name / f"{path.stem}_mask.png")
                masks[place] = resize_mask(mask[..., 0] > 0, maps.shape[1:])
        found["pixel_auroc"] = auroc(maps.ravel(), masks.ravel())
    return found


def _recipe(asked: argparse.Namespace) -> Recipe:
    settings = {"bank_rows": asked.bank_rows} if asked.bank_rows else {}
    return Recipe(method=asked.method, size=asked.size, settings=settings)


def _median_ms(function: Callable[[Any], Any], inputs: Sequence[Any], rounds: int) -> float:
    found = []
    for number in range(max(rounds, 1) + WARM_UP):
        one = inputs[number % len(inputs)]
        started = time.perf_counter()
        function(one)
        found.append((time.perf_counter() - started) * 1000.0)
    return float(np.median(found[WARM_UP:]))


def main() -> None:
    """Do a step and print its result as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = {"fit": fit, "predict": predict, "compare": compare_banks}
    parser.add_argument("step", choices=list(steps))
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path, help="keeps bundles and scores")
    parser.add_argument("--name", default="patchcore", help="of the bundle")
    parser.add_argument("--method", default="patchcore")
    parser.add_argument("--bank-rows", type=int, help="as many as anomalib's; the method's own number without it")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps(steps[asked.step](asked)))


if __name__ == "__main__":
    main()
