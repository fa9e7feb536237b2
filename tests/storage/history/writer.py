"""A program that adds parts to a history until it is killed, for test_kill.py.

It imports everything once. Each line on its input then starts a copy of it that opens the history and adds, prints
`started PID`, `added NUMBER` and `reviewed NUMBER`, each once the history has accepted it, and `dead` when it is gone.
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np

from inspector.core.review.decision import Decision, Review
from inspector.core.review.judged_part import JudgedPart
from inspector.storage.history.disk_budget import DiskBudget
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged

BUDGET = DiskBudget(limit_bytes=600_000, floor_bytes=0)
"""So small that old pictures go in most rounds."""
NG_EVERY, REVIEW_EVERY = 20, 7


def parts() -> list[JudgedPart]:
    """Return corners of real photos, one in `NG_EVERY` of them NG."""
    made = [judged(index, 1.5 if index % NG_EVERY == 0 else 0.5) for index in range(NG_EVERY)]
    return [replace(part, image_rgb=np.ascontiguousarray(part.image_rgb[:64, :64])) for part in made]


def say(words: str) -> None:
    """Print a line at once, as a whole."""
    os.write(1, f"{words}\n".encode())


def add_for_ever(folder: Path, prepared: list[JudgedPart], first: int) -> None:
    """Add parts and review some until killed."""
    history = History.open(folder, budget=BUDGET)
    while True:
        first += 1
        number = history.add(prepared[first % len(prepared)])
        say(f"added {number}")
        if number % REVIEW_EVERY == 0:
            history.review(number, Review(Decision.UNSURE, "Q", NOON))
            say(f"reviewed {number}")


def main() -> None:
    """Start one writer for each line."""
    folder, prepared = Path(sys.argv[1]), parts()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                add_for_ever(folder, prepared, int(line))
            finally:
                say("failed: " + traceback.format_exc().replace("\n", " | "))
                os._exit(1)
        say(f"started {child}")
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
