"""Figures of an evaluation as a markdown table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLUMNS = {
    "image_auroc": "image AUROC",
    "image_f1": "F1",
    "pixel_auroc": "pixel AUROC",
    "aupro_30": "AUPRO .30",
    "aupro_05": "AUPRO .05",
    "fit_seconds": "fit s",
}
SHARES = {
    ("detection", "at_limit"): "NG",
    ("detection", "at_limit_or_unsure"): "NG or UNSURE",
    ("detection", "attainable"): "attainable",
    ("refused", "defective"): "defects REFUSED",
    ("refused", "good"): "good REFUSED",
    ("false_alarm", "realised"): "good over the limit",
}
"""Shares of the defective and of the good test photos."""
PIXEL_FIGURE = "pixel_auroc"

ATTAINABLE = (
    "NG, NG or UNSURE: shares of the defective photos at the shipped limits. Attainable: the share above the best "
    "limit with as many good photos above it, guards left out."
)

COST = "Groups set the limit{of}. The limit for known groups finds {share:.1%} of the defective photos."

Figures = Mapping[str, Any]


def as_table(figures: Figures) -> str:
    """Return figures of `evaluate.evaluate_folder` as a markdown table, the baselines below.

    Several categories have a row each, and their mean one, for each method. Below the table stands what limits the
    figures: repeats, shots, missing masks.
    """
    methods = {figures["method"]: figures} | figures.get("baselines", {})
    several = "categories" in figures
    first = [figures["dataset"], "category"] if several else [figures["dataset"]]
    head = [*first, *COLUMNS.values(), *SHARES.values()]
    lines = [_line(head), "|---" * len(head) + "|"]
    for name, row in methods.items():
        parts = {**row["categories"], "mean": row} if several else {None: row}
        for category, part in parts.items():
            label = [name] if category is None else [name, category]
            shares = [_share(part.get(figure), key) for figure, key in SHARES]
            lines.append(_line([*label, *(_cell(part, key) for key in COLUMNS), *shares]))
    return "\n".join([*lines, *(f"\n{note}" for note in _notes(figures))])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: Figures, key: str) -> str:
    if row[key] is None:
        return "-"
    spread = row.get("spread", {}).get(key)
    digits = 1 if key == "fit_seconds" else 3
    return f"{row[key]:.{digits}f}" + (f" ± {spread:.{digits}f}" if spread is not None else "")


def _share(shares: Mapping[str, Any] | None, key: str) -> str:
    return "-" if shares is None or shares[key] is None else f"{shares[key]:.1%}"


def _notes(figures: Figures) -> list[str]:
    notes = [ATTAINABLE] if figures.get("false_alarm") is not None else []
    for category, part in figures.get("categories", {"": figures}).items():
        known = (part.get("detection") or {}).get("at_known_limit")
        if known is not None:
            notes.append(COST.format(of=f" of {category}" if category else "", share=known))
    if "repeats" in figures:
        notes.append(f"Mean ± standard deviation over {figures['repeats']} seeds, from {figures['seed']}.")
    if figures["shots"] is not None:
        notes.append(f"Trained on {figures['shots']} good photos, drawn by the seed.")
    if figures["image_f1"] is None:
        notes.append("No threshold: a threshold needs two good photos, each scored without its own patches.")
    masks = figures["masks"]
    if masks["found"] < masks["expected"]:
        notes.append(
            f"Pixel figures need a mask for each defective photo: {masks['found']} of {masks['expected']} have one; "
            f"without: {', '.join(masks['missing'])}{_and_more(masks)}."
        )
        if "categories" in figures:
            notes.append(
                f"Means of pixel figures are over {figures['averaged_over'][PIXEL_FIGURE]} of "
                f"{len(figures['categories'])} categories, those with all masks."
            )
    return notes


def _and_more(masks: Mapping[str, Any]) -> str:
    rest = masks["expected"] - masks["found"] - len(masks["missing"])
    return f" and {rest} more" if rest else ""
