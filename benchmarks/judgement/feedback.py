"""Measure the effect of feeding false alarms back on later parts, and alternatives to it.

    python benchmarks/judgement/feedback.py --out RESULTS [--only KIND] [--splits 3] [--reuse] [--write]

Random splits of the solar cells of the package elpv-dataset: training uses 150 good cells. Of two batches of new good
cells, the false alarms of the first are fed back. The second, with half of the defective cells, is scored before and
after. The batches come as in training, brighter, and half of another kind of cell. RESULTS/feedback keeps the
measurements, and an interrupted run continues. The tables go into docs/benchmarks. One thread; a split takes a method 6
minutes (mono) or 10 (poly).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import cv2
import torch

from benchmarks.judgement.feedback_tables import anew_table, fed_back_table
from benchmarks.judgement.feedback_trials import OTHER_KIND, Cells, Trials
from benchmarks.measuring.apart import write_into
from benchmarks.measuring.cells import source_version
from inspector.storage.atomic import replacing

METHODS = ("reconpatch", "patchcore")
SPLITS = 3
TABLES = {"feedback": fed_back_table, "feedback-anew": anew_table}

Rows = list[dict[str, Any]]


def kept_place(results: Path, kind: str, method: str, number: int, *, reuse: bool) -> Path:
    """Return the file of a split: of this code, or with `reuse` the newest of any."""
    folder = results / "feedback"
    own = folder / f"{kind}-{method}-{number}-{source_version()}.json"
    others = folder.glob(f"{kind}-{method}-{number}-*.json") if reuse and not own.is_file() else []
    return max(others, key=lambda path: path.stat().st_mtime, default=own)


def run(results: Path, kind: str, splits: int, *, reuse: bool) -> None:
    """Run the splits of a kind of cells that are not kept."""
    trials: Trials | None = None
    for number in range(splits):
        for method in METHODS:
            place = kept_place(results, kind, method, number, reuse=reuse)
            if place.is_file():
                continue
            trials = trials or Trials(Cells(kind))
            rows = trials.run(method, number)
            place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(place) as temporary:
                temporary.write_text(json.dumps(rows), encoding="utf-8")
            print(f"{kind}, {method}, split {number}", file=sys.stderr, flush=True)


def main() -> int:
    """Measure missing values, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--only", action="append", choices=list(OTHER_KIND), help="a kind of cells; repeatable")
    parser.add_argument("--splits", type=int, default=SPLITS, help="random splits of each row")
    parser.add_argument("--reuse", action="store_true", help="take what older code measured, where it is kept")
    parser.add_argument("--write", action="store_true", help="measure nothing, write what is kept")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)  # photos are small: threads that wait for each other cost more than they give
    for kind in [] if asked.write else asked.only or list(OTHER_KIND):
        run(asked.out, kind, asked.splits, reuse=asked.reuse)
    measured = {
        (kind, method): [row for number in range(asked.splits) for row in _kept(asked, kind, method, number)]
        for kind in OTHER_KIND
        for method in METHODS
    }
    write_into(asked.document, {name: table(measured) for name, table in TABLES.items()})
    return 0


def _kept(asked: argparse.Namespace, kind: str, method: str, number: int) -> Rows:
    place = kept_place(asked.out, kind, method, number, reuse=asked.reuse)
    rows: Rows = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else []
    return rows


if __name__ == "__main__":
    sys.exit(main())
