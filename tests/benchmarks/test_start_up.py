"""benchmarks/speed/start_up.py, once: each action ends, and the table states median and longest time."""

from __future__ import annotations

import pytest

from benchmarks.speed.start_up import HELP, WINDOW, Waits, measure, write_table

ODD = """
sys.modules["odd"] = type("Odd", (), {"__file__": 5})  # as torch's operators are
done = time.monotonic()
"""


@pytest.mark.parametrize("deed", [HELP, WINDOW, ODD], ids=["help", "window", "odd"])
def test_a_deed_is_timed_from_the_start_of_its_process(deed: str) -> None:
    found = measure(deed, 0, 1)
    assert found.warm == found.again == []
    assert all(0.01 < one < 120.0 for one in found.cold)
    assert len(found.cold) == 1


def test_the_table_says_the_median_and_the_longest() -> None:
    found = {
        "help": Waits([0.2, 0.4, 0.3], [0.9]),
        "window": Waits([1.0], []),
        "bundle": Waits([4.0], [9.0], [0.2, 0.25, 0.1]),
    }
    rows = write_table(found).splitlines()[2:6]
    assert rows[0] == "| `inspector --help` | 0.30 s (at most 0.40) | 0.90 s (at most 0.90) | 0.3 s |"
    assert rows[1] == "| the window, painted | 1.00 s (at most 1.00) |  | 1.5 s |"
    assert rows[2] == "| a bundle, libraries loaded | 0.20 s (at most 0.25) |  | 0.3 s |"
    assert rows[3] == "| a bundle, from the start of the process | 4.00 s (at most 4.00) | 9.00 s (at most 9.00) |  |"
