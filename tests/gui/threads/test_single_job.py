"""An owner hears of the job it waits for, and of no other."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from inspector.core.progress import Progress
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from tests.gui.threads.test_jobs import until_cancelled


@pytest.fixture
def owner() -> QObject:
    return QObject()


def heard(single_job: SingleJob) -> list[object]:
    said: list[object] = []
    single_job.progressed.connect(said.append)
    single_job.delivered.connect(said.append)
    single_job.succeeded.connect(said.append)
    single_job.failed.connect(said.append)
    single_job.cancelled.connect(lambda: said.append("cancelled"))
    return said


def test_each_hears_of_its_own_job(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    first, second = SingleJob(runner, owner), SingleJob(runner, owner)
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
    single_job = SingleJob(runner, owner)
    busy: list[bool] = []
    single_job.failed.connect(lambda _error: busy.append(single_job.busy))
    with qtbot.waitSignal(single_job.failed) as failed:
        single_job.submit(lambda _job: 1 // 0)
    assert isinstance(failed.args[0], ZeroDivisionError)
    assert busy == [False]


def test_what_is_dropped_is_not_heard_of_again(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    single_job, begun, go_on = SingleJob(runner, owner), threading.Event(), threading.Event()
    said = heard(single_job)

    def work(job: Job) -> str:
        begun.set()
        go_on.wait(10)
        job.report(Progress("late", 1, 1))
        job.token.check()
        return "late"

    single_job.submit(work)
    assert begun.wait(10)
    single_job.drop()
    assert not single_job.busy
    go_on.set()
    with qtbot.waitSignal(single_job.succeeded):
        single_job.submit(lambda _job: "new")
    assert said == ["new"]


def test_a_job_that_is_asked_to_stop_says_so(qtbot: QtBot, runner: JobRunner, owner: QObject) -> None:
    single_job = SingleJob(runner, owner)
    said = heard(single_job)
    with qtbot.waitSignal(single_job.cancelled):
        single_job.submit(until_cancelled)
        single_job.cancel()
    assert said == ["cancelled"]
    assert not single_job.busy
