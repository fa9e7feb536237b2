"""One measurement: `inspector evaluate` in a separate process, and its kept output."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring.declared import Row, Table
from benchmarks.photos.datasets import DATASETS, DatasetMissing, find_dataset
from inspector.storage.atomic import replacing

ROOT = Path(__file__).resolve().parents[2]
DECIDING = ("core", "engine", "storage", "workflows")
"""The layers of inspector/ whose code decides figures."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A measurement: a row on a dataset, all its seeds.

    Parameters
    ----------
    dataset : str
        Name from `DATASETS`.
    options : str
        Words of `inspector evaluate`.
    repeats : int
        Seeds, from 0.
    """

    dataset: str
    options: str
    repeats: int

    def command(self, path: str) -> list[str]:
        """Return the words after ``inspector``."""
        repeats = ["--repeats", str(self.repeats)] if self.repeats > 1 else []
        return ["evaluate", path, *shlex.split(self.options), *repeats, "--json"]

    @property
    def shown(self) -> str:
        """The command as people type it, beside the dataset's folder."""
        return f"inspector {shlex.join(self.command(DATASETS[self.dataset].folder))}"

    @property
    def key(self) -> str:
        """The same for the same measurement, whichever code makes it."""
        return f"{self.dataset}-{hashlib.sha256(self.shown.encode()).hexdigest()[:12]}"


def cells_of(table: Table, repeats: int | None = None) -> dict[tuple[Row, str], Cell]:
    """Return a table's cells by row and dataset; `repeats` overrides the table's own number of seeds."""
    return {
        (row, dataset): Cell(dataset, row.options, repeats or table.repeats)
        for row in table.rows
        for dataset in table.datasets
    }


def source_version() -> str:
    """Return a hash of the code that decides figures, so that a change of it measures again."""
    digest = hashlib.sha256()
    for room in DECIDING:
        for path in sorted((ROOT / "inspector" / room).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


class Bench:
    """Runs cells and keeps their output.

    Parameters
    ----------
    data, results : Path
        Folder of the given datasets; folder of the kept output.
    threads : int
        Threads of each process (OMP_NUM_THREADS).
    reuse : bool
        Take what another version of the code or another number of threads measured, where nothing newer is kept.
    """

    def __init__(self, data: Path, results: Path, threads: int, *, reuse: bool = False) -> None:
        self.data, self.results, self.threads, self.reuse = data.resolve(), results.resolve(), threads, reuse
        self.source = source_version()

    def kept(self, cell: Cell) -> dict[str, Any] | None:
        """Return the kept output of a cell: ``figures``, ``threads``, ``source`` and ``command``; or None."""
        places = [self._place(cell)]
        if self.reuse:
            others = (self.results / "cells").glob(f"{cell.key}-*.json")
            places += sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
        for place in places:
            if place.is_file():
                found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
                return found
        return None

    def measure(self, cell: Cell) -> str | None:
        """Run a cell and keep its output; return None, or a line with the reason of a failure."""
        try:
            path = find_dataset(cell.dataset, self.data, self.results)
        except DatasetMissing as error:
            return str(error)
        started = time.monotonic()
        finished = subprocess.run(
            [sys.executable, "-m", "inspector", *cell.command(str(path))],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": str(self.threads)},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if source_version() != self.source:
            return "the code was changed since the start; begin again"
        if finished.returncode != 0:
            return (finished.stderr.strip().splitlines() or [f"it ended with {finished.returncode}"])[-1]
        place = self._place(cell)
        place.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "command": cell.shown,
            "source": self.source,
            "threads": self.threads,
            "seconds": time.monotonic() - started,
            "figures": json.loads(finished.stdout),
        }
        with replacing(place) as temporary:
            temporary.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return None

    def kept_text(self, name: str) -> str | None:
        """Return a table that this version of the code made as a whole, or None; `reuse` takes any version's newest."""
        places = [self._text_place(name)]
        if self.reuse:
            others = self.results.glob(f"{name}-*.md")
            places += sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
        return next((place.read_text(encoding="utf-8") for place in places if place.is_file()), None)

    def keep_text(self, name: str, table: str) -> None:
        """Keep a table that was made as a whole."""
        self.results.mkdir(parents=True, exist_ok=True)
        with replacing(self._text_place(name)) as temporary:
            temporary.write_text(table, encoding="utf-8")

    def _text_place(self, name: str) -> Path:
        return self.results / f"{name}-{self.source}.md"

    def _place(self, cell: Cell) -> Path:
        return self.results / "cells" / f"{cell.key}-{self.source}-{self.threads}.json"
