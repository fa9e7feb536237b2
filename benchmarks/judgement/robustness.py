"""Measure what happens to verdicts when photos are taken otherwise than in training, without guards and with them.

    python benchmarks/judgement/robustness.py --data DIR --out RESULTS

For each dataset a bundle of the default recipe is trained. New good and defective photos are inspected as they are and
with each fault of benchmarks/photos/faults.py. RESULTS keeps the measurements, and an interrupted run continues. The
tables go into docs/benchmarks. About ten minutes for each dataset on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import cv2

from benchmarks.measuring.apart import write_into
from benchmarks.measuring.cells import source_version
from benchmarks.photos.datasets import find_dataset
from benchmarks.photos.faults import FAULTS, Fault
from inspector.core.guards.readings import worst_outside
from inspector.core.training.plan import Recipe
from inspector.core.values import Verdict
from inspector.storage.atomic import replacing
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.training.train import train

DATASETS = ("solar-mono", "solar-poly", "transistor")
OTHERS = ("solar-mono", "solar-poly", "transistor", "hazelnut", "deeppcb")
GOODS, DEFECTIVES, OF_ANOTHER = 100, 40, 10
"""Photos inspected with each fault, at most, and of each other dataset."""
ANOTHER = "another dataset's part"


def inspected(loaded: LoadedBundle, photos: Sequence[Path], fault: Fault) -> dict[str, Any]:
    """Inspect photos with a fault, without guards and with them.

    Returns
    -------
    dict
        Counts: ``photos``; ``ng`` and ``ok`` without guards; ``ng_guarded`` and ``ok_guarded``; ``refused``; and
        ``reasons``, for which reading.
    """
    plain = replace(loaded, guards=None)
    limits = loaded.stored.manifest.limits
    without: Counter[Verdict] = Counter()
    guarded: Counter[Verdict] = Counter()
    reasons: Counter[str] = Counter()
    for path in photos:
        image = fault(read_image(path))
        found = inspect_image(loaded, image, path)
        refused = found.refusal is not None
        without[(inspect_image(plain, image, path) if refused else found).verdict(limits)] += 1
        guarded[found.verdict(limits)] += 1
        worst = worst_outside(found.readings)
        if worst is not None:
            reasons[worst.name] += 1
    return {
        "photos": len(photos),
        "ng": without[Verdict.NG],
        "ok": without[Verdict.OK],
        "ng_guarded": guarded[Verdict.NG],
        "ok_guarded": guarded[Verdict.OK],
        "refused": guarded[Verdict.REFUSED],
        "reasons": dict(reasons.most_common()),
    }


def evenly(photos: Sequence[Path], most: int) -> list[Path]:
    """Return at most so many photos, evenly spread."""
    count = min(len(photos), most)
    return [photos[index * len(photos) // count] for index in range(count)]


class Study:
    """One dataset: its bundle and its measurements, kept in a folder.

    Parameters
    ----------
    dataset : str
        Name from `benchmarks.photos.datasets.DATASETS`.
    data, results : Path
        Folder of the given datasets; folder of the measurements.
    """

    def __init__(self, dataset: str, data: Path, results: Path) -> None:
        self.dataset, self.data, self.results = dataset, data, results
        self.folder = results / "robustness" / f"{dataset}-{source_version()}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the kept measurement of each row, or measure it now."""
        return {"promise": self._kept("promise")} | {name: self._kept(name) for name in (*FAULTS, ANOTHER)}

    def _kept(self, name: str) -> dict[str, Any]:
        place = self.folder / f"{name.replace(' ', '-').replace('%', 'percent')}.json"
        if not place.is_file():
            found = self._measured(name)
            with replacing(place) as temporary:
                temporary.write_text(json.dumps(found), encoding="utf-8")
            print(f"{self.dataset}, {name}: {found}", file=sys.stderr, flush=True)
        kept: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return kept

    def _measured(self, name: str) -> dict[str, Any]:
        root = find_dataset(self.dataset, self.data, self.results)
        loaded = self._bundle(root)
        if name == "promise":
            manifest = loaded.stored.manifest
            refused = manifest.guards.promise if manifest.guards is not None else None
            return {
                "goods": manifest.threshold.false_alarm.goods,
                "false_alarm": [manifest.threshold.false_alarm.rate, manifest.threshold.false_alarm.high],
                "refused": None if refused is None else [refused.rate, refused.high],
            }
        if name == ANOTHER:
            folders = [find_dataset(one, self.data, self.results) for one in OTHERS if one != self.dataset]
            others = [path for folder in folders for path in evenly(list_images(folder / "train"), OF_ANOTHER)]
            return {"other": inspected(loaded, others, FAULTS["none"])}
        photos = list_images(root / "test")
        good = evenly([path for path in photos if path.parent.name == "good"], GOODS)
        defective = evenly([path for path in photos if path.parent.name != "good"], DEFECTIVES)
        return {
            "good": inspected(loaded, good, FAULTS[name]),
            "defective": inspected(loaded, defective, FAULTS[name]),
        }

    def _bundle(self, root: Path) -> LoadedBundle:
        place = self.folder / "trained.inspector"
        if not place.is_file():
            train(root / "train" / "good", place, Recipe(), device="cpu")
        return open_bundle(place, device="cpu")


def write_table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the measurements of a dataset as a markdown table."""
    promise = rows["promise"]
    lines = [
        "| fault | false alarms | with guards | escapes | with guards | good refused | defective refused | "
        "most often for |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(name, rows[name]) for name in FAULTS),
    ]
    other = rows[ANOTHER]["other"]
    refused = f"{_share(other, 'refused')} of {other['photos']} photos refused, {_share(other, 'ng')} NG without guards"
    alarm, high = (f"{100 * share:.1f} %" for share in promise["false_alarm"])
    words = f"{promise['goods']} good photos promise {alarm} false alarms (at most {high})"
    if promise["refused"] is not None:
        cost, most = (f"{100 * share:.1f} %" for share in promise["refused"])
        words += f" and {cost} refused (at most {most})"
    none = rows["none"]
    counts = f"{none['good']['photos']} good and {none['defective']['photos']} defective photos, never trained on."
    return "\n".join([*lines, "", f"{words}. {counts} Another dataset's part: {refused}."])


def _line(name: str, row: dict[str, Any]) -> str:
    good, defective = row["good"], row["defective"]
    reasons = ", ".join(list(good["reasons"])[:2]) or "-"
    cells = (
        name,
        _share(good, "ng"),
        _share(good, "ng_guarded"),
        _share(defective, "ok"),
        _share(defective, "ok_guarded"),
        _share(good, "refused"),
        _share(defective, "refused"),
        reasons,
    )
    return f"| {' | '.join(cells)} |"


def _share(counts: dict[str, Any], key: str) -> str:
    return f"{100 * counts[key] / counts['photos']:.0f} %"


def main() -> int:
    """Measure missing values, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the given datasets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--only", action="append", choices=DATASETS, help="a dataset; repeatable")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    for dataset in asked.only or DATASETS:
        table = write_table(Study(dataset, asked.data, asked.out).rows())
        write_into(asked.document, {f"robustness-{dataset}": table})
    return 0


if __name__ == "__main__":
    sys.exit(main())
