"""Figures of several seeds or of several categories, as means with their spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from inspector.workflows.measuring.trial import NAMED

AVERAGED = ("image_auroc", "image_f1", "pixel_auroc", "aupro_30", "aupro_05", "fit_seconds")

Figures = Mapping[str, Any]


def over_seeds(runs: Sequence[Figures]) -> dict[str, Any]:
    """Return the means of runs that differ in their seed.

    Parameters
    ----------
    runs : sequence of dict
        From `inspector.workflows.measuring.trial.measure`; one or more.

    Returns
    -------
    dict
        One run as it is. Several: means, ``repeats``, ``spread`` with their standard deviations (of the sample, n - 1)
        and ``runs``; ``peak_rss_mb`` is the highest. A figure that a run lacks is None.
    """
    if len(runs) == 1:
        return dict(runs[0])
    columns = {key: [run[key] for run in runs] for key in AVERAGED}
    return {
        **runs[0],
        **{key: _mean(values) for key, values in columns.items()},
        **_costs(runs),
        "threshold": _mean([run["threshold"] for run in runs]),
        "false_alarm": _false_alarm(runs, goods=min),
        "refused": _refused(runs, goods=min),
        "detection": _detection(runs),
        "repeats": len(runs),
        "spread": {key: _spread(values) for key, values in columns.items()},
        "runs": list(runs),
    }


def over_categories(categories: Mapping[str, Figures]) -> dict[str, Any]:
    """Return the means over the categories of a dataset, each category counting the same.

    Parameters
    ----------
    categories : mapping of str to dict
        From `over_seeds`, all with the same seeds.

    Returns
    -------
    dict
        Means; ``averaged_over`` says over how many categories each is taken: those that have the figure. ``images`` and
        ``masks`` are sums. ``peak_rss_mb`` is the highest. ``spread`` is the standard deviation over seeds of the mean
        over categories. ``categories`` holds the figures of each category.
    """
    all_figures = list(categories.values())
    first = all_figures[0]
    shared = {key: first[key] for key in ("method", "backbone", "size", "seed", "shots", "device")}
    present = {key: [one[key] for one in all_figures if one[key] is not None] for key in AVERAGED}
    averaged: dict[str, Any] = {
        **shared,
        "images": _sum([one["images"] for one in all_figures]),
        "masks": _masks(categories),
        **{key: _mean(values) for key, values in present.items()},
        **_costs(all_figures),
        "false_alarm": _false_alarm(
            [one for one in all_figures if one["false_alarm"] is not None],
            goods=sum,
        ),
        "refused": _refused([one for one in all_figures if one.get("refused") is not None], goods=sum),
        "detection": _detection(all_figures),
        "averaged_over": {key: len(values) for key, values in present.items()},
    }
    if "runs" in first:
        averaged |= {"repeats": first["repeats"], "spread": _spread_of_means(all_figures)}
    return averaged | {"categories": dict(categories)}


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present and len(present) == len(values) else None


def _spread(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return float(np.std(present, ddof=1)) if len(present) == len(values) and len(present) > 1 else None


def _spread_of_means(all_figures: Sequence[Figures]) -> dict[str, float | None]:
    seeds = range(len(all_figures[0]["runs"]))
    spread = {}
    for key in AVERAGED:
        having = [one for one in all_figures if one[key] is not None]
        spread[key] = _spread([_mean([one["runs"][seed][key] for one in having]) for seed in seeds])
    return spread


def _costs(all_figures: Sequence[Figures]) -> dict[str, Any]:
    times = [one["ms_per_image"] for one in all_figures]
    return {
        "ms_per_image": {key: _mean([one[key] for one in times]) for key in ("p50", "p95")},
        "peak_rss_mb": max(one["peak_rss_mb"] for one in all_figures),
    }


def _false_alarm(all_figures: Sequence[Figures], goods: Callable[[list[int]], int]) -> dict[str, Any] | None:
    alarms = [one["false_alarm"] for one in all_figures]
    if not alarms or None in alarms:
        return None
    means = {key: _mean([alarm[key] for alarm in alarms]) for key in ("promised", "low", "high", "realised")}
    counted = {"confidence": alarms[0]["confidence"], "goods": goods([alarm["goods"] for alarm in alarms])}
    kinds = {alarm.get("for", "photo") for alarm in alarms}
    return {**means, **counted, "for": "group" if kinds == {"group"} else "photo"}


def _detection(all_figures: Sequence[Figures]) -> dict[str, float | None] | None:
    """Return means of the shares of defects, each over those that have it; None for figures from before there were."""
    found = [one["detection"] for one in all_figures if one.get("detection") is not None]
    return {key: _mean([one[key] for one in found if one[key] is not None]) for key in found[0]} if found else None


def _refused(all_figures: Sequence[Figures], goods: Callable[[list[int]], int]) -> dict[str, Any] | None:
    found = [one.get("refused") for one in all_figures]  # figures kept from before there were guards have none
    if not found or None in found:
        return None
    known = [one for one in found if one is not None]
    means = {key: _mean([one[key] for one in known]) for key in ("good", "defective", "promised", "low", "high")}
    return {**means, "confidence": known[0]["confidence"], "goods": goods([one["goods"] for one in known])}


def _sum(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {key: sum(one[key] for one in counts) for key in counts[0]}


def _masks(categories: Mapping[str, Figures]) -> dict[str, Any]:
    masks = {name: one["masks"] for name, one in categories.items()}
    return {
        "expected": sum(one["expected"] for one in masks.values()),
        "found": sum(one["found"] for one in masks.values()),
        "missing": [f"{name}/{photo}" for name, one in masks.items() for photo in one["missing"]][:NAMED],
    }
