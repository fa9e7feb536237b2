"""How fast a folder is judged, against the model alone in batches and photos one by one.

    python benchmarks/folder_speed.py

Trains the default recipe at 256 px on real solar cells, then takes turns: the detector alone on decoded photos in
batches (backbone, search, map), the folder as `inspector inspect` judges it (decoding, guards, model, verdicts, several
photos at once), and the same photos one by one. Prints images a second, the median over rounds, and their ratios. Run
it on a computer that does nothing else; two minutes on two cores.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that the package is found from any folder

import numpy as np

GOODS, CELLS, SIZE, BATCH = 60, 100, 256, 4
PHOTOS, ROUNDS = 100, 5


def measure(scratch: Path, photos_count: int, rounds: int, goods: int = GOODS) -> dict[str, float]:
    """Return images a second: ``model``, ``folder`` and ``one by one``."""
    from inspector.core.recipe import Recipe
    from inspector.storage.images import read_image
    from inspector.storage.photo_list import list_images
    from inspector.workflows.demo import prepare_demo_data
    from inspector.workflows.inspect import inspect_photo, inspect_photos, open_bundle
    from inspector.workflows.train import train

    data = prepare_demo_data(scratch / "cells", goods=goods, new_goods=CELLS - CELLS // 2, new_defectives=CELLS // 2)
    train(data.good, scratch / "bundle.inspector", Recipe(size=SIZE), device="cpu")
    loaded = open_bundle(scratch / "bundle.inspector", device="cpu")
    cells = list_images(data.mixed)
    photos = [cells[index % len(cells)] for index in range(photos_count)]
    decoded = [read_image(path) for path in photos[: 2 * len(cells)]]

    def model() -> None:
        for start in range(0, photos_count, BATCH):
            loaded.detector.examine([decoded[index % len(decoded)] for index in range(start, start + BATCH)])

    def one_by_one() -> None:
        for path in photos:
            inspect_photo(loaded, path)

    ways: dict[str, Callable[[], object]] = {
        "model": model,
        "folder": lambda: inspect_photos(loaded, photos),
        "one by one": one_by_one,
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            found[name].append(photos_count / (time.perf_counter() - started))
    return {name: float(np.median(each)) for name, each in found.items()}


def write_table(found: dict[str, float], photos_count: int) -> str:
    """Return the measurement as a markdown table."""
    model = found["model"]
    names = {
        "model": f"the model alone, decoded photos in batches of {BATCH}",
        "folder": "the folder, from files to verdicts",
        "one by one": "the same, one photo after the other",
    }
    lines = ["| | images a second | of the model alone |", "|---|---|---|"]
    lines += [f"| {label} | {found[name]:.1f} | {found[name] / model:.0%} |" for name, label in names.items()]
    return "\n".join([*lines, "", f"{photos_count} photos of 300 x 300 px; default recipe at {SIZE} px."])


def make_table() -> str:
    """Measure, and return the table."""
    with tempfile.TemporaryDirectory() as scratch:
        return write_table(measure(Path(scratch), PHOTOS, ROUNDS), PHOTOS)


def main() -> None:
    """Print the table."""
    print(make_table())


if __name__ == "__main__":
    main()
