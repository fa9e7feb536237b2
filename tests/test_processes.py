"""How many processes run the tests."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import _sendable, pytest_xdist_auto_num_workers

HERE = str(Path(__file__).parent)


@pytest.mark.parametrize(
    ("cores", "named", "processes"),
    [(1, [HERE], 0), (2, [HERE], 2), (64, [HERE], 2), (2, [__file__], 0), (2, [f"{__file__}::test_a"], 0),
     (2, [__file__, HERE], 2)],
)  # fmt: skip
def test_folders_share_two_cores_and_single_files_need_no_other_process(monkeypatch, cores, named, processes):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(cores)), raising=False)
    config = SimpleNamespace(args=named, option=SimpleNamespace(dist="loadfile"))
    assert pytest_xdist_auto_num_workers(config) == processes
    assert config.option.dist == ("loadfile" if processes else "no")


@pytest.mark.parametrize("outcome", ["skipped", "passed"])
def test_a_report_passes_between_processes_as_it_was(outcome):
    place = (__file__, 1, "Skipped: no folder of that name: \udcff") if outcome == "skipped" else None
    sent = _sendable({"outcome": outcome, "longrepr": place, "sections": [("out", "\udcff")], "duration": 0.5})
    assert sent["longrepr"] == (place and (__file__, 1, "Skipped: no folder of that name: \\udcff"))
    assert sent["sections"] == [("out", "\\udcff")]
    assert sent["duration"] == 0.5
