"""How long OpenMP's threads should spin before they sleep: training and inspection on idle and on busy cores.

    python benchmarks/speed/threads.py

For each value of GOMP_SPINCOUNT, trains on 40 solar cells and inspects 20 others in a separate process: first on idle
cores, then beside as many computing programs as there are cores. Prints a markdown table. Run it on a computer that
does nothing else; about three minutes on two cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GOODS, NEW = 40, 10
LIMIT_S = 60.0
SETTINGS = {
    # Without GOMP_SPINCOUNT and OMP_WAIT_POLICY libgomp spins 300,000 times (its manual, "GOMP_SPINCOUNT"). Inspector
    # sets the variable unless it is set, so the default has to be named.
    "OpenMP's default (300000)": "300000",
    "never spin (0)": "0",
    "1000 (what Inspector sets)": "1000",
    "20000": "20000",
}
"""Label of the row, and the value of GOMP_SPINCOUNT."""


def measure(out: Path) -> dict[str, Any]:
    """Train and inspect in this process.

    Returns
    -------
    dict
        Seconds to ``learn`` and to ``score`` the good photos, and milliseconds for one ``photo`` (p50, without the
        first).
    """
    import numpy as np

    from inspector.core.training.plan import Recipe
    from inspector.storage.photos.photo_list import list_images
    from inspector.workflows.judging.inspect import inspect_photos
    from inspector.workflows.judging.loaded_bundle import open_bundle
    from inspector.workflows.measuring.demo import prepare_demo_data
    from inspector.workflows.training.train import train

    data = prepare_demo_data(out / "photos", goods=GOODS, new_goods=NEW, new_defectives=NEW)
    trained = train(data.good, out / "cells.inspector", Recipe(), device="cpu")
    run = inspect_photos(open_bundle(trained.bundle, device="cpu"), list_images(data.mixed))
    times = [one.ms for one in run.inspections]
    return {
        "learn": trained.seconds["fit"],
        "score": trained.seconds["calibrate"],
        "photo": float(np.percentile(times[1:], 50)),
    }


def measure_apart(spincount: str) -> dict[str, Any] | None:
    """Return `measure` of a process of its own with this spin count, or None if it takes longer than `LIMIT_S`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    with tempfile.TemporaryDirectory() as scratch:
        try:
            finished = subprocess.run(
                [sys.executable, __file__, "--measure", scratch],
                env=environment | {"GOMP_SPINCOUNT": spincount},
                stdout=subprocess.PIPE,
                encoding="utf-8",
                timeout=LIMIT_S,
                check=True,
            )
        except subprocess.TimeoutExpired:
            return None
    measured: dict[str, Any] = json.loads(finished.stdout)
    return measured


@contextmanager
def busy_cores(programs: int) -> Iterator[None]:
    """Keep cores busy with programs that compute without pause."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for program in running:
            program.kill()
            program.wait()


def write_table(idle: dict[str, Any], busy: dict[str, Any], cores: int) -> str:
    """Return the measurements by label of the row as a markdown table."""
    lines = [
        "| GOMP_SPINCOUNT | idle: learn, score, photo | busy: learn, score, photo |",
        "|---|---|---|",
        *(f"| {label} | {_cell(idle[label])} | {_cell(busy[label])} |" for label in idle),
        "",
        f"{GOODS} solar cells trained, {2 * NEW} inspected, on {cores} cores; busy: beside {cores} programs that "
        "compute without pause.",
    ]
    return "\n".join(lines)


def _cell(one: dict[str, Any] | None) -> str:
    if one is None:
        return f"over {LIMIT_S:.0f} s in all"
    return f"{one['learn']:.1f} s, {one['score']:.1f} s, {one['photo']:.0f} ms"


def make_table() -> str:
    """Measure all settings, idle and busy, and return the table; tells on stderr where it stands."""
    cores = os.cpu_count() or 1
    started = time.monotonic()
    states: list[dict[str, Any]] = []
    for programs in (0, cores):
        with busy_cores(programs):
            found = {}
            for label, spincount in SETTINGS.items():
                found[label] = measure_apart(spincount)
                state = "busy" if programs else "idle"
                print(f"{time.monotonic() - started:4.0f} s  {state}, {label}: {_cell(found[label])}", file=sys.stderr)
        states.append(found)
    return write_table(states[0], states[1], cores)


def main(words: list[str]) -> None:
    """Measure in this process if asked to, else make the table."""
    if words[:1] == ["--measure"]:
        print(json.dumps(measure(Path(words[1]))))
    elif words:
        sys.exit(__doc__)
    else:
        print(make_table())


if __name__ == "__main__":
    main(sys.argv[1:])
