"""Inspector and anomalib side by side: the same photos, weights, size, rows in the bank and threads, one run.

    python benchmarks/whole_runs/side_by_side.py --out RESULTS [--data DIR]

anomalib gets a separate virtual environment in RESULTS, with Inspector's version of torch; creating it needs a package
index. Each fit and each series of photos is a process of its own; the sides take turns, round after round. Solar cells
are taken from the package elpv-dataset. With --data, the folder that holds mvtec_transistor_512, figures of pixels come
from there, in one round. RESULTS keeps the measurements, and an interrupted run continues. The tables go into
docs/benchmarks/anomalib.md. About 12 minutes on two idle cores, and 8 more with --data.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

from benchmarks.measuring.apart import Kept, run_apart, tell, write_into
from benchmarks.measuring.cells import source_version
from benchmarks.measuring.hardware import cores
from benchmarks.photos.datasets import find_dataset
from benchmarks.whole_runs.side_by_side_inspector import quality
from benchmarks.whole_runs.side_by_side_table import SIDES, write_tables
from inspector.engine.features.weight_files import EMBEDDED

ANOMALIB = "2.7.0"
SIZE = 256
ROUNDS = 2
TIMED_ROUNDS = 60
"""Photos timed in each series of a process."""
TIMED_DATASET, PIXEL_DATASET = "solar-mono", "transistor"

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """The Python interpreters of both sides.

    Parameters
    ----------
    out : Path
        Keeps measurements, datasets, bundles and scores.
    python : str
        The interpreter beside anomalib.
    size : int
        Edge in pixels that the backbone sees.
    """

    out: Path
    python: str
    size: int = SIZE

    @property
    def kept(self) -> Kept:
        """The measurements with this version of the code."""
        return Kept(self.out / "kept", source_version())

    def anomalib(self, step: str, dataset: Path, *words: str) -> Found:
        """Run a step of anomalib's side."""
        weights = str(EMBEDDED["tf_efficientnet_lite0"].path())
        given = [step, str(dataset), str(self._folder(dataset)), "--size", str(self.size), "--weights", weights, *words]
        return run_apart("whole_runs/side_by_side_anomalib.py", given, threads=cores(), python=self.python)

    def inspector(self, step: str, dataset: Path, side: str, bank_rows: int, *words: str) -> Found:
        """Run a step of Inspector's side; plain PatchCore gets as many rows as anomalib's bank has."""
        rows = ["--bank-rows", str(bank_rows)] if side == "patchcore" else []
        given = [step, str(dataset), str(self._folder(dataset)), "--size", str(self.size), "--name", side]
        return run_apart(
            "whole_runs/side_by_side_inspector.py", [*given, "--method", side, *rows, *words], threads=cores()
        )

    def backbone(self, batch: int, rounds: int) -> Found:
        """Time the backbone alone."""
        words = ["--size", str(self.size), "--batch", str(batch), "--rounds", str(rounds)]
        return run_apart("whole_runs/side_by_side_backbone.py", words, threads=cores())

    def scores(self, dataset: Path, side: str) -> Path:
        """Return the file in which a side kept scores and maps of the test photos."""
        return self._folder(dataset) / f"{side}-scores.npz"

    def _folder(self, dataset: Path) -> Path:
        return self.out / "side-by-side" / dataset.name


