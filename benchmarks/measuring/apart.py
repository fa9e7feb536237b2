"""Measurements in separate processes, each kept at once, so that an interrupted run continues."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring.document import write_bodies
from benchmarks.measuring.standalone import with_command
from inspector.storage.atomic import replacing

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Kept:
    """The measurements, a file each.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    source : str
        The inputs of the figures beside the name, such as `benchmarks.measuring.cells.source_version` for the code:
        another value measures again.
    """

    folder: Path
    source: str

    def once(self, name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the value kept under a name, or measure and keep it."""
        place = self.folder / f"{name}-{self.source}.json"
        if place.is_file():
            kept: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            return kept
        started = time.monotonic()
        found = measure()
        tell(f"{name}: {time.monotonic() - started:.0f} s")
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary:
            temporary.write_text(json.dumps(found, indent=1), encoding="utf-8")
        return found


class MeasurementFailed(Exception):
    """A process ended without figures; its last line says why."""


def run_apart(
    script: str, words: Sequence[str], *, threads: int | None = None, python: str = sys.executable
) -> dict[str, Any]:
    """Run a script of benchmarks/ in a separate process and return the JSON of its last line.

    Parameters
    ----------
    script : str
        Its name.
    words : sequence of str
        Its arguments.
    threads : int or None
        OMP_NUM_THREADS of the process; None leaves the number to the libraries.
    python : str
        The interpreter.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    if threads is not None:
        environment["OMP_NUM_THREADS"] = str(threads)
    environment["HF_HUB_OFFLINE"] = "1"  # weights come from files; nothing is to be asked of a hub
    if python != sys.executable:  # packages of another environment must not be seen in this environment
        environment.pop("PYTHONPATH", None)
    finished = subprocess.run(
        [python, str(ROOT / "benchmarks" / script), *words],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if finished.returncode != 0:
        reason = (finished.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise MeasurementFailed(f"{script} {' '.join(words)}: {reason}")
    found: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
    return found


def write_into(document: Path | None, tables: dict[str, str]) -> None:
    """Write tables between their markers, each with its command: into one file, or each into its page of docs."""
    write_bodies({name: with_command(name, table) for name, table in tables.items()}, document)


def tell(words: str) -> None:
    """Say on stderr where a run stands."""
    print(words, file=sys.stderr, flush=True)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" if line[0] != "---" else "|---" * len(head) + "|" for line in lines)
