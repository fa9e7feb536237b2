"""The table that assigns each photo of VisA to training or testing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import DatasetError

SPLIT_FILE = Path("split_csv", "1cls.csv")
COLUMNS = ("object", "split", "label", "image", "mask")
SPLITS = ("train", "test")
LABELS = ("normal", "anomaly")


@dataclass(frozen=True, slots=True)
class SplitRow:
    """One photo of VisA.

    Parameters
    ----------
    category : str
        Column "object".
    for_training : bool
        Column "split".
    defective : bool
        Column "label".
    image : Path
    mask : Path or None
        None if the table names no mask.
    """

    category: str
    for_training: bool
    defective: bool
    image: Path
    mask: Path | None


def read_split(root: Path, category: str | None = None) -> list[SplitRow]:
    """Read ``split_csv/1cls.csv``, the one-class split that is published with VisA (Zou et al., ECCV 2022).

    Parameters
    ----------
    root : Path
        The folder that holds ``split_csv``; paths in the table are relative to it.
    category : str or None
        Category whose rows are returned; None for all rows.

    Returns
    -------
    list of SplitRow
        In the order of the table, never empty.

    Raises
    ------
    DatasetError
        The table cannot be read, lacks a column, holds a word that VisA does not use, trains on a defective photo, or
        names files that do not exist.
    """
    table = root / SPLIT_FILE
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            absent = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if absent:
                raise DatasetError(
                    table, f"the column {absent[0]!r} is missing", action=f"expected {', '.join(COLUMNS)}"
                )
            rows = [_row(root, words, reader.line_num) for words in reader if category in (None, words["object"])]
    except FileNotFoundError as error:
        raise DatasetError(
            table, "there is no such file", action="it comes with VisA, copy it to this place"
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(table, f"the table cannot be read ({error})", action="copy it anew from VisA") from error
    if not rows:
        of_what = "photo" if category is None else f"photo of {category!r}"
        raise DatasetError(table, f"it names no {of_what}", action="copy it anew from VisA, or give another folder")
    _refuse_absent(root, rows)
    return rows


def _row(root: Path, words: dict[str, str | None], line: int) -> SplitRow:
    for name, known in (("split", SPLITS), ("label", LABELS)):
        if words[name] not in known:
            raise DatasetError(
                root / SPLIT_FILE,
                f"line {line}: {words[name]!r} is no {name} of VisA",
                action=f"expected {' or '.join(known)}",
            )
    if not words["object"] or not words["image"]:
        raise DatasetError(
            root / SPLIT_FILE, f"line {line}: object or image is empty", action="copy the table anew from VisA"
        )
    row = SplitRow(
        category=words["object"],
        for_training=words["split"] == "train",
        defective=words["label"] == "anomaly",
        image=root / words["image"],
        mask=root / words["mask"] if words["mask"] else None,
    )
    if row.for_training and row.defective:
        raise DatasetError(
            root / SPLIT_FILE, f"line {line}: it trains on a defective photo", action="training takes good photos only"
        )
    return row


def _refuse_absent(root: Path, rows: list[SplitRow]) -> None:
    named = [path for row in rows for path in (row.image, row.mask) if path is not None]
    absent = [path.relative_to(root).as_posix() for path in named if not path.is_file()]
    if absent:
        raise DatasetError(
            root / SPLIT_FILE,
            f"{len(absent)} of the {len(named)} files that it names do not exist, the first is {absent[0]}",
            action="unpack VisA again, or give the path of a category that is complete",
        )
