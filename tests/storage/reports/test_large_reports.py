"""The cost of reports on many parts: statements per page, and memory per page."""

import tracemalloc
from dataclasses import replace

from sqlalchemy import event

from benchmarks.speed.history import fill
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.store import History
from inspector.storage.reports.content.report_forecast import PROBED, forecast_report, rough_forecast
from inspector.storage.reports.formats import coco
from inspector.workflows.reports.writing import report_on_history


def test_a_report_asks_the_history_by_the_page_and_not_by_the_part(tmp_path, monkeypatch):
    """Statements and memory that CSV and COCO take do not grow with every part."""
    monkeypatch.setattr(coco, "_photo_is_there", lambda *_: True)  # all of them have rows and none has files

    def used(parts, kind):
        folder = tmp_path / str(parts)
        if not folder.exists():
            folder.mkdir()
            fill(f"sqlite:///{folder / 'history.sqlite'}", parts)
        asked = []
        with History.open(folder) as history:
            event.listen(history._database._reader, "before_cursor_execute", lambda *what: asked.append(what[2]))
            tracemalloc.start()
            report_on_history(history, EVERYTHING, folder / f"r.{kind}", scope_words="All")
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return len(asked), peak

    for kind in ("csv", "coco.json"):
        used(10, kind)  # loaded once
        (few, small), (many, large) = used(1000, kind), used(4000, kind)
        assert many - few <= 6 * 3 * 4  # of six pages more, and at most three statements and their BEGIN for each pass
        assert large < 1.5 * small


def test_size_and_time_of_a_report_follow_from_a_few_of_its_parts(report_on, written):
    report = report_on(EVERYTHING)
    asked = []
    watched = replace(report, pictures=lambda part: asked.append(part.number) or report.pictures(part))
    found = forecast_report(watched)
    assert 0 < len(asked) <= PROBED
    assert found.pictured == report.pictured
    size = written(report, "r.html").stat().st_size
    assert size / 3 < found.size_bytes < 3 * size
    many = replace(watched, defects=list(report.defects) * 500)
    asked.clear()
    large = forecast_report(many)
    assert len(asked) <= PROBED  # however many there are
    assert large.pictured > 300 * max(found.pictured, 1) / len(report.defects) / 2
    assert large.size_bytes > 10 * found.size_bytes
    assert large.seconds > 10 * found.seconds


def test_a_report_without_defects_has_nothing_to_forecast():
    assert rough_forecast(0, 0).seconds == 0
    assert rough_forecast(0, 200_000).size_bytes > 10_000_000
    assert rough_forecast(1000, 0).seconds > 60
