"""Measure whether defective photos hidden among good ones are ranked first after training.

    python benchmarks/judgement/suspects.py --data DIR --out RESULTS

For each dataset and seed, 8 random photos of defective parts are mixed into 150 good photos (5 in 100), and trained on
as `inspector train` does. Counted are those among the tenth of the photos that training calls most suspicious. RESULTS
keeps the measurements, and an interrupted run continues. The table goes into docs/benchmarks. About 40 s for each of
the 9 trainings on two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from benchmarks.measuring.apart import write_into
from benchmarks.measuring.cells import source_version
from benchmarks.photos.datasets import find_dataset
from inspector.core.training.plan import Recipe
from inspector.storage.atomic import replacing
from inspector.storage.good_photos.good_set import check_good_photos
from inspector.storage.photos.images import list_images
from inspector.workflows.training.train import train_on

DATASETS = ("solar-mono", "solar-poly", "transistor")
METHODS = ("reconpatch",)
SEEDS = 3
GOODS, HIDDEN = 150, 8
LOOKED_AT = 0.1
"""Share of the photos that somebody looks at, the most suspicious ones."""


def hide(root: Path, seed: int) -> tuple[list[Path], set[Path]]:
    """Draw good photos and defective ones of a dataset in the layout of MVTec AD.

    Returns
    -------
    list of Path, set of Path
        All of them, and the defective ones.
    """
    rng = np.random.default_rng(seed)
    goods = list_images(root / "train" / "good")
    defective = [path for path in list_images(root / "test") if path.parent.name != "good"]
    hidden = {defective[place] for place in rng.choice(len(defective), HIDDEN, replace=False)}
    chosen = [goods[place] for place in np.sort(rng.choice(len(goods), GOODS, replace=False))]
    return sorted([*chosen, *hidden]), hidden


def measure(root: Path, method: str, seed: int) -> dict[str, int]:
    """Train on a good set with hidden defects, and count those that stand among the most suspicious."""
    photos, hidden = hide(root, seed)
    with tempfile.TemporaryDirectory() as scratch:
        good_set = check_good_photos(root, photos)
        outcome = train_on(good_set, Path(scratch) / "mixed.inspector", Recipe(method=method, seed=seed), device="cpu")
    ranked = [good.path for good in outcome.goods]
    looked_at = ranked[: math.ceil(LOOKED_AT * len(ranked))]
    return {
        "hidden": len(hidden & set(ranked)),  # a near-duplicate counts as its original
        "found": len(hidden & set(looked_at)),
        "first": sum(1 for path in ranked[:HIDDEN] if path in hidden),
        "looked_at": len(looked_at),
    }


def kept(results: Path, dataset: str, method: str, seed: int, data: Path) -> dict[str, int]:
    """Return a measurement, from the folder of results if this code made it already."""
    place = results / "suspects" / f"{dataset}-{method}-{seed}-{source_version()}.json"
    if not place.is_file():
        found = measure(find_dataset(dataset, data, results), method, seed)
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary:
            temporary.write_text(json.dumps(found), encoding="utf-8")
        print(f"{dataset}, {method}, seed {seed}: {found}", file=sys.stderr, flush=True)
    found = json.loads(place.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def write_table(rows: dict[tuple[str, str], list[dict[str, int]]]) -> str:
    """Return measurements by dataset and method as a markdown table."""
    lines = [
        "| dataset | method | hidden defects in the first tenth | each seed | in the first 8 places |",
        "|---|---|---|---|---|",
    ]
    for (dataset, method), found in rows.items():
        hidden = sum(one["hidden"] for one in found)
        total = sum(one["found"] for one in found)
        each = ", ".join(str(one["found"]) for one in found)
        first = sum(one["first"] for one in found)
        lines.append(
            f"| {dataset} | {method} | {total} of {hidden} ({total / hidden:.0%}) | {each} | {first / hidden:.0%} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure missing values, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the given datasets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args()
    rows = {
        (dataset, method): [kept(asked.out, dataset, method, seed, asked.data) for seed in range(SEEDS)]
        for dataset in DATASETS
        for method in METHODS
    }
    write_into(asked.document, {"suspects": write_table(rows)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
