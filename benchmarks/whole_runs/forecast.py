"""Is the forecast true? Forecast and reality of training: time, memory, speed, size, time left.

    python benchmarks/whole_runs/forecast.py [--data DIR] [--quick] [--write]

Each forecast and each training has a process of its own. Solar cells come from the package elpv-dataset; with `--data`
(a folder that holds mvtec_transistor_512) transistors are trained on too. Prints a markdown table, with every figure
that is more than 30 % off in bold; `--write` puts it between its markers in docs/benchmarks. Run it on a computer that
does nothing else; about ten minutes on two cores, `--quick` one of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

from inspector.core.progress import Progress
from inspector.core.training.forecast import Stage, as_json
from inspector.core.training.plan import Recipe
from inspector.core.training.time_left import TimeLeft

NAME = "forecast"
MISS = 0.3
INSPECTED = 12
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Case:
    """One training: on which photos, on how many of them, how."""

    photos: str
    goods: int
    method: str
    size: int

    @property
    def label(self) -> str:
        """The name of the row."""
        return f"{self.goods} {self.photos}, {self.method}, {self.size} px"


CELLS = (
    Case("cells", 30, "reconpatch", 256),
    Case("cells", 150, "reconpatch", 256),
    Case("cells", 400, "reconpatch", 256),
    Case("cells", 30, "patchcore", 256),
    Case("cells", 150, "patchcore", 384),
    Case("cells", 150, "reconpatch", 384),
    Case("cells", 30, "coarse-to-fine", 256),
    Case("cells", 150, "coarse-to-fine", 256),
    Case("cells", 30, "coarse-to-fine", 384),
)
TRANSISTORS = (Case("transistors", 213, "reconpatch", 512), Case("transistors", 60, "coarse-to-fine", 256))
QUICK = (Case("cells", 30, "reconpatch", 256), Case("cells", 30, "coarse-to-fine", 128))


def forecast(good: Path, recipe: Recipe) -> dict[str, Any]:
    """Forecast in this process; return the forecast and its duration."""
    from inspector.workflows.computer.machine import load_libraries
    from inspector.workflows.training.forecast import forecast_training

    load_libraries()
    started = time.perf_counter()
    told = forecast_training(good, recipe, device="cpu")
    return as_json(told) | {"probe": time.perf_counter() - started, "before": [one.before for one in told.stages]}


def train(good: Path, recipe: Recipe, stages: Sequence[Stage]) -> dict[str, Any]:
    """Train in this process, record the shown time left, then inspect some photos."""
    from inspector.storage.photos.photo_list import list_images
    from inspector.workflows.computer.machine import load_libraries
    from inspector.workflows.judging.inspect import inspect_photo
    from inspector.workflows.judging.loaded_bundle import open_bundle
    from inspector.workflows.training import train as workflow

    load_libraries()
    left, told = TimeLeft(stages, time.monotonic()), []
    started = time.monotonic()

    def listen(progress: Progress) -> None:
        now = time.monotonic()
        left.hear(progress, now)
        told.append((now - started, left.seconds_left(now) or 0.0))

    with tempfile.TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "part.inspector"
        outcome = workflow.train(good, bundle, recipe, device="cpu", report=listen)
        loaded = open_bundle(bundle, device="cpu")
        times = sorted(inspect_photo(loaded, path).ms for path in list_images(good)[:INSPECTED])
        size = bundle.stat().st_size / 1e6
    total = outcome.seconds["total"]
    return {
        "seconds": total,
        "peak_memory_mb": outcome.peak_rss_mb,
        "ms_per_image": times[len(times) // 2],
        "bundle_mb": size,
        "left": [_left_off(told, total, share) for share in QUARTERS],
    }


def _left_off(told: Sequence[tuple[float, float]], total: float, share: float) -> float:
    """Return the relative error of the shown time left at a share of the training, counted down as shown."""
    at = share * total
    heard_at, left = max((one for one in told if one[0] <= at), default=(0.0, total))
    return max(left - (at - heard_at), 0.0) / (total - at) - 1.0


def measure(case: Case, good: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Forecast and train, each in a process of its own."""
    words = [str(good), case.method, str(case.size)]
    told = json.loads(_apart("--forecast", *words))
    return told, json.loads(_apart("--train", *words, stages=json.dumps(told)))


