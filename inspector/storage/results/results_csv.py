"""Results as a table for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("path", "score", "relative_score", "verdict", "regions", "error", "would_be")

# Spreadsheets accept the full-width forms too, which Chinese, Japanese and Korean keyboards produce.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_table(
    file: Path,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str] = COLUMNS,
    *,
    for_spreadsheet: bool = False,
) -> None:
    """Write rows as CSV in UTF-8 with a header, one line for each photo.

    Parameters
    ----------
    file : Path
        Written in place; wrap it in `replacing`.
    rows : iterable of mapping
        Rows with the keys `columns`. Numbers stay numbers, None is an empty cell, regions are JSON. A text that a
        spreadsheet would run as a formula gets an apostrophe in front.
    columns : sequence of str
        Columns in order.
    for_spreadsheet : bool
        Whether to begin with a byte order mark, which Excel needs for characters beyond ASCII. Programs do better
        without.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    encoding = "utf-8-sig" if for_spreadsheet else "utf-8"
    # A file name that is not valid Unicode is written with \\udcXX in place of each invalid byte.
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