def run_round(bench: Bench, dataset: Path, number: int, timed: int) -> dict[str, dict[str, Found]]:
    """Let the sides take turns once: all fit, then all judge.

    Returns
    -------
    dict
        By side: what ``fit`` and ``predict`` found.
    """
    kept, name = bench.kept, f"side-by-side-{dataset.name}-{bench.size}-{number}"
    words = ["--rounds", str(timed)]
    found: dict[str, dict[str, Found]] = {side: {} for side in SIDES}
    found["anomalib"]["fit"] = kept.once(f"{name}-anomalib-fit", lambda: bench.anomalib("fit", dataset))
    rows = int(found["anomalib"]["fit"]["bank_rows"])
    for side in ("patchcore", "reconpatch"):
        found[side]["fit"] = kept.once(
            f"{name}-{side}-fit",
            lambda side=side: bench.inspector("fit", dataset, side, rows),  # type: ignore[misc]
        )
    found["anomalib"]["predict"] = kept.once(
        f"{name}-anomalib-predict", lambda: bench.anomalib("predict", dataset, *words)
    )
    for side in ("patchcore", "reconpatch"):
        found[side]["predict"] = kept.once(
            f"{name}-{side}-predict",
            lambda side=side: bench.inspector("predict", dataset, side, rows, *words),  # type: ignore[misc]
        )
    return found


def compare(bench: Bench, dataset: Path, rows: int) -> Found:
    """Return by side image and pixel AUROC, and how the banks compare on anomalib's patch features."""

    def measure() -> Found:
        bench.anomalib("embed", dataset)
        banks = bench.inspector("compare", dataset, "patchcore", rows)
        return {"banks": banks} | {side: quality(dataset, bench.scores(dataset, side)) for side in SIDES}

    return bench.kept.once(f"side-by-side-{dataset.name}-{bench.size}-compare", measure)


def measure(bench: Bench, data: Path | None, rounds: int, timed: int) -> Found:
    """Measure missing values.

    Returns
    -------
    dict
        ``rounds`` of the solar cells, ``backbone`` by batch, and by dataset ``quality``.
    """
    dataset = find_dataset(TIMED_DATASET, bench.out, bench.out)
    runs = [run_round(bench, dataset, number, timed) for number in range(rounds)]
    backbone = {
        str(batch): bench.kept.once(
            f"side-by-side-backbone-{batch}-{bench.size}",
            lambda batch=batch, share=share: (  # type: ignore[misc]
                bench.backbone(batch, timed // share)
            ),
        )
        for batch, share in ((1, 1), (16, 4))
    }
    found: Found = {"rounds": runs, "backbone": backbone, "quality": {}}
    rows = int(runs[-1]["anomalib"]["fit"]["bank_rows"])
    found["quality"][TIMED_DATASET] = compare(bench, dataset, rows) | {"round": runs[-1]}
    if data is not None:
        pixels = find_dataset(PIXEL_DATASET, data, bench.out)
        once = run_round(bench, pixels, 0, timed=4)
        rows = int(once["anomalib"]["fit"]["bank_rows"])
        found["quality"][PIXEL_DATASET] = compare(bench, pixels, rows) | {"round": once}
    return found


def make_environment(folder: Path) -> str:
    """Make a virtual environment with anomalib and Inspector's own versions of torch in it, once; return its Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / f"anomalib-{ANOMALIB}"
    if not ready.is_file():
        tell(f"making a virtual environment with anomalib {ANOMALIB}: a few minutes")
        venv.create(folder, with_pip=True, clear=True)
        same = [f"{name}=={version(name).partition('+')[0]}" for name in ("torch", "torchvision", "timm", "numpy")]
        command = [str(python), "-m", "pip", "install", "--quiet", f"anomalib=={ANOMALIB}", *same]
        subprocess.run(command, check=True, stdout=sys.stderr)
        ready.touch()
    return str(python)


def main() -> int:
    """Measure missing values, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--data", type=Path, help="folder of mvtec_transistor_512; without it, no figures of pixels")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often the sides take turns")
    parser.add_argument("--timed", type=int, default=TIMED_ROUNDS, help="photos timed in each series")
    parser.add_argument("--size", type=int, default=SIZE, help="edge in pixels that the backbone sees")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args()
    out = asked.out.resolve()
    bench = Bench(out, make_environment(out / "anomalib-venv"), asked.size)
    found = measure(bench, asked.data, asked.rounds, asked.timed)
    write_into(asked.document, write_tables(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
