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
PIXEL_FIGURE = "pixel_auroc"

Figures = Mapping[str, Any]


def as_table(figures: Figures) -> str:
    """Return figures of `inspector.workflows.evaluate.evaluate_folder` as a markdown table, the baselines below.

    Several categories have a row each, and their mean one, for each method. Below the table stands what limits the
    figures: repeats, shots, missing masks.
    """
    methods = {figures["method"]: figures} | figures.get("baselines", {})
    several = "categories" in figures
    first = [figures["dataset"], "category"] if several else [figures["dataset"]]
    lines = [_line([*first, *COLUMNS.values()]), "|---" * (len(first) + len(COLUMNS)) + "|"]
    for name, row in methods.items():
        parts = {**row["categories"], "mean": row} if several else {None: row}
        for category, part in parts.items():
            label = [name] if category is None else [name, category]
            lines.append(_line([*label, *(_cell(part, key) for key in COLUMNS)]))
    return "\n".join([*lines, *(f"\n{note}" for note in _notes(figures))])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: Figures, key: str) -> str:
    if row[key] is None:
        return "-"
    spread = row.get("spread", {}).get(key)
    digits = 1 if key == "fit_seconds" else 3
    return f"{row[key]:.{digits}f}" + (f" ± {spread:.{digits}f}" if spread is not None else "")


def _notes(figures: Figures) -> list[str]:
    notes = []
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
