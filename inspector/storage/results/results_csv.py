"""Results as a table that spreadsheets open."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("path", "score", "relative_score", "verdict", "regions", "error", "would_be")

# The wide forms begin a formula too where letters of Chinese, Japanese or Korean are typed.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_table(
    file: Path,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str] = COLUMNS,
    *,
    for_spreadsheet: bool = False,
) -> None:
    """Write rows as CSV in UTF-8, one line for each photo, with a header.

    Parameters
    ----------
    file : Path
        Written in place; wrap it in `replacing`.
    rows : iterable of mapping
        With the keys `columns`. Numbers stay numbers, None is an empty cell, regions are JSON. A text that a
        spreadsheet would run as a formula gets an apostrophe in front.
    columns : sequence of str
        In order.
    for_spreadsheet : bool
        Begin with a byte order mark, without which Excel garbles letters beyond ASCII; programs are better off without.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    encoding = "utf-8-sig" if for_spreadsheet else "utf-8"
    # A file name that is not valid Unicode is written with \\udcXX in place of each odd byte.
    with file.open("w", encoding=encoding, errors="backslashreplace", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([_cell(row[column]) for column in columns] for row in rows)


def _cell(value: Any) -> str | float | None:
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    assert value is None or isinstance(value, str | int | float)
    return value
