"""Tables that are no rows of `inspector evaluate`: the demo, live pictures, start-up, and threads on busy cores."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.speed import live_speed, start_up, threads


class NotMeasured(Exception):
    """A table could not be made; says why in one sentence."""


def demo_table() -> str:
    """Run `inspector demo` and return its row."""
    with tempfile.TemporaryDirectory() as scratch:
        finished = subprocess.run(
            [sys.executable, "-m", "inspector", "demo", "--no-gui", "--json", "--out", scratch],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if finished.returncode != 0:
        raise NotMeasured((finished.stderr.strip().splitlines() or ["the demo ended without a word"])[-1])
    return write_demo(json.loads(finished.stdout))


def write_demo(found: Mapping[str, Any]) -> str:
    """Return the output of `inspector demo --json` as a markdown table."""
    alarm, confusion, seconds = found["train"]["false_alarm"], found["confusion"], found["train"]["seconds"]
    row = {
        "image AUROC": f"{found['image_auroc']:.3f}",
        "defective: NG, UNSURE, REFUSED": _counts(confusion, "defective"),
        "attainable": "-" if found["detection"]["attainable"] is None else f"{found['detection']['attainable']:.0%}",
        "good: NG, UNSURE, REFUSED": _counts(confusion, "good"),
        "promised": f"{alarm['rate']:.2%} (95 %: {alarm['low']:.2%} to {alarm['high']:.1%})",
        "train": f"{seconds['total']:.1f} s",
        "whole demo": f"{found['seconds']:.1f} s",
        "one photo p50": f"{found['inspect']['ms_per_image']['p50']:.0f} ms",
        "peak memory": f"{found['train']['peak_rss_mb'] / 1024:.1f} GiB",
    }
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items() if stage != "total")
    lines = [f"| {' | '.join(row)} |", "|---" * len(row) + "|", f"| {' | '.join(row.values())} |"]
    return "\n".join([*lines, "", f"Stages of training: {stages}; the rest is loading torch and writing the model."])


def _counts(confusion: Mapping[str, int], kind: str) -> str:
    counts = {verdict: confusion[f"{kind}_{verdict}"] for verdict in ("ng", "unsure", "refused", "ok")}
    return f"{counts['ng']}, {counts['unsure']}, {counts['refused']} of {sum(counts.values())}"


STANDALONE: dict[str, tuple[str, Callable[[], str]]] = {
    "demo": ("inspector demo --no-gui --json", demo_table),
    "live-speed": ("python benchmarks/speed/live_speed.py", live_speed.make_table),
    "start-up": ("python benchmarks/speed/start_up.py", start_up.make_table),
    "threads": ("python benchmarks/speed/threads.py", threads.make_table),
}
"""By the name of the markers: the command, and the function that makes the table. They run alone, one by one."""


_PROMISE = "python benchmarks/judgement/promise.py --data DIR --out RESULTS"

OF_THEIR_OWN = {
    "forecast": "python benchmarks/whole_runs/forecast.py --data DIR --write",
    "history": "python benchmarks/speed/history.py --folder DIR",
    "history-window": "python benchmarks/speed/history_window.py --folder DIR",
    "live-soak": "python benchmarks/speed/live_soak.py --loss-at 15",
    "refusals": "python benchmarks/judgement/refusals.py --data DIR --out RESULTS",
    "suspects": "python benchmarks/judgement/suspects.py --data DIR --out RESULTS",
    "verdicts-detection": "python benchmarks/judgement/verdicts.py --data DIR --out RESULTS",
    **dict.fromkeys(
        ("limit-counts", "limit-kinds", "limit-sets"),
        "python benchmarks/judgement/shipped_limit.py --data DIR --out RESULTS",
    ),
    "verdicts-groups": "python benchmarks/judgement/verdicts.py --data DIR --out RESULTS --groups --small --splits 100",
    "feedback": "python benchmarks/judgement/feedback.py --out RESULTS",
    "feedback-anew": "python benchmarks/judgement/feedback.py --out RESULTS",
    **dict.fromkeys(
        ("side-by-side-fit", "side-by-side-photo", "side-by-side-backbone", "side-by-side-quality"),
        "python benchmarks/whole_runs/side_by_side.py --data DIR --out RESULTS",
    ),
    **dict.fromkeys(
        ("profile-train", "profile-frame", "profile-folder"), "python benchmarks/whole_runs/profiles.py --out RESULTS"
    ),
    "memory": "python benchmarks/whole_runs/memory.py --out RESULTS",
    "promise-small-reconpatch": f"{_PROMISE} --only small-reconpatch",
    "promise-reconpatch": f"{_PROMISE} --only reconpatch",
    "promise-small-patchcore": f"{_PROMISE} --only small-patchcore",
    "promise-bias": _PROMISE,
    **{
        f"robustness-{dataset}": f"python benchmarks/judgement/robustness.py --data DIR --out RESULTS --only {dataset}"
        for dataset in ("solar-mono", "solar-poly", "transistor")
    },
}
"""Tables that a script of their own measures and writes: by the name of the markers, the command."""


def chosen_standalone(names: list[str]) -> list[str]:
    """Return those of the tables that are asked for by name; all for none."""
    return [name for name in STANDALONE if not names or name in names]


def with_command(name: str, table: str) -> str:
    """Return the text between a table's markers."""
    command = OF_THEIR_OWN[name] if name in OF_THEIR_OWN else STANDALONE[name][0]
    return f"\n    {command}\n\n{table}\n\n"
