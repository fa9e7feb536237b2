"""Memory and time by the number of good photos, and the time of a photo after many.

    python benchmarks/whole_runs/memory.py --out RESULTS

Trains the default recipe on 100, 1,000 and 10,000 good photos at 256 px and on 2,000 at 512 px, each in a separate
process, and judges new photos one by one in another. Photos are made from real ones by
benchmarks/photos/derived_photos.py. RESULTS keeps the measurements, and an interrupted run continues. The table goes
into docs/benchmarks. `--goods 500 --size 256` measures that case alone and prints its row.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from benchmarks.measuring.apart import Kept, markdown, run_apart, tell, write_into
from benchmarks.measuring.cells import source_version
from benchmarks.measuring.hardware import hardware_line
from inspector.core.training.plan import DEFAULT_METHOD, Recipe

TABLE = "memory"
NEW, ROUNDS = 40, 5
"""New photos that are judged, and how often each."""
LIMIT_GIB = 4.0
"""Asked for: 2,000 good photos at 512 px and 10,000 at 256 px train in less resident memory."""


@dataclass(frozen=True, slots=True)
class Case:
    """A row: number of good photos, and pixels of their edge, which is also the working size."""

    goods: int
    size: int
    method: str = DEFAULT_METHOD

    @property
    def name(self) -> str:
        """Of the kept values."""
        return f"{TABLE}-{self.method}-{self.goods}-{self.size}"

    @property
    def words(self) -> list[str]:
        """Say the same to another process."""
        return ["--goods", str(self.goods), "--size", str(self.size), "--method", self.method]


CASES = (Case(100, 256), Case(1_000, 256), Case(10_000, 256), Case(2_000, 512))


def train_apart(folder: Path, case: Case) -> dict[str, Any]:
    """Train in this process and return the cost: seconds by stage, peak MiB, near-duplicates, bundle's bytes."""
    from inspector.workflows.training.train import train

    bundle = folder / "bundle.inspector"
    outcome = train(folder / "good", bundle, Recipe(size=case.size, method=case.method), device="cpu")
    return {
        "seconds": outcome.seconds,
        "peak_mib": outcome.peak_rss_mb,
        "counted": case.goods - outcome.manifest.near_duplicates,
        "bank_rows": outcome.manifest.bank_rows,
        "bundle_bytes": bundle.stat().st_size,
    }


def judge_apart(folder: Path) -> dict[str, Any]:
    """Judge new photos from their files in this process.

    Returns
    -------
    dict
        Milliseconds a photo (``p50``, ``p95``), how many were ``refused`` of how many ``judged``, and ``peak_mib``.
    """
    from inspector.storage.photos.images import list_images
    from inspector.workflows.computer.machine import peak_memory_mb
    from inspector.workflows.judging.inspect import inspect_photo
    from inspector.workflows.judging.loaded_bundle import open_bundle

    started = time.perf_counter()
    loaded = open_bundle(folder / "bundle.inspector", device="cpu")
    opened = time.perf_counter() - started
    photos = list_images(folder / "new")
    for photo in photos[:5]:  # the first photos create the caches
        inspect_photo(loaded, photo)
    found = [inspect_photo(loaded, photo) for _ in range(ROUNDS) for photo in photos]
    # Guards decide sooner where a photo is refused.
    judged = [one.ms for one in found if one.judged]
    return {
        "p50": float(np.percentile(judged, 50)),
        "p95": float(np.percentile(judged, 95)),
        "refused": (len(found) - len(judged)) // ROUNDS,
        "judged": len(judged) // ROUNDS,
        "opened_seconds": opened,
        "peak_mib": peak_memory_mb(),
    }


def measure(case: Case) -> dict[str, Any]:
    """Write a case's photos, train, and judge, each in a separate process with its own peak."""
    with tempfile.TemporaryDirectory() as scratch:
        words = [*case.words, "--folder", scratch]
        run_apart("whole_runs/memory.py", ["--step", "write", *words])
        tell(f"{case.name}: photos are written")
        trained = run_apart("whole_runs/memory.py", ["--step", "train", *words])
        return {"trained": trained, "judged": run_apart("whole_runs/memory.py", ["--step", "judge", *words])}


def _step(step: str, case: Case, folder: Path) -> dict[str, Any]:
    if step == "train":
        return train_apart(folder, case)
    if step == "judge":
        return judge_apart(folder)
    from benchmarks.photos.derived_photos import write_photos

    write_photos(folder, case.goods, NEW, case.size)
    return {}


HEAD = (
    "good photos", "px", "train", "of that a photo", "peak memory", "remembered patches", "bundle",
    "one photo p50, p95", "its peak memory",
)  # fmt: skip


def write_table(found: dict[Case, dict[str, Any]]) -> str:
    """Return the rows as markdown, with the stages of training."""
    rows, stages = [], []
    for case, one in found.items():
        trained, judged = one["trained"], one["judged"]
        total = trained["seconds"]["total"]
        rows.append(
            [
                f"{case.goods:,}",
                str(case.size),
                f"{total:.0f} s",
                f"{1000.0 * total / case.goods:.0f} ms",
                f"{trained['peak_mib'] / 1024:.2f} GiB",
                f"{trained['bank_rows']:,}",
                f"{trained['bundle_bytes'] / 1e6:.1f} MB",
                f"{judged['p50']:.1f} ms, {judged['p95']:.1f} ms",
                f"{judged['peak_mib'] / 1024:.2f} GiB",
            ]
        )
        spent = ", ".join(f"{name} {value:.1f} s" for name, value in trained["seconds"].items() if name != "total")
        rest = total - sum(value for name, value in trained["seconds"].items() if name != "total")
        copies = case.goods - trained["counted"]
        stages.append(
            f"- {case.goods:,} at {case.size} px: {spent}, rest {rest:.1f} s; {copies} taken for near-duplicates; "
            f"{judged['refused']} of {judged['refused'] + judged['judged']} new photos refused, and not timed."
        )
    return "\n".join([markdown(HEAD, rows), "", *stages, "", hardware_line("torch", "numpy")])


def main() -> int:
    """Do a step in this process on request, otherwise measure missing values and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder that keeps what was measured")
    parser.add_argument("--goods", type=int, help="measure so many good photos alone, and print the row")
    parser.add_argument("--size", type=int, default=256, help="edge of the photos, and of what the backbone sees")
    parser.add_argument("--method", default=DEFAULT_METHOD)
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    parser.add_argument("--step", choices=["write", "train", "judge"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step is not None:
        print(json.dumps(_step(asked.step, Case(asked.goods, asked.size, asked.method), asked.folder)))
    elif asked.goods is not None:
        case = Case(asked.goods, asked.size, asked.method)
        print(write_table({case: measure(case)}))
    elif asked.out is not None:
        kept = Kept(asked.out / "kept", source_version())
        found = {case: kept.once(case.name, lambda case=case: measure(case)) for case in CASES}  # type: ignore[misc]
        write_into(asked.document, {TABLE: write_table(found)})
    else:
        parser.error("give --out, the folder that keeps what was measured, or --goods for one case")
    return 0


if __name__ == "__main__":
    sys.exit(main())
