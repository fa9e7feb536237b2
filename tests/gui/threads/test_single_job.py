"""An owner hears of the job it waits for, and of no other."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from inspector.core.progress import Progress
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import Errand
from tests.gui.threads.test_jobs import until_cancelled


@pytest.fixture
def owner() -> QObject:
    return QObject()


def heard(errand: Errand) -> list[object]:
    said: list[object] = []
    errand.progressed.connect(said.append)
    errand.delivered.connect(said.append)
    errand.succeeded.connect(said.append)
    errand.failed.connect(said.append)
    errand.cancelled.connect(lambda: said.append("cancelled"))
    return said


def test_each_hears_of_its_own_job(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    first, second = Errand(runner, owner), Errand(runner, owner)
    of_first, of_second = heard(first), heard(second)

    def work(job: Job) -> str:
        job.report(Progress("counting", 1, 1))
        job.tell("half")
        return "all"

    first.submit(work)
    assert first.busy
    assert not second.busy
    with qtbot.waitSignal(second.succeeded):
        second.submit(lambda _job: "other")
    assert of_first == [Progress("counting", 1, 1), ("half",), "all"]
    assert of_second == ["other"]
    assert not first.busy


def test_a_failure_is_the_end_of_it(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    errand = Errand(runner, owner)
    busy: list[bool] = []
    errand.failed.connect(lambda _error: busy.append(errand.busy))
    with qtbot.waitSignal(errand.failed) as failed:
        errand.submit(lambda _job: 1 // 0)
    assert isinstance(failed.args[0], ZeroDivisionError)
    assert busy == [False]


def test_what_is_dropped_is_not_heard_of_again(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    errand, begun, go_on = Errand(runner, owner), threading.Event(), threading.Event()
    said = heard(errand)

    def work(job: Job) -> str:
        begun.set()
        go_on.wait(10)
        job.report(Progress("late", 1, 1))
        job.token.check()
        return "late"

    errand.submit(work)
    assert begun.wait(10)
    errand.drop()
    assert not errand.busy
    go_on.set()
    with qtbot.waitSignal(errand.succeeded):
        errand.submit(lambda _job: "new")
    assert said == ["new"]


def test_a_job_that_is_asked_to_stop_says_so(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    errand = Errand(runner, owner)
    said = heard(errand)
    with qtbot.waitSignal(errand.cancelled):
        errand.submit(until_cancelled)
        errand.cancel()
    assert said == ["cancelled"]
    assert not errand.busy