def _apart(*words: str, stages: str = "") -> str:
    return subprocess.run(
        [sys.executable, __file__, *words], input=stages, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout


def write_table(found: Sequence[tuple[Case, dict[str, Any], dict[str, Any]]]) -> str:
    """Return forecasts and truths as a markdown table."""
    lines = [
        "| training | probe | time | memory | a photo | bundle | time left at 25, 50, 75 % |",
        "|---|---|---|---|---|---|---|",
    ]
    misses = total = 0
    for case, told, true in found:
        offs = [told[key] / true[key] - 1.0 for key in ("seconds", "peak_memory_mb", "ms_per_image", "bundle_mb")]
        misses += sum(abs(off) > MISS for off in (*offs, *true["left"]))
        total += len(offs) + len(true["left"])
        cells = [
            _pair(told[key], true[key], off, unit)
            for key, unit, off in zip(
                ("seconds", "peak_memory_mb", "ms_per_image", "bundle_mb"), ("s", "MB", "ms", "MB"), offs, strict=True
            )
        ]
        lefts = ", ".join(_off(off) for off in true["left"])
        lines.append(f"| {case.label} | {told['probe']:.1f} s | {' | '.join(cells)} | {lefts} |")
    return "\n".join(
        [
            *lines, "",
            f"Forecast, then truth, then how far the forecast was off. {misses} of {total} figures are more than "
            f"{MISS:.0%} off, in bold. {os.cpu_count()} cores.",
        ]
    )  # fmt: skip


def _pair(told: float, true: float, off: float, unit: str) -> str:
    return (
        f"{told:.3g}, {true:.3g} {unit} ({_off(off)})"
        if true < 1000
        else f"{told:.0f}, {true:.0f} {unit} ({_off(off)})"
    )


def _off(off: float) -> str:
    words = f"{off:+.0%}"
    return f"**{words}**" if abs(off) > MISS else words


def make_table(cases: Sequence[Case], data: Path | None) -> str:
    """Measure, and return the table."""
    from inspector.workflows.measuring.demo import prepare_demo_data

    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases:
            good = Path(scratch) / f"{case.photos} {case.goods}"
            if not good.exists():
                if case.photos == "cells":
                    prepare_demo_data(good, goods=case.goods, new_goods=0, new_defectives=0)
                else:
                    _some(data, case.goods, good / "good")
            found.append((case, *measure(case, good / "good")))
            print(write_table(found[-1:]).splitlines()[2], file=sys.stderr)
    return write_table(found)


def _some(data: Path | None, count: int, folder: Path) -> None:
    assert data is not None
    folder.mkdir(parents=True)
    for path in sorted((data / "mvtec_transistor_512" / "train" / "good").iterdir())[:count]:
        (folder / path.name).symlink_to(path.resolve())


def main() -> None:
    """Do one step in this process if asked to, else make the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for step in ("--forecast", "--train"):
        parser.add_argument(step, nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help="Folder that holds mvtec_transistor_512.")
    parser.add_argument("--quick", action="store_true", help="Two small trainings only.")
    parser.add_argument("--write", action="store_true", help="Put the table into docs/benchmarks.")
    words = parser.parse_args()
    if words.forecast or words.train:
        good, method, size = words.forecast or words.train
        recipe = Recipe(method=method, size=int(size))
        if words.forecast:
            print(json.dumps(forecast(Path(good), recipe)))
            return
        told = json.loads(sys.stdin.read())
        each = zip(told["stages"], told["before"], strict=True)
        stages = [Stage(one["stage"], one["steps"], one["seconds"], before) for one, before in each]
        print(json.dumps(train(Path(good), recipe, stages)))
        return
    table = make_table(QUICK if words.quick else CELLS + (TRANSISTORS if words.data else ()), words.data)
    print(table)
    if words.write:
        from benchmarks.measuring.apart import write_into

        write_into(None, {NAME: table})


if __name__ == "__main__":
    main()
