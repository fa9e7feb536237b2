"""Tables of measurements, and the pages of docs that hold them between markers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring.cells import ROOT, Cell, cells_of
from benchmarks.measuring.declared import Row, Table
from benchmarks.photos.datasets import commands
from inspector.storage.atomic import replacing
from inspector.workflows.measuring.averages import over_categories

Kept = Mapping[Cell, Mapping[str, Any] | None]

QUALITY = {
    "image_auroc": "image AUROC",
    "image_f1": "F1",
    "pixel_auroc": "pixel AUROC",
    "aupro_30": "AUPRO .30",
    "aupro_05": "AUPRO .05",
}
SHARES = ("NG at the limit", "NG or UNSURE", "attainable")
COST = ("false alarms: promised, realised", "train", "photo", "memory")
DOCS = ROOT / "docs"
NOT_MEASURED = "not measured"
MARKER = re.compile(r"<!-- table: (?P<name>[\w.-]+) -->\n(?P<body>.*?)<!-- /table -->", re.DOTALL)


class MarkerMissing(Exception):
    """No page has the markers of a table, or several places have them."""


def markers(text: str) -> list[str]:
    """Return the names of the tables that a document has a place for, in order."""
    return [found["name"] for found in MARKER.finditer(text)]


def replace_table(text: str, name: str, body: str) -> str:
    """Return the document with a new text between a table's markers.

    Raises
    ------
    MarkerMissing
        If the markers are not there exactly once.
    """
    if markers(text).count(name) != 1:
        raise MarkerMissing(f"the document needs '<!-- table: {name} -->' and '<!-- /table -->' once, around its table")
    return MARKER.sub(
        lambda found: f"<!-- table: {name} -->\n{body}<!-- /table -->" if found["name"] == name else found[0], text
    )


def pages() -> list[Path]:
    """Return the pages that hold tables: docs/benchmarks/*.md and docs/threshold.md."""
    return [*sorted((DOCS / "benchmarks").glob("*.md")), DOCS / "threshold.md"]


def page_of(name: str) -> Path:
    """Return the page that has the markers of a table.

    Raises
    ------
    MarkerMissing
        If no page has them, or several pages.
    """
    found = [page for page in pages() if name in markers(page.read_text(encoding="utf-8"))]
    if len(found) != 1:
        raise MarkerMissing(f"one page of docs/benchmarks needs '<!-- table: {name} -->'; {len(found)} pages have it")
    return found[0]


def write_bodies(bodies: Mapping[str, str], document: Path | None = None) -> None:
    """Write tables between their markers.

    Parameters
    ----------
    bodies : mapping of str to str
        Name of a table to the text between its markers.
    document : Path or None
        The file of all these tables. None: each table goes into the page that has its markers.

    Raises
    ------
    MarkerMissing
        If a table has no place. No page is changed then.
    """
    texts: dict[Path, str] = {}
    for name, body in bodies.items():
        page = document or page_of(name)
        texts[page] = replace_table(texts.get(page) or page.read_text(encoding="utf-8"), name, body)
    for page, text in texts.items():
        with replacing(page) as temporary:
            temporary.write_text(text, encoding="utf-8")


def write_table(table: Table, kept: Kept, repeats: int | None = None) -> str:
    """Return a table as markdown, with how it was measured and the command of each row.

    Parameters
    ----------
    table : Table
    kept : mapping of Cell to dict or None
        From `benchmarks.measuring.cells.Bench.kept`; None for a missing measurement, which the row then states.
    repeats : int or None
        Overrides the table's own number of seeds.
    """
    cells = cells_of(table, repeats)
    measured = [one for cell in cells.values() if (one := kept.get(cell)) is not None]
    if table.figure is None:
        head, rows = _figures(table, cells, kept)
    else:
        head, rows = _across(table, table.figure, cells, kept)
    lines = [_line(head), "|---" * len(head) + "|", *map(_line, rows), "", _how(repeats or table.repeats, measured)]
    if table.figure is None:
        made = commands(table.datasets)
        lines += ["", *(f"    {command}" for command in (*made, *(cell.shown for cell in cells.values())))]
    else:
        lines[-1] += " The rows are those of the tables of each set; the mean counts each set the same."
    return "\n".join(["", *lines, "", ""])


def _figures(table: Table, cells: Mapping[tuple[Row, str], Cell], kept: Kept) -> tuple[list[str], list[list[str]]]:
    (dataset,) = table.datasets
    rows = []
    for row in table.rows:
        one = kept.get(cells[row, dataset])
        content = (
            [NOT_MEASURED, *[""] * (len(QUALITY) + len(SHARES) + len(COST) - 1)]
            if one is None
            else _row(one["figures"])
        )
        rows.append([row.label, *content])
    return [dataset, *QUALITY.values(), *SHARES, *COST], rows


def _row(figures: Mapping[str, Any]) -> list[str]:
    alarm = figures["false_alarm"]
    return [
        *(_with_spread(figures, key) for key in QUALITY),
        *_detection(figures.get("detection")),
        "-" if alarm is None else f"{alarm['promised']:.1%}, {alarm['realised']:.1%}",
        f"{figures['fit_seconds']:.0f} s",
        f"{figures['ms_per_image']['p50']:.0f} ms",
        f"{figures['peak_rss_mb'] / 1024:.1f} GiB",
    ]


def _detection(shares: Mapping[str, float | None] | None) -> list[str]:
    """Return the shares of `SHARES`; figures kept from before there were such shares have none."""
    found = [None if shares is None else shares[key] for key in ("at_limit", "at_limit_or_unsure", "attainable")]
    return ["-" if share is None else f"{share:.1%}" for share in found]


def _across(
    table: Table, figure: str, cells: Mapping[tuple[Row, str], Cell], kept: Kept
) -> tuple[list[str], list[list[str]]]:
    rows = []
    for row in table.rows:
        found = {dataset: kept.get(cells[row, dataset]) for dataset in table.datasets}
        figures = {dataset: one["figures"] for dataset, one in found.items() if one is not None}
        parts = [_with_spread(figures[name], figure) if name in figures else NOT_MEASURED for name in table.datasets]
        whole = len(figures) == len(table.datasets)
        rows.append([row.label, *parts, _with_spread(over_categories(figures), figure) if whole else "-"])
    return [QUALITY[figure], *table.datasets, "mean"], rows


def _with_spread(figures: Mapping[str, Any], key: str) -> str:
    if figures[key] is None:
        return "-"
    spread = figures.get("spread", {}).get(key)
    return f"{figures[key]:.3f}" + (f" ± {spread:.3f}" if spread is not None else "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _how(repeats: int, measured: Sequence[Mapping[str, Any]]) -> str:
    seeds = "One seed (0)." if repeats == 1 else f"Mean ± standard deviation over {repeats} seeds (from 0)."
    if not measured:
        return seeds
    threads = sorted({one["threads"] for one in measured})
    devices = sorted({one["figures"]["device"] for one in measured})
    return f"{seeds} On {' and '.join(devices)}, threads: {', '.join(map(str, threads))}."
