"""Run what tables lack, and write them into the document."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from benchmarks.measuring.cells import Bench, Cell, cells_of
from benchmarks.measuring.declared import TABLES, chosen_tables
from benchmarks.measuring.document import MarkerMissing, write_bodies, write_table
from benchmarks.measuring.standalone import STANDALONE, NotMeasured, chosen_standalone, with_command
from inspector.cli.terminal import EXIT_CANCELLED


def main(description: str | None, words: Sequence[str] | None = None) -> int:
    """Read the words of the command, and return its exit code.

    0: all is measured. 1: something could not be. 2: misuse. 130: stopped with Ctrl-C.
    """
    parser = _parser(description)
    asked = parser.parse_args(words)
    tables, standalone = chosen_tables(asked.only), chosen_standalone(asked.only)
    if not tables and not standalone:
        there_are = ", ".join([*(one.name for one in TABLES), *STANDALONE])
        parser.error(f"there is no table {' or '.join(asked.only)}; there are: {there_are}")
    threads = max((os.cpu_count() or 1) // asked.jobs, 1)
    bench = Bench(asked.data, asked.out, threads, reuse=asked.reuse)
    cells = list(dict.fromkeys(cell for table in tables for cell in cells_of(table, asked.repeats).values()))
    if asked.list:
        _list(bench, cells, standalone)
        return 0
    try:
        # Alone and first: they measure time on all cores.
        bodies, failed = _make_standalone(bench, standalone)
        failed += _run(bench, [cell for cell in cells if bench.kept(cell) is None], asked.jobs)
    except KeyboardInterrupt:
        _tell(f"Stopped. What was measured is kept in {asked.out}; the same command goes on from there.")
        return EXIT_CANCELLED
    for table in tables:
        kept = {cell: bench.kept(cell) for cell in cells_of(table, asked.repeats).values()}
        bodies[table.name] = write_table(table, kept, asked.repeats)
    try:
        write_bodies(bodies, asked.document)
    except MarkerMissing as error:
        parser.error(str(error))
    return 1 if failed else 0


def _parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tables.py", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the given datasets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TABLE", help="a table, or the beginning of several; repeatable"
    )
    parser.add_argument("--jobs", type=_at_least_one, default=2, help="measurements at once (cores are shared)")
    parser.add_argument("--repeats", type=_at_least_one, help="seeds, instead of each table's own number")
    parser.add_argument("--reuse", action="store_true", help="take what older code measured, where it is kept")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    parser.add_argument("--list", action="store_true", help="say what would run, and run nothing")
    return parser


def _at_least_one(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _list(bench: Bench, cells: list[Cell], standalone: list[str]) -> None:
    for name in standalone:
        print(f"{'to run' if bench.kept_text(name) is None else 'kept  '}  {STANDALONE[name][0]}")
    for cell in cells:
        print(f"{'to run' if bench.kept(cell) is None else 'kept  '}  {cell.shown}")


def _make_standalone(bench: Bench, names: list[str]) -> tuple[dict[str, str], int]:
    """Return the texts between the markers of these tables, and the number of tables that could not be made."""
    bodies, failed = {}, 0
    for name in names:
        table = bench.kept_text(name)
        if table is None:
            _tell(f"making the table {name}")
            try:
                table = STANDALONE[name][1]()
            except NotMeasured as error:
                _tell(f"NOT measured ({error}): {STANDALONE[name][0]}")
                failed += 1
                continue  # the document's text on it stays
            bench.keep_text(name, table)
        bodies[name] = with_command(name, table)
    return bodies, failed


def _run(bench: Bench, cells: list[Cell], jobs: int) -> int:
    """Measure cells, several at once, and return how many could not be."""
    failed = 0
    pool = ThreadPoolExecutor(jobs)
    try:
        waiting = {pool.submit(bench.measure, cell): cell for cell in cells}
        for done, future in enumerate(as_completed(waiting), start=1):
            problem = future.result()
            failed += problem is not None
            said = "measured" if problem is None else f"NOT measured ({problem})"
            _tell(f"[{done}/{len(cells)}] {said}: {waiting[future].shown}")
    finally:
        pool.shutdown(
            cancel_futures=True
        )  # on Ctrl-C, waiting cells are not begun; running processes receive the signal, too
    return failed


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
