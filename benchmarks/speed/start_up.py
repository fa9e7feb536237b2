"""How long one waits for the program: its help, its window, a bundle.

    python benchmarks/speed/start_up.py [--times 10]

Each run is a process of its own. "Warm" is with the program's files in memory, as at a second start. "Cold" is after
they were removed from it, as at the first start after a pause, if the system allows that. A bundle is opened in a
process without loaded libraries, and again with them: the time of a later click. Prints a markdown table: the median,
and the longest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

from inspector.core.training.plan import Recipe
from inspector.workflows.measuring.demo import prepare_demo_data
from inspector.workflows.training.train import train

ROOT = Path(__file__).resolve().parents[2]
TIMES, COLD_TIMES, GOODS = 10, 3, 40
TARGETS_S = {"help": 0.3, "window": 1.5, "bundle, libraries loaded": 0.3}

HELP = """
import runpy
sys.argv = ["inspector", "--help"]
out, sys.stdout = sys.stdout, open(os.devnull, "w")
try:
    runpy.run_module("inspector", run_name="__main__")
except SystemExit:
    pass
sys.stdout = out
done = time.monotonic()
"""
WINDOW = """
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from inspector import app
application = app.make_application(["inspector"])
window = app.make_window(application)
window.show()
application.processEvents()
window.grab()
done = time.monotonic()
window.close()
app.shut_down(window)
"""
BUNDLE = """
from pathlib import Path
from inspector.workflows.judging.loaded_bundle import open_bundle
open_bundle(Path(sys.argv[1]))
done = time.monotonic()
for _ in range(3):
    begun = time.monotonic()
    open_bundle(Path(sys.argv[1]))
    again.append(time.monotonic() - begun)
"""
FRAME = """
import json, os, sys, time
again = []
{deed}
known = [getattr(module, name, None) for module in list(sys.modules.values()) for name in ("__file__", "__cached__")]
files = {{name for name in known if isinstance(name, str)}}  # torch's operators have anything for a name
maps = "/proc/self/maps"
if os.path.exists(maps):
    files |= {{line.split(maxsplit=5)[5].strip() for line in open(maps) if line.count("/")}}
print(json.dumps({{"done": done, "again": again, "files": sorted(files)}}), flush=True)
"""


@dataclass
class Waits:
    """Seconds of an action.

    Parameters
    ----------
    warm, cold : list of float
        From the start of the process, with its files in memory and without.
    again : list of float
        Once more in the same process; empty where that makes no sense.
    """

    warm: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)


def measure(deed: str, times: int, cold_times: int, *arguments: str) -> Waits:
    """Do something in as many processes, and return how long it took."""
    found, files = Waits(), _run(deed, arguments)[1]["files"]  # which compiles code that was never compiled
    for _ in range(times):
        seconds, said = _run(deed, arguments)
        found.warm.append(seconds)
        found.again += said["again"]
    for _ in range(cold_times):
        _forget(files)
        found.cold.append(_run(deed, arguments)[0])
    return found


def _run(deed: str, arguments: Sequence[str]) -> tuple[float, dict[str, Any]]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once, not at each start
    begun = time.monotonic()  # one clock for all processes of a computer
    finished = subprocess.run(
        [sys.executable, "-c", FRAME.format(deed=deed), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    said: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return said["done"] - begun, said


def _forget(files: Sequence[str]) -> None:
    """Put files out of memory, as far as no other program holds them there."""
    if not hasattr(os, "posix_fadvise"):
        return
    for name in files:
        if os.path.isfile(name):
            with open(name, "rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def write_table(found: dict[str, Waits]) -> str:
    """Return the measurements as a markdown table."""
    rows: list[tuple[str, list[float], list[float], float | None]] = [
        ("`inspector --help`", found["help"].warm, found["help"].cold, TARGETS_S["help"]),
        ("the window, painted", found["window"].warm, found["window"].cold, TARGETS_S["window"]),
        ("a bundle, libraries loaded", found["bundle"].again, [], TARGETS_S["bundle, libraries loaded"]),
        ("a bundle, from the start of the process", found["bundle"].warm, found["bundle"].cold, None),
    ]
    lines = ["| | warm | cold | target |", "|---|---:|---:|---:|"]
    for name, warm, cold, target in rows:
        lines.append(f"| {name} | {_seconds(warm)} | {_seconds(cold)} | {'' if target is None else f'{target} s'} |")
    return "\n".join([*lines, "", f"Warm: {len(found['help'].warm)} processes; cold: {len(found['help'].cold)}."])


def _seconds(took: Sequence[float]) -> str:
    return f"{statistics.median(took):.2f} s (at most {max(took):.2f})" if took else ""


def make_table(times: int = TIMES, cold_times: int = COLD_TIMES) -> str:
    """Measure, and return the table."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {
            "INSPECTOR_HOME": str(Path(scratch) / "home"),
            "PYTHONPYCACHEPREFIX": str(Path(scratch) / "compiled"),
        }
        good = prepare_demo_data(Path(scratch) / "cells", goods=GOODS, new_goods=1, new_defectives=1).good
        bundle = Path(scratch) / "cells.inspector"
        train(good, bundle, Recipe())
        deeds: dict[str, Callable[[], Waits]] = {
            "help": lambda: measure(HELP, times, cold_times),
            "window": lambda: measure(WINDOW, times, cold_times),
            "bundle": lambda: measure(BUNDLE, max(times // 2, 1), cold_times, str(bundle)),
        }
        return write_table({name: deed() for name, deed in deeds.items()})


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=TIMES, help="processes for each row")
    asked = parser.parse_args()
    print(make_table(asked.times))


if __name__ == "__main__":
    main()
