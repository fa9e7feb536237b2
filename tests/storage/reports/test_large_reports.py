"""What reports on many parts cost: statements by the page, and memory for a page."""

import tracemalloc

from sqlalchemy import event

from benchmarks.history import fill
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.store import History
from inspector.storage.reports import coco
from inspector.workflows.report import report_on_history


def test_a_report_asks_the_history_by_the_page_and_not_by_the_part(tmp_path, monkeypatch):
    """Statements and memory that CSV and COCO take do not grow with every part."""
    monkeypatch.setattr(coco, "_photo_is_there", lambda *_: True)  # all of them have rows and none has files

    def used(parts, kind):
        folder = tmp_path / f"{parts} {kind}"
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
        used(10, kind)  # what is loaded once
        (few, small), (many, large) = used(1000, kind), used(4000, kind)
        assert many - few <= 6 * 3 * 4  # of six pages more, and at most three statements and their BEGIN for each pass
        assert large < 1.5 * small
