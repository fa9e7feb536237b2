"""JobRunner: one outcome a job, whatever happens."""

import threading
import time

import pytest

from inspector.core.errors import NoImages
from inspector.core.progress import Cancelled, Progress
from inspector.gui.threads.jobs import JobRunner


class Record:
    """Collects a runner's signals, in order."""

    def __init__(self, runner):
        self.outcomes, self.progress, self.parts = [], [], []
        runner.succeeded.connect(self.on_succeeded)
        runner.failed.connect(self.on_failed)
        runner.cancelled.connect(self.on_cancelled)
        runner.progress.connect(self.on_progress)
        runner.delivered.connect(self.on_delivered)

    def on_succeeded(self, job_id, result):
        self.outcomes.append((job_id, "succeeded", result))

    def on_failed(self, job_id, error):
        self.outcomes.append((job_id, "failed", error))

    def on_cancelled(self, job_id):
        self.outcomes.append((job_id, "cancelled", None))

    def on_progress(self, _job_id, progress):
        self.progress.append(progress)

    def on_delivered(self, _job_id, items):
        self.parts.extend(items)


@pytest.fixture
def record(runner):
    return Record(runner)


def until_cancelled(job):
    while True:
        job.token.check()
        time.sleep(0.001)


def test_success_comes_with_its_job_id_and_from_another_thread(runner, record, qtbot):
    threads = []

    def work(_job):
        threads.append(threading.get_ident())
        return 42

    job = runner.submit(work)
    qtbot.waitUntil(lambda: record.outcomes == [(job, "succeeded", 42)])
    assert threads != [threading.get_ident()]
    assert not runner.busy


def test_outcomes_arrive_in_the_windows_thread(runner, qtbot):
    with qtbot.waitSignal(runner.succeeded) as caught:
        runner.submit(lambda _job: "done")
    assert caught.args[1] == "done"


@pytest.mark.parametrize("error", [NoImages("folder", "empty"), ZeroDivisionError("bug")])
def test_any_exception_is_a_failure_that_carries_it(runner, record, qtbot, error):
    def work(_job):
        raise error

    job = runner.submit(work)
    qtbot.waitUntil(lambda: bool(record.outcomes))
    assert record.outcomes == [(job, "failed", error)]


def test_a_waiting_job_is_over_at_once_when_it_is_cancelled(runner, record, qtbot):
    held, begun, ran = threading.Event(), threading.Event(), []

    def hold(_job):
        begun.set()
        held.wait(60)

    first = runner.submit(hold)
    assert begun.wait(60)
    second = runner.submit(ran.append)
    third = runner.submit(lambda _job: 3)
    runner.cancel(second)
    runner.cancel(second)
    assert not record.outcomes  # whoever cancels is not interrupted by the outcome
    qtbot.waitUntil(lambda: record.outcomes == [(second, "cancelled", None)])
    held.set()
    qtbot.waitUntil(lambda: len(record.outcomes) == 3)
    assert record.outcomes[1:] == [(first, "succeeded", None), (third, "succeeded", 3)]
    assert not ran


def test_a_running_job_can_be_cancelled(runner, record, qtbot):
    job = runner.submit(until_cancelled)
    qtbot.waitUntil(lambda: runner.busy)
    runner.cancel(job)
    qtbot.waitUntil(lambda: bool(record.outcomes))
    assert record.outcomes == [(job, "cancelled", None)]


def test_a_waiting_job_that_is_cancelled_never_runs(runner, record, qtbot):
    ran = []
    first = runner.submit(until_cancelled)
    second = runner.submit(ran.append)
    runner.cancel(second)
    runner.cancel(first)
    qtbot.waitUntil(lambda: len(record.outcomes) == 2)
    assert {(job, outcome) for job, outcome, _ in record.outcomes} == {(first, "cancelled"), (second, "cancelled")}
    assert ran == []


def test_cancelling_a_job_that_is_over_or_unknown_does_nothing(runner, record, qtbot):
    job = runner.submit(lambda _job: 1)
    qtbot.waitUntil(lambda: bool(record.outcomes))
    runner.cancel(job)
    runner.cancel(987_654)
    assert len(record.outcomes) == 1


def test_two_thousand_jobs_give_two_thousand_outcomes_in_order(runner, record, qtbot):
    def work_for(number):
        def work(_job):
            if number % 3 == 1:
                raise ValueError(number)
            if number % 3 == 2:
                raise Cancelled
            return number

        return work

    jobs = [runner.submit(work_for(number)) for number in range(2000)]
    qtbot.waitUntil(lambda: len(record.outcomes) == 2000, timeout=30_000)
    assert [job for job, _, _ in record.outcomes] == jobs
    assert [outcome for _, outcome, _ in record.outcomes[:3]] == ["succeeded", "failed", "cancelled"]


def test_thousands_of_progress_reports_do_not_flood_the_event_loop(runner, record, qtbot):
    def work(job):
        for done in range(20_000):
            job.report(Progress("reading", done + 1, 20_000))

    with qtbot.waitSignal(runner.succeeded, timeout=30_000):
        runner.submit(work)
    assert len(record.progress) < 100
    assert record.progress[-1] == Progress("reading", 20_000, 20_000)


def test_every_stage_is_told_even_if_it_is_short(runner, record, qtbot):
    stages = [Progress(name, 0, 9) for name in ("reading", "learning", "scoring")]

    def work(job):
        for progress in stages:
            job.report(progress)

    with qtbot.waitSignal(runner.succeeded):
        runner.submit(work)
    assert record.progress == stages


def test_delivered_parts_arrive_complete_in_order_and_before_the_outcome(runner, record, qtbot):
    def work(job):
        for number in range(5000):
            job.deliver(number)

    with qtbot.waitSignal(runner.succeeded):
        runner.submit(work)
    assert record.parts == list(range(5000))


def test_close_while_busy_stops_the_job_and_ends_the_thread(qapp):
    runner = JobRunner("closing")
    record = Record(runner)
    runner.submit(until_cancelled)
    started = time.monotonic()
    assert runner.close()
    assert time.monotonic() - started < 5
    qapp.processEvents()
    assert record.outcomes == []  # no receiver is left
    with pytest.raises(RuntimeError):
        runner.submit(until_cancelled)


def test_close_tells_when_a_job_does_not_stop_in_time(qapp):
    runner = JobRunner("stubborn")
    began, release = threading.Event(), threading.Event()

    def work(_job):
        began.set()
        release.wait(20)

    runner.submit(work)
    assert began.wait(5)
    assert not runner.close(wait_ms=50)
    release.set()
    assert runner.close()
