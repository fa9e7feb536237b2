"""Run the missing splits, and write their results into the document."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import torch

from benchmarks.judgement.promise_tables import BIAS_TABLE, Measured, table_name, write_bias, write_kept
from benchmarks.judgement.splits import SETTINGS, Cell, KeptSplits, Splitter, read_goods
from benchmarks.measuring.apart import write_into
from inspector.cli.terminal import EXIT_CANCELLED


def main(description: str | None, words: Sequence[str] | None = None) -> int:
    """Read the words of the command, and return its exit code: 0, or 130 where it was stopped with Ctrl-C."""
    asked = _parser(description).parse_args(words)
    kept = KeptSplits(asked.out, reuse=asked.reuse)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)  # photos are small: threads that wait for each other cost more than they give
    names = asked.only or list(SETTINGS)
    try:
        for name in [] if asked.write else names:
            _run(name, kept, asked)
    except KeyboardInterrupt:
        print(f"Stopped; what was measured is kept in {asked.out}; the same command goes on.", file=sys.stderr)
        return EXIT_CANCELLED
    _write(asked.document, {name: _measured(name, kept, asked) for name in SETTINGS}, names)
    return 0


def _parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="promise.py", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the given datasets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--only", action="append", choices=list(SETTINGS), help="a setting; repeatable")
    parser.add_argument("--splits", type=int, help="splits of each cell, instead of each setting's own number")
    parser.add_argument("--reuse", action="store_true", help="take what older code measured, where it is kept")
    parser.add_argument("--write", action="store_true", help="measure nothing, write what is kept")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    return parser


def _cells(name: str) -> list[Cell]:
    return [Cell(name, dataset, goods) for dataset, goods in SETTINGS[name].cells]


def _numbers(name: str, asked: argparse.Namespace) -> range:
    return range(asked.splits or SETTINGS[name].splits)


def _run(name: str, kept: KeptSplits, asked: argparse.Namespace) -> None:
    """Run the splits of a setting that are not kept, first the first split of every cell."""
    setting = SETTINGS[name]
    cells = _cells(name)
    lacking = [(number, cell) for number in _numbers(name, asked) for cell in cells if kept.find(cell, number) is None]
    splitters: dict[str, Splitter] = {}
    for done, (number, cell) in enumerate(lacking, start=1):
        if cell.dataset not in splitters:
            splitters[cell.dataset] = Splitter(setting, read_goods(cell.dataset, asked.data, asked.out))
        kept.keep(cell, number, splitters[cell.dataset].run(cell.goods, number))
        if done % len(cells) == 0 or done == len(lacking):
            print(f"{name}: {done} of {len(lacking)} splits", file=sys.stderr, flush=True)


def _measured(name: str, kept: KeptSplits, asked: argparse.Namespace) -> Measured:
    return {cell: list(kept.read(cell, len(_numbers(name, asked)))) for cell in _cells(name)}


def _write(document: Path | None, measured: Mapping[str, Measured], names: Sequence[str]) -> None:
    tables = {table_name(name): write_kept(name, measured[name]) for name in names}
    write_into(document, tables | {BIAS_TABLE: write_bias(measured)})
