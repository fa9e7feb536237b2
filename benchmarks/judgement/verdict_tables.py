"""Kept results of `benchmarks/judgement/verdicts.py` as the tables of docs/benchmarks/verdicts.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring.apart import markdown, write_into

Result = Mapping[str, Any]

DETECTION, GROUPS = "verdicts-detection", "verdicts-groups"
HEAD = (
    "set", "goods, outliers", "splits", "NG", "NG or UNSURE", "attainable", "of the attainable", "realised", "promised",
    "under the limit", "UNSURE good: stated, seen", "REFUSED: good, defective", "no groups",
)  # fmt: skip
GROUP_HEAD = (
    "set", "splits", "groups: known, new", "realised in new groups", "expected at most", "below it",
    "95 % limit", "below it", "realised at the limit for known groups", "NG or UNSURE", "groups found",
)  # fmt: skip


def write_tables(document: Path | None, results: Sequence[Result]) -> None:
    """Write both tables between their markers."""
    plain, grouped = [one for one in results if not one.get("grouped")], [one for one in results if one.get("grouped")]
    write_into(document, {DETECTION: detection_table(plain), GROUPS: group_table(grouped)})


def detection_table(results: Sequence[Result]) -> str:
    """Return a row for each set, number of good photos and of outliers, and one over all."""
    cells: dict[tuple[str, int, int], list[Result]] = {}
    for one in results:
        cells.setdefault((one["set"], one["n"], one["outliers"]), []).append(one)
    rows = [[name, f"{n}, {outliers}", *_row(found)] for (name, n, outliers), found in sorted(cells.items())]
    for outliers in sorted({one["outliers"] for one in results}):
        rows.append(["all", f"all, {outliers}", *_row([one for one in results if one["outliers"] == outliers])])
    return markdown(HEAD, rows)


def group_table(results: Sequence[Result]) -> str:
    """Return a row for each set."""
    rows = []
    for name in sorted({one["set"] for one in results}):
        found = [one for one in results if one["set"] == name]
        plain = [float(np.mean(_goods(one) > one["plain_threshold"])) for one in found]
        rows.append(
            [
                name,
                str(len(found)),
                f"{_range(found, 'known')}, {_range(found, 'new')}",
                _percent(_mean(found, lambda one: one["realised"])),
                _percent(_mean(found, lambda one: one["promised"])),
                _share(found, lambda one: one["realised"] <= one["promised"]),
                _percent(_mean(found, lambda one: one["under"])),
                _share(found, lambda one: one["realised"] <= one["under"]),
                _percent(float(np.mean(plain))),
                _percent(_mean(found, lambda one: one["detection"]["at_limit_or_unsure"])),
                _share(found, lambda one: one["groups"] is not None),
            ]
        )
    return markdown(GROUP_HEAD, rows)


def _row(found: Sequence[Result]) -> list[str]:
    def share(key: str) -> float:
        return _mean(found, lambda one: one["detection"][key])

    return [
        str(len(found)),
        _percent(share("at_limit")),
        _percent(share("at_limit_or_unsure")),
        _percent(share("attainable")),
        _percent(of_attainable(found)),
        _percent(_mean(found, lambda one: one["realised"])),
        _percent(_mean(found, lambda one: one["promised"])),
        _share(found, lambda one: one["realised"] <= one["under"]),
        ", ".join(_percent(_mean(found, itemgetter(key))) for key in ("unsure_stated", "unsure")),
        ", ".join(_percent(_mean([one["refused"] for one in found], itemgetter(key))) for key in ("good", "defective")),
        _share(found, lambda one: one["groups"] is None),
    ]


def of_attainable(found: Sequence[Result]) -> float:
    """Return the mean share that is NG or UNSURE by the mean attainable share."""
    reached = sum(one["detection"]["at_limit_or_unsure"] for one in found)
    attainable = sum(one["detection"]["attainable"] for one in found)
    return reached / attainable if attainable else 1.0


def _goods(one: Result) -> np.ndarray:
    return np.array([np.nan if score is None else score for score in one["scores"][: one["unseen"]]])


def _mean(found: Sequence[Result], of: Callable[[Result], float]) -> float:
    return float(np.mean([of(one) for one in found])) if found else float("nan")


def _share(found: Sequence[Result], holds: Callable[[Result], bool]) -> str:
    return f"{sum(holds(one) for one in found)} of {len(found)}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _range(found: Sequence[Result], key: str) -> str:
    low, high = min(one[key] for one in found), max(one[key] for one in found)
    return str(low) if low == high else f"{low} to {high}"
