"""Kept splits of feeding back as tables of docs/benchmarks/feedback.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.judgement.feedback_trials import COMPARED, COMPARED_METHOD, EQUAL_RATE, RATES, SHIFTS
from inspector.core.promise.threshold import beta_quantile

Measured = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]

HEAD = (
    "cells, method",
    "rate aimed at",
    "fed back",
    "OK by the others alone",
    "patches",
    "false alarms, batch 2",
    "fixed (95 %)",
    "defects found",
    "threshold raised instead",
    "image AUROC",
    f"escapes at {EQUAL_RATE:.0%}",
)
ANEW_HEAD = ("cells, batches", "what", "false alarms, batch 2", "defects found", "image AUROC",
             f"escapes at {EQUAL_RATE:.0%}")  # fmt: skip
ANEW = {
    "before": "as it is",
    "after": "false alarms fed back",
    "random": "as many good parts of batch 1 fed back, drawn at random",
    "all fed back": "all good parts of batch 1 fed back",
    "alarms trained": "trained again with the false alarms",
    "all trained": "trained again with all of batch 1",
}


def fed_back_table(measured: Measured) -> str:
    """Return the effect of feeding back, a table for each kind of batch."""
    return "\n\n".join(f"Batches {shift}:\n\n{_markdown([HEAD, *_rows(measured, shift)])}" for shift in SHIFTS)


def anew_table(measured: Measured) -> str:
    """Return the same beside training again, at one rate."""
    rows = []
    for (kind, method), found in measured.items():
        for shift in SHIFTS if method == COMPARED_METHOD else ():
            some = [one for one in found if (one["shift"], one["rate"]) == (shift, COMPARED)]
            rows += [_anew(f"{kind}, {shift}", said, key, some) for key, said in ANEW.items() if some]
    return _markdown([ANEW_HEAD, *rows])


def share_fixed(before: int, after: int) -> str:
    """Return how many false alarms are gone, with the two-sided 95 % interval of Clopper and Pearson for their share.

    Scores can only fall, so those that are left were there before.
    """
    if not before:
        return "-"
    fixed = before - after
    low = beta_quantile(0.025, fixed, before - fixed + 1) if fixed else 0.0
    high = beta_quantile(0.975, fixed + 1, before - fixed) if fixed < before else 1.0
    return f"{fixed / before:.0%} ({low:.0%} to {high:.0%})"


def _rows(measured: Measured, shift: str) -> list[tuple[str, ...]]:
    return [
        _row(f"{kind}, {method}", rate, some)
        for (kind, method), found in measured.items()
        for rate in RATES
        if (some := [one for one in found if (one["shift"], one["rate"]) == (shift, rate)])
    ]


def _row(label: str, rate: float, some: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    before, after = (_sum(some, key, "alarms") for key in ("before", "after"))
    return (
        label,
        f"{rate:.0%}",
        ", ".join(str(one["alarms_1"]) for one in some),
        str(_sum(some, "alike_1")),
        f"{np.mean([one['rows'] for one in some]):.0f}",
        f"{before} to {after} of {_sum(some, 'goods_2')}",
        share_fixed(before, after),
        f"{_sum(some, 'before', 'found')} to {_sum(some, 'after', 'found')} of {_sum(some, 'defects_2')}",
        str(_sum(some, "raised")),
        f"{_mean(some, 'before', 'auroc'):.3f} to {_mean(some, 'after', 'auroc'):.3f}",
        f"{_sum(some, 'before', 'escapes')} to {_sum(some, 'after', 'escapes')}",
    )


def _anew(label: str, said: str, key: str, some: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return (
        label if key == "before" else "",
        said,
        f"{_sum(some, key, 'alarms')} of {_sum(some, 'goods_2')}",
        f"{_sum(some, key, 'found')} of {_sum(some, 'defects_2')}",
        f"{_mean(some, key, 'auroc'):.3f}",
        str(_sum(some, key, "escapes")),
    )


def _sum(rows: Sequence[Mapping[str, Any]], *keys: str) -> int:
    return round(sum(_at(row, keys) for row in rows))


def _mean(rows: Sequence[Mapping[str, Any]], *keys: str) -> float:
    return float(np.mean([_at(row, keys) for row in rows]))


def _at(row: Mapping[str, Any], keys: Sequence[str]) -> float:
    found: Any = row
    for key in keys:
        found = found[key]
    return float(found)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])
