"""Measure which photos guards refuse: defective ones, clean good ones, and good ones with a fault of the photo.

    python benchmarks/judgement/refusals.py --data DIR --out RESULTS

For each set a model of the default recipe is trained. All its test photos are inspected, and good ones with each fault
below. RESULTS keeps the measurements, and an interrupted run continues. The table goes into
docs/benchmarks/verdicts.md. About a minute for each set on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import cv2

from benchmarks.judgement.robustness import evenly
from benchmarks.judgement.verdict_sets import SETS
from benchmarks.measuring.cells import source_version
from benchmarks.measuring.document import write_bodies
from benchmarks.measuring.standalone import with_command
from benchmarks.photos.datasets import find_dataset
from benchmarks.photos.faults import FAULTS
from inspector.core.guards.readings import worst_outside
from inspector.core.training.plan import Recipe
from inspector.core.values import Inspection, Verdict
from inspector.storage.atomic import replacing
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.inspect import inspect_image, inspect_photo
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.training.train import train

TABLE = "refusals"
CHOSEN_ON = SETS
"""Sets that the rule and its factors were chosen on. On other sets it has not been measured."""
TOLD = (
    "exposure -0.5 stop",
    "exposure +0.5 stop",
    "blur 1.5 px",
    "noise 4 gray levels",
    "turned 10 degrees",
    "shifted 10 %",
)
"""Faults of `benchmarks.photos.faults` that are measured here."""
FAULTY = 20
"""Good photos that get each fault, at most."""


def refusals(found: Sequence[Inspection]) -> dict[str, Any]:
    """Return how many photos there are, how many are refused, and for which reading."""
    refused = [one for one in found if one.refusal is not None]
    worst = [worst_outside(one.readings) for one in refused]
    reasons = Counter("size or score" if one is None else one.name for one in worst)
    return {"photos": len(found), "refused": len(refused), "reasons": dict(reasons.most_common())}


def measured(loaded: LoadedBundle, photos: Sequence[Path]) -> dict[str, Any]:
    """Return `refusals` of a set's defective and clean good photos, and of good ones with each fault.

    A faulty photo that is NG counts beside those that are refused.
    """
    limits = loaded.stored.manifest.limits
    goods = [path for path in photos if path.parent.name == "good"]
    defective = [path for path in photos if path.parent.name != "good"]
    faulty = {}
    for name in TOLD:
        found = [
            inspect_image(loaded, FAULTS[name](read_image(path, loaded.depth)), path) for path in evenly(goods, FAULTY)
        ]
        faulty[name] = refusals(found) | {"ng": sum(one.verdict(limits) is Verdict.NG for one in found)}
    allowed = loaded.stored.manifest.guards
    return {
        "defective": refusals([inspect_photo(loaded, path) for path in defective]),
        "good": refusals([inspect_photo(loaded, path) for path in goods]),
        "promised": None if allowed is None else [allowed.promise.rate, allowed.promise.under],
        "faulty": faulty,
    }


def kept(name: str, data: Path, results: Path) -> dict[str, Any]:
    """Return the kept measurement of a set, or measure it now."""
    folder = results / "refusals" / f"{name}-{source_version()}"
    place, model = folder / "refusals.json", folder / "trained.inspector"
    if not place.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        root = find_dataset(name, data, results) if name.startswith("solar-") else data / name
        if not model.is_file():
            train(root / "train" / "good", model, Recipe(), device="cpu")
        found = measured(open_bundle(model, device="cpu"), list_images(root / "test"))
        with replacing(place) as temporary:
            temporary.write_text(json.dumps(found), encoding="utf-8")
        print(f"{name}: {found}", file=sys.stderr, flush=True)
    read: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return read


def write_table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the measurements of the sets as a markdown table."""
    heads = ("set", "defective refused", "for", "good refused", "promised, at most", *TOLD)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(_line(name, row) for name, row in rows.items())]
    words = (
        f"With a fault: the share of at most {FAULTY} good photos that is REFUSED, and after a plus sign the share "
        f"that is NG. The rule was chosen on {', '.join(name for name in rows if name in CHOSEN_ON)}."
    )
    return "\n".join([*lines, "", words])


def _line(name: str, row: dict[str, Any]) -> str:
    promised = row["promised"]
    cells = (
        name,
        _count(row["defective"]),
        ", ".join(f"{reason} {count}" for reason, count in row["defective"]["reasons"].items()) or "-",
        _count(row["good"]),
        "-" if promised is None else f"{100 * promised[0]:.1f} %, {100 * promised[1]:.1f} %",
        *(_shares(row["faulty"][fault]) for fault in TOLD),
    )
    return f"| {' | '.join(cells)} |"


def _count(found: dict[str, Any]) -> str:
    return f"{found['refused']} of {found['photos']}"


def _shares(found: dict[str, Any]) -> str:
    if not found["photos"]:
        return "-"
    ng = f" + {100 * found['ng'] / found['photos']:.0f}" if found["ng"] else ""
    return f"{100 * found['refused'] / found['photos']:.0f}{ng} %"


def main() -> int:
    """Measure missing values, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the given sets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--set", action="append", help="a folder of the given sets, instead of all; repeatable")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    body = with_command(TABLE, write_table({name: kept(name, asked.data, asked.out) for name in asked.set or SETS}))
    print(body)
    if not asked.set:  # a part of the table is only printed
        write_bodies({TABLE: body}, asked.document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
