"""Kept splits as the tables of docs/benchmarks/promise.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.judgement.promise_figures import Bias, Kept, bias, how_kept
from benchmarks.judgement.splits import SETTINGS, Cell, Split
from benchmarks.measuring.document import NOT_MEASURED
from inspector.core.promise.threshold import threshold_from_good_scores

RATES = (0.05, 0.02, 0.01)
HEAD = (
    "goods trained on",
    "rate aimed at",
    "expected",
    "realised",
    "in the interval",
    "in the interval for so many",
    "under the limit",
)
BIAS_HEAD = ("leave-one-image-out against unseen", "splits", "mean ratio", "higher in")

BIAS_TABLE = "promise-bias"

Measured = Mapping[Cell, Sequence[Split]]


def table_name(setting: str) -> str:
    """Return the name of a setting's markers in the document."""
    return f"promise-{setting}"


def write_kept(setting: str, measured: Measured) -> str:
    """Return how a setting's promises were kept, as markdown."""
    rows = [row for cell, splits in measured.items() for row in _rows(cell, splits)]
    recipe = SETTINGS[setting].recipe
    words = "".join(f", {name} {value}" for name, value in recipe.settings.items())
    how = f"{recipe.method} at {recipe.size} px{words}. {_counts(measured)}"
    return _markdown([HEAD, *rows], how)


def write_bias(measured: Mapping[str, Measured]) -> str:
    """Return how leave-one-image-out scores compare with those of unseen photos, for all settings, as markdown."""
    rows = [
        (f"{setting}: {cell.dataset}, {cell.goods}", str(len(splits)), *_bias(bias(splits)))
        for setting, cells in measured.items()
        for cell, splits in cells.items()
        if splits
    ]
    return _markdown([BIAS_HEAD, *rows], "Means over splits ± standard errors.")


def _rows(cell: Cell, splits: Sequence[Split]) -> list[tuple[str, ...]]:
    """Return a row for each promise; rates that few good photos make the same promise of share a row."""
    if not splits:
        return [(f"{cell.dataset}, {cell.goods}", NOT_MEASURED, *[""] * (len(HEAD) - 2))]
    promises: dict[float, list[float]] = {}
    for rate in RATES:
        promised = threshold_from_good_scores(splits[0].trained.tolist(), rate).false_alarm.rate
        promises.setdefault(promised, []).append(rate)
    label = f"{cell.dataset}, {cell.goods}"
    return [(label, _aims(rates), *_shown(how_kept(splits, rates[0]))) for rates in promises.values()]


def _aims(rates: Sequence[float]) -> str:
    return f"{', '.join(f'{rate * 100:.0f}' for rate in rates)} %"


def _shown(kept: Kept) -> tuple[str, ...]:
    pairs = zip(
        (kept.shares.inside, kept.shares.predicted, kept.shares.under),
        (kept.reachable.inside, kept.reachable.predicted, kept.reachable.under),
        strict=True,
    )
    return (
        f"{kept.expected:.2%}",
        f"{kept.realised:.2%} ± {kept.error * 100:.2f}",
        *(f"{share:.1%} ({reachable:.1%})" for share, reachable in pairs),
    )


def _bias(found: Bias) -> tuple[str, str]:
    return f"{found.ratio:.3f} ± {found.ratio_error:.3f}", f"{found.above:.1%} ± {found.above_error * 100:.1f}"


def _counts(measured: Measured) -> str:
    splits = {len(found) for found in measured.values() if found}
    unseen = {len(one.unseen) for found in measured.values() for one in found}
    return f"{_range(splits)} splits a row, {_range(unseen)} unseen photos a split."


def _range(numbers: set[int]) -> str:
    low, high = min(numbers, default=0), max(numbers, default=0)
    return str(low) if low == high else f"{low} to {high}"


def _markdown(rows: Sequence[Sequence[str]], below: str) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:], "", below])
