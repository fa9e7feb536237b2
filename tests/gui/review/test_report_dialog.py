"""A report of the history, asked for on the review page."""

import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from inspector.core.letterhead import Letterhead
from inspector.core.values import Verdict
from inspector.gui.reports import exporting, words
from inspector.gui.reports.report_dialog import ReportDialog
from inspector.gui.reports.report_scopes import ReportOffer, ReportScope, shift_of
from inspector.gui.state.state import Step
from inspector.gui.widgets.dialogs import Dialogs
from inspector.storage.history.records import PartFilter
from inspector.storage.history.store import History
from tests.gui.review.conftest import FLAGGED, TO_REVIEW, WAIT_MS

NOW = datetime(2026, 3, 5, 15, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def make(review, qtbot, tmp_path):
    """Make the dialog for the scope of the page."""
    made = []

    def make(letterhead=Letterhead(), now=NOW):  # noqa: B008
        made.append(ReportDialog(ReportOffer(review.filter, review.selected, letterhead, now), tmp_path))
        return made[-1]

    yield make
    for dialog in made:
        dialog.deleteLater()


def choose(dialog, scope):
    dialog.scope.setCurrentIndex(dialog.scope.findData(scope))
    dialog.scope.activated.emit(dialog.scope.currentIndex())


def test_a_shift_is_the_one_of_now_and_begins_on_the_day_before_at_night():
    for hour, begin in ((6, 6), (13, 6), (14, 14), (21, 14), (22, 22), (23, 22)):
        assert shift_of(NOW.replace(hour=hour))[0] == NOW.replace(hour=begin, minute=0)
    since, until = shift_of(NOW.replace(hour=3))
    assert since == NOW.replace(day=4, hour=22, minute=0)
    assert until - since == timedelta(hours=8)


def test_each_scope_means_parts_of_the_history(page, make, review):
    dialog = make()
    with History.open() as history:
        assert history.count(dialog.wish.scope) == TO_REVIEW  # the list's filter is the initial choice
        choose(dialog, ReportScope.PART)
        (found,) = history.page(dialog.wish.scope)
        assert found.id == review.selected.id
        choose(dialog, ReportScope.BATCH)
        batch = history.page(dialog.wish.scope)
        assert {one.source for one in batch} == {review.selected.source}
        assert len(batch) > 1
    choose(dialog, ReportScope.TODAY)
    local = dialog.wish.scope
    assert (local.since.hour, local.until - local.since) == (0, timedelta(days=1))
    assert local == PartFilter(since=local.since, until=local.until)


def test_what_is_wrong_is_said_and_the_format_follows_the_name(page, make, tmp_path):
    dialog = make()
    assert dialog.wish.path.suffix == ".pdf"
    dialog.path.setText(str(tmp_path / "shift.coco.json"))
    assert dialog.format.currentData() == ".coco.json"
    dialog.format.setCurrentIndex(dialog.format.findData(".csv"))
    dialog.format.activated.emit(dialog.format.currentIndex())
    assert dialog.wish.path == tmp_path / "shift.csv"
    dialog.wish.path.touch()
    dialog.path.textChanged.emit(dialog.path.text())
    assert dialog.write.isEnabled()
    assert "will be replaced" in dialog.problem.text()
    dialog.path.setText(str(tmp_path / "shift"))
    assert not dialog.write.isEnabled()
    assert "ends in" in dialog.problem.text()
    dialog.path.setText(str(tmp_path / "shift.html"))
    choose(dialog, ReportScope.TIMES)
    dialog.until.setDateTime(dialog.since.dateTime().addSecs(-60))
    assert not dialog.write.isEnabled()
    assert "before the start" in dialog.problem.text()


def test_the_logo_is_shown_and_can_be_removed(page, make, tmp_path, monkeypatch):
    dialog = make(Letterhead(company="Example", signatures=("Seen by",)))
    head, logo = dialog.head, tmp_path / "logo.png"
    assert head.preview.text() == "None"
    Image.new("RGB", (3000, 1000), "navy").save(logo)
    monkeypatch.setattr(Dialogs, "choose_logo", lambda *_: logo)
    head.choose.click()
    assert not head.preview.pixmap().isNull()
    assert head.letterhead == Letterhead(company="Example", logo=str(logo), signatures=("Seen by",))
    head.remove.click()
    assert head.letterhead.logo == ""
    monkeypatch.setattr(Dialogs, "choose_logo", lambda *_: Path(__file__))
    head.choose.click()
    assert head.preview.text() == "Cannot be read"


def test_the_report_is_written_and_offered_to_be_opened(page, window, state, qtbot, tmp_path, monkeypatch):
    out = tmp_path / "report.csv"

    def answer(dialog):
        dialog.path.setText(str(out))
        dialog.head.company.setText("Example Solar")
        return True

    monkeypatch.setattr(Dialogs, "ask", answer)
    with qtbot.waitSignal(window.workers.exports.written, timeout=WAIT_MS):
        window.actions_table["export_report"].trigger()
    assert out.read_text(encoding="utf-8-sig").count("flagged ") >= FLAGGED
    assert window.activity.open_file.isVisible()
    assert window._preferences.letterhead.company == "Example Solar"

    out = tmp_path / "no such folder" / "report.csv"
    window.actions_table["export_report"].trigger()
    qtbot.waitUntil(lambda: state.problem is not None and not state.work.exporting, timeout=WAIT_MS)
    assert "no such folder" in state.problem.sentence or "report.csv" in str(state.problem)


def test_reviews_go_on_while_a_report_is_written_and_cancel_leaves_no_file(
    page, review, window, state, qtbot, tmp_path, monkeypatch
):
    reading, go_on = threading.Event(), threading.Event()
    whole = exporting.report_on_history

    def held(history, *arguments, report, **named):
        def tell(progress):
            reading.set()
            go_on.wait(WAIT_MS / 1000)
            report(progress)

        return whole(history, *arguments, report=tell, **named)

    monkeypatch.setattr(exporting, "report_on_history", held)
    monkeypatch.setattr(Dialogs, "ask", lambda dialog: dialog.path.setText(str(tmp_path / "report.html")) or True)
    window.actions_table["export_report"].trigger()
    qtbot.waitUntil(reading.is_set, timeout=WAIT_MS)
    before = review.counts.reviewed
    qtbot.keyClick(window, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: review.counts.reviewed == before + 1, timeout=WAIT_MS)
    assert state.work.exporting
    window.activity.cancel.click()
    go_on.set()
    qtbot.waitUntil(lambda: not state.work.exporting, timeout=WAIT_MS)
    assert list(tmp_path.glob("report*")) == []
    assert state.problem is None


def test_without_parts_there_is_nothing_to_report(window, state):
    state.set_step(Step.REVIEW)
    assert not window.actions_table["export_report"].isEnabled()
    assert "The history is empty" in window.actions_table["export_report"].toolTip()


def test_how_many_parts_it_is_about_is_told_while_it_is_chosen(page, make, window, review, qtbot, monkeypatch):
    said = []

    def ask(dialog):
        qtbot.waitUntil(lambda: "part" in dialog.parts.text(), timeout=WAIT_MS)
        said.append(dialog.parts.text())
        choose(dialog, ReportScope.PART)
        assert "part" not in dialog.parts.text()
        qtbot.waitUntil(lambda: "part" in dialog.parts.text(), timeout=WAIT_MS)
        said.append(dialog.parts.text())
        choose(dialog, ReportScope.TIMES)
        dialog.since.setDateTime(dialog.since.dateTime().addYears(-30))
        dialog.until.setDateTime(dialog.since.dateTime().addSecs(60))
        qtbot.waitUntil(lambda: "No matching parts" in dialog.parts.text(), timeout=WAIT_MS)
        said.append(dialog.write.isEnabled())
        return False

    monkeypatch.setattr(Dialogs, "ask", ask)
    window.actions_table["export_report"].trigger()
    assert said == [f"{TO_REVIEW} parts, {FLAGGED} NG", "1 part, 1 NG", False]


def test_size_and_time_of_a_large_report_are_told_before_it_is_written():
    assert words.forecast({Verdict.OK: 100_000, Verdict.NG: 3}) == ""
    told = words.forecast({Verdict.OK: 100_000, Verdict.NG: 5000, Verdict.UNSURE: 100})
    assert told == "As HTML or PDF: about 89.7 MB and 3 min, 1,100 parts with pictures."
