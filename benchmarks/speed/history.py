"""How long the history takes to answer when it holds a million parts.

    python benchmarks/speed/history.py --folder DIR [--parts 1000000] [--url postgresql://user@host/database]

Fills an empty history with generated rows (no pictures), and times the window's queries: the count, the first page, the
next page, a jump, under each kind of filter. Prints a markdown table with the median and the longest of `REPEATS`
answers in milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, inspect

from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.gui.review.anchors import APART
from inspector.storage.history.chain import chain_the_rest
from inspector.storage.history.records import EVERYTHING, UNSCORED, Order, PartFilter
from inspector.storage.history.rows import row_of
from inspector.storage.history.sql.database import FILE_NAME, Database, connect
from inspector.storage.history.sql.schema import bring_up_to_date
from inspector.storage.history.sql.tables import bundles, details, inspections, picture_folders, pictures, reviews
from inspector.storage.history.store import History

REPEATS = 15
AT_ONCE = 20_000
BEGIN = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
SECONDS_APART = 5.0
CLASSES = ("crack", "scratch", "stain", "missing")


def fill(url: str, parts: int, seed: int = 0) -> None:
    """Fill an empty history with `parts` generated parts: 94 % OK, 3 % UNSURE, 2.5 % NG, 0.5 % REFUSED.

    Four in five of those that were flagged are reviewed. Pictures of the OK parts before the last tenth are marked as
    deleted; there are no files at all.
    """
    database = connect(url)
    try:
        bring_up_to_date(database)
        generator = np.random.default_rng(seed)
        for first in range(1, parts + 1, AT_ONCE):
            _fill_chunk(database, range(first, min(first + AT_ONCE, parts + 1)), parts, generator)
        with database.writing() as connection:
            if inspect(connection).has_table("chain"):  # older releases had none
                chain_the_rest(connection)
    finally:
        database.close()


def questions(parts: int) -> Iterator[tuple[str, PartFilter, Order]]:
    """Yield the queries of a history with `parts` parts: name, filter, order."""
    middle = BEGIN + timedelta(seconds=SECONDS_APART * parts / 2)
    flagged = frozenset({Verdict.NG, Verdict.UNSURE, Verdict.REFUSED})
    yield "everything", EVERYTHING, Order.NEWEST
    yield "everything, worst first", EVERYTHING, Order.WORST
    yield "NG", PartFilter(verdicts=frozenset({Verdict.NG})), Order.NEWEST
    yield "OK", PartFilter(verdicts=frozenset({Verdict.OK})), Order.NEWEST
    to_review = PartFilter(verdicts=flagged, decisions=frozenset({None}))
    yield "flagged, not reviewed, worst first", to_review, Order.WORST
    yield "not reviewed", PartFilter(decisions=frozenset({None})), Order.NEWEST
    yield "false alarms", PartFilter(decisions=frozenset({Decision.FALSE_ALARM})), Order.NEWEST
    half_open = PartFilter(since=middle, decisions=frozenset({None}))
    yield "not reviewed in the second half", half_open, Order.NEWEST
    yield "one shift", PartFilter(since=middle, until=middle + timedelta(hours=8)), Order.NEWEST
    yield "second half of the time", PartFilter(since=middle), Order.NEWEST
    half_ng = PartFilter(since=middle, verdicts=frozenset({Verdict.NG}))
    yield "NG in the second half, worst first", half_ng, Order.WORST
    last_day = PartFilter(since=BEGIN + timedelta(seconds=0.998 * SECONDS_APART * parts))
    yield "the last 500th of the time, worst first", last_day, Order.WORST
    last_week = replace(last_day, since=BEGIN + timedelta(seconds=0.96 * SECONDS_APART * parts))
    yield "the last 25th of the time, oldest first", last_week, Order.OLDEST
    yield "the same, worst first", last_week, Order.WORST
    unsure = PartFilter(decisions=frozenset({Decision.UNSURE}))
    yield "people are unsure (nowhere), worst first", unsure, Order.WORST
    yield "OK, and people are unsure (nowhere)", replace(unsure, verdicts=frozenset({Verdict.OK})), Order.NEWEST
    yield "relative score 0.7 to 0.9", PartFilter(lowest=0.7, highest=0.9), Order.WORST
    ok_near = PartFilter(verdicts=frozenset({Verdict.OK}), lowest=0.7, highest=0.9)
    yield "OK with relative score 0.7 to 0.9", ok_near, Order.NEWEST
    yield "defect class", PartFilter(defect_class="crack"), Order.NEWEST
    yield "part id begins", PartFilter(part_prefix=f"part {parts // 2:08d}"[:-2]), Order.NEWEST
    yield "source", PartFilter(source="camera:1"), Order.NEWEST
    yield "bundle", PartFilter(bundle_sha256="1" * 64), Order.NEWEST


def measure(history: History, parts: int) -> str:
    """Return a markdown table of how long each answer takes."""
    columns = ("asked", "parts", "count, ms", "first page, ms", "next page, ms", "jump to the middle, ms")
    lines = [f"| {' | '.join(columns)} |", "|---|" + "---:|" * 5]
    for name, part_filter, order in questions(parts):
        found = history.count(part_filter)
        cells = [
            _timed(partial(history.count, part_filter)),
            _timed(partial(history.page, part_filter, order)),
            *_further(history, part_filter, order, found),
        ]
        lines.append(f"| {name} | {found:,} | {' | '.join(cells)} |")
    lines.append(f"| verdicts of everything | {parts:,} | {_timed(history.verdict_counts)} | | | |")
    lines.append(f"| reviewed parts by the day | {parts:,} | {_timed(history.reviewed_by_day)} | | | |")
    return "\n".join(lines)


def _further(history: History, part_filter: PartFilter, order: Order, found: int) -> list[str]:
    """Time the next page, and a jump into the middle as the window does it: from an anchor at most `APART` away."""
    if not found:
        return ["", ""]
    last = history.page(part_filter, order)[-1]
    skipped = min(APART, found // 2)
    (anchor,) = history.page(part_filter, order, offset=found // 2 - skipped, limit=1)
    return [
        _timed(partial(history.page, part_filter, order, after=last)),
        _timed(partial(history.page, part_filter, order, after=anchor, offset=skipped)),
    ]


def _timed(ask: Callable[[], Any]) -> str:
    took = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        ask()
        took.append(1000.0 * (time.perf_counter() - begun))
    return f"{statistics.median(took):.1f} (at most {max(took):.1f})"


def _fill_chunk(database: Database, numbers: range, parts: int, generator: np.random.Generator) -> None:
    relative, verdicts = _drawn(len(numbers), generator)
    with database.writing() as connection:
        bundle_ids = [
            row_of(connection, bundles, {"sha256": digit * 64, "name": f"cells {digit}.inspector"}) for digit in "12"
        ]
        place = {"station": "", "path": "pictures"}
        folder_id = row_of(connection, picture_folders, place, kept_bytes=0)
        facts, more, files, said = [], [], [], []
        for number, score, verdict in zip(numbers, relative, verdicts, strict=True):
            decision = _decision(verdict, generator)
            bundle_id = bundle_ids[2 * number > parts]
            facts.append(_facts(number, float(score), verdict, decision, bundle_id))
            more.append(_more(number, verdict))
            files.append(_files(number, verdict, folder_id, 10 * number > 9 * parts))
            if decision is not None:
                said.append(_review(number, facts[-1]))
        for table, table_rows in ((inspections, facts), (details, more), (pictures, files), (reviews, said)):
            if table_rows:
                connection.execute(insert(table), table_rows)


def _drawn(count: int, generator: np.random.Generator) -> tuple[np.ndarray[Any, Any], list[Verdict]]:
    kinds = generator.choice(4, size=count, p=[0.94, 0.03, 0.025, 0.005])
    names = (Verdict.OK, Verdict.UNSURE, Verdict.NG, Verdict.REFUSED)
    spans = np.array([[0.2, 0.9], [0.9, 1.0], [1.0, 4.0], [-1.0, 2.0]])[kinds]
    drawn = generator.uniform(spans[:, 0], spans[:, 1])
    return np.where(drawn < 0.0, UNSCORED, drawn), [names[kind] for kind in kinds]


def _decision(verdict: Verdict, generator: np.random.Generator) -> Decision | None:
    if verdict not in (Verdict.NG, Verdict.UNSURE) or generator.random() < 0.2:
        return None
    return (Decision.DEFECT, Decision.FALSE_ALARM)[int(generator.random() < 0.3)]


def _facts(number: int, relative: float, verdict: Verdict, decision: Decision | None, bundle_id: int) -> dict[str, Any]:
    defect = decision is Decision.DEFECT
    return {
        "id": number,
        "part_id": f"part {number:08d}",
        "source": f"camera:{number % 2}",
        "inspected_at": BEGIN + timedelta(seconds=SECONDS_APART * number),
        "utc_offset_s": 3600,
        "verdict": str(verdict),
        "score": None if relative == UNSCORED else 3.0 * relative,
        "threshold": 3.0,
        "unsure_threshold": 2.7,
        "relative_score": relative,
        "bundle_id": bundle_id,
        "operator": "early shift",
        "triggered_by": "arrival",
        "decision": None if decision is None else str(decision),
        "defect_class": CLASSES[number % len(CLASSES)] if defect else None,
    }


def _more(number: int, verdict: Verdict) -> dict[str, Any]:
    box = {"x": 100, "y": 200, "w": 30, "h": 20, "area_px": 400, "peak": 4.0}
    region = {**box, "outline": [[100 + step, 200] for step in range(30)]}
    reading = {"name": "exposure", "value": 0.1, "low": -0.5, "high": 0.5, "unit": "stops"}
    return {
        "inspection_id": number,
        "refusal": "too dark" if verdict is Verdict.REFUSED else None,
        "photo_height": 720,
        "photo_width": 1280,
        "ms": 40.0,
        "pictures_not_kept": None,
        "regions": [region] if verdict is Verdict.NG else [],
        "readings": [reading] * 10,
    }


def _files(number: int, verdict: Verdict, folder_id: int, recent: bool) -> dict[str, Any]:
    kept = recent or verdict in (Verdict.NG, Verdict.UNSURE)
    return {
        "inspection_id": number,
        "folder_id": folder_id,
        "photo_path": f"2026-01-05/{number:012x}.png",
        "photo_sha256": "0" * 64,
        "map_path": f"2026-01-05/{number:012x}.safetensors",
        "map_sha256": "0" * 64,
        "bytes": 1_000_000,
        "may_go": 0 if kept and verdict is Verdict.OK else None,
        "deleted_at": None if kept else BEGIN,
        "deleted_why": None if kept else "deleted to make room for newer pictures",
    }


def _review(number: int, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "inspection_id": number,
        "decision": facts["decision"],
        "defect_class": facts["defect_class"] or "",
        "note": "",
        "reviewer": "quality",
        "reviewed_at": facts["inspected_at"],
        "utc_offset_s": 3600,
    }


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="for the history, or for its pictures beside --url")
    parser.add_argument("--parts", type=int, default=1_000_000)
    parser.add_argument("--url", default="", help="of a PostgreSQL database")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    url = asked.url or f"sqlite:///{asked.folder / FILE_NAME}"
    place = {"pictures_folder": asked.folder / "pictures"} if asked.url else {}
    with History.open(asked.url or asked.folder, **place) as history:
        if not history.count():
            begun = time.perf_counter()
            fill(url, asked.parts)
            print(f"{asked.parts:,} parts generated in {time.perf_counter() - begun:.0f} s\n", flush=True)
        print(measure(history, history.count()))


if __name__ == "__main__":
    main()
