"""How long reports take, how large they are, and how much memory they need.

    python benchmarks/speed/report_speed.py --folder DIR [--parts 500]

makes two histories of NG parts in DIR, real photos of solar cells with generated score maps, once in the size of the
package elpv-dataset (300 x 300) and once enlarged to 1600 x 1200, and writes a report on all of them in each format.
Prints a table for docs/benchmarks. A separate process writes each report, on two cores. Memory is the highest need of
that process beyond its memory before the report, with the history open and the libraries loaded. Reads /proc, so it
runs on Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from inspector.core.judging.regions import find_regions
from inspector.core.review.decision import Decision, Review
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import ImageRGB, Inspection, Limits, ScoreMap
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.store import History
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.reports.writing import REPORT_SUFFIXES, report_on_history

SIZES_HW = ((300, 300), (1200, 1600))
DENSE_HW = (256, 256)
GRID_HW = (32, 32)
BEGUN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MEGA = 1e6


def main() -> None:
    """Make the histories where they are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where histories and reports lie, and stay")
    parser.add_argument("--parts", type=int, default=500)
    parser.add_argument("--write", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        print(json.dumps(_write(*asked.write)))
        return
    print("| photos | NG parts | format | seconds | file, MB | memory, MB |\n|---|---|---|---|---|---|")
    for height, width in SIZES_HW:
        history = asked.folder / f"{width}x{height}-{asked.parts}"
        if not history.exists():
            _fill(history, asked.parts, (height, width))
        for suffix in REPORT_SUFFIXES:
            words = [__file__, "--folder", asked.folder, "--write", history, asked.folder / f"{history.name}{suffix}"]
            ran = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=True)
            found = json.loads(ran.stdout)
            print(
                f"| {width} x {height} | {asked.parts} | {suffix} | {found['seconds']:.1f} | {found['file_mb']:.1f} | "
                f"{found['memory_mb']:.0f} |",
                flush=True,
            )


def _fill(folder: Path, parts: int, photo_hw: tuple[int, int]) -> None:
    import elpv_dataset

    photos = list_images(Path(elpv_dataset.__file__).parent / "data" / "images")
    random = np.random.default_rng(0)
    with History.open(folder) as history:
        for number in range(parts):
            image = cv2.resize(read_image(photos[number % len(photos)]), photo_hw[::-1], interpolation=cv2.INTER_CUBIC)
            part = _part(number, np.asarray(image, dtype=np.uint8), random)
            added = history.add(part)
            if number % 3 == 0:
                decision = Decision.DEFECT if number % 2 else Decision.FALSE_ALARM
                history.review(added, Review(decision, "benchmark", part.inspected_at, "crack", "seen by nobody"))


def _part(number: int, image_rgb: ImageRGB, random: np.random.Generator) -> JudgedPart:
    """Return a part with one to four round places over the limit, as wide as defects are."""
    grid = random.uniform(0.1, 0.6, GRID_HW).astype(np.float32)
    rows, columns = np.mgrid[: GRID_HW[0], : GRID_HW[1]]
    for _ in range(random.integers(1, 5)):
        row, column, width, peak = (*random.uniform(4, 28, 2), random.uniform(1, 3), random.uniform(1, 2))
        grid += (peak * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2))).astype(np.float32)
    score_map = ScoreMap(grid, DENSE_HW)
    hw = (image_rgb.shape[0], image_rgb.shape[1])
    return JudgedPart(
        part_id=f"generated {number:06d}",
        source="camera:0",
        inspected_at=BEGUN + timedelta(seconds=10 * number),
        image_rgb=image_rgb,
        inspection=Inspection(Path("frame"), hw, score_map.score, score_map, ms=10.0),
        limits=Limits(1.0),
        regions=tuple(find_regions(score_map, 1.0, hw)),
        bundle_sha256="0" * 64,
        bundle_name="generated",
        operator="benchmark",
        trigger="key",
    )


def _write(folder: Path, out: Path) -> dict[str, float]:
    import inspector.storage.reports.formats.pdf_document  # noqa: F401  loaded before the clock and the memory are read

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with History.open(folder) as history:
        history.count()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget what loading took at most
        before, begun = _memory_mb("VmRSS"), time.perf_counter()
        report_on_history(history, EVERYTHING, out, scope_words="Generated parts")
        seconds = time.perf_counter() - begun
        return {"seconds": seconds, "file_mb": out.stat().st_size / MEGA, "memory_mb": _memory_mb("VmHWM") - before}


def _memory_mb(which: str) -> float:
    """Return the present memory of this process (VmRSS), or its peak since the last reset (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{which}:")[2].split()[0]) / 1e3


if __name__ == "__main__":
    main()
