"""A program that adds parts is killed at random moments: nothing accepted is lost, nothing else is left behind."""

import hashlib
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import Order, Pictures
from inspector.storage.history.store import History
from tests.storage.history.writer import BUDGET

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("INSPECTOR_KILLS", "100"))
"""For a longer run: INSPECTOR_KILLS=2000 pytest tests/storage/history/test_kill.py"""


@contextmanager
def writing_program(folder):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-m", "tests.storage.history.writer", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        yield Program(program)
        program.stdin.close()


class Program:
    def __init__(self, process):
        self.process = process
        self.waiting = b""

    def line(self, timeout_s=60.0):
        """The next line, or None if none comes in time."""
        while b"\n" not in self.waiting:
            if not select.select([self.process.stdout], [], [], timeout_s)[0]:
                return None
            came = os.read(self.process.stdout.fileno(), 65536)
            assert came, "the program that writes has ended"
            self.waiting += came
        line, _, self.waiting = self.waiting.partition(b"\n")
        assert not line.startswith(b"failed"), line.decode()
        return line.decode()

    def run_and_kill(self, first, lines, then_s):
        """Start a writer, kill it `then_s` seconds after so many lines, and return all that it said."""
        self.process.stdin.write(f"{first}\n".encode())
        said = []
        started = self.line()
        while len(said) < lines:
            said.append(self.line())
        while (line := self.line(then_s)) is not None and len(said) < lines + 50:
            said.append(line)
            then_s /= 2
        os.kill(int(started.split()[1]), signal.SIGKILL)
        while (line := self.line()) != "dead":
            said.append(line)
        return said


def numbers(said, word):
    return {int(line.split()[1]) for line in said if line.startswith(word)}


def rows(folder, query):
    with closing(sqlite3.connect(folder / "history.sqlite")) as connection:
        return connection.execute(query).fetchall()


def files_on_disk(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def check_whole(folder):
    """Files, rows and bookkeeping agree, to the last byte."""
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert rows(folder, "PRAGMA foreign_key_check") == []
    kept = rows(folder, "SELECT photo_path, photo_sha256, map_path, map_sha256 FROM pictures WHERE deleted_at IS NULL")
    wanted = {path: sha256 for row in kept for path, sha256 in (row[:2], row[2:])}
    on_disk = files_on_disk(folder / "pictures")
    assert set(on_disk) == set(wanted)  # this says too that no note and no half-written file is left
    assert all(hashlib.sha256(on_disk[path].read_bytes()).hexdigest() == sha256 for path, sha256 in wanted.items())
    ((booked,),) = rows(folder, "SELECT kept_bytes FROM picture_folders")
    assert booked == sum(path.stat().st_size for path in on_disk.values())
    ((may_go,),) = rows(folder, "SELECT count(*) FROM pictures WHERE may_go IS NOT NULL")
    assert booked <= BUDGET.limit_bytes or may_go == 0  # flagged and reviewed parts stay, beyond the budget too


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the program that is killed forks, which Windows does not")
@pytest.mark.timeout(max(300, 3 * KILLS))
def test_killing_the_writer_at_any_moment_loses_nothing_accepted(folder):
    accepted, reviewed, cut_short = set(), set(), 0
    with writing_program(folder) as program:
        for _ in range(KILLS):
            said = program.run_and_kill(len(accepted), random.randrange(4), random.uniform(0.0, 0.06))
            accepted |= numbers(said, "added")
            reviewed |= numbers(said, "reviewed")
            cut_short += bool(list((folder / "pictures").glob(".pending/*")))
            with History.open(folder, budget=BUDGET) as history:
                page = history.page(order=Order.OLDEST, limit=10**6)
                here = {record.id: record for record in page}
                assert history.verify().problems == []
            assert accepted <= set(here)
            assert all(here[number].decision is Decision.UNSURE for number in reviewed)
            flagged = [record for record in page if record.verdict is Verdict.NG]
            assert all(record.pictures is Pictures.KEPT for record in flagged)
            check_whole(folder)
    assert len(accepted) > KILLS / 2
    assert cut_short > KILLS / 10  # otherwise the kills fell between two parts, and show nothing
    assert rows(folder, "SELECT count(*) FROM pictures WHERE deleted_at IS NOT NULL")[0][0] > 0
