"""The review page on a history of real cells: decide, take back, filter, by keys alone."""

import pytest
from PySide6.QtCore import Qt

from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.gui.review.history_table import HistoryColumn
from inspector.gui.state.review_filter import Judged, Period, Reviewed, ReviewFilter
from inspector.gui.state.state import Step
from inspector.storage.folders import history_folder
from inspector.storage.history.store import History
from inspector.storage.settings import load_settings
from tests.gui.conftest import judged as judged_window  # noqa: F401
from tests.gui.conftest import window  # noqa: F401
from tests.gui.review.conftest import FLAGGED, TO_REVIEW, WAIT_MS, settled
from tests.storage.history.conftest import NOON, judged

KEYS = {Decision.DEFECT: Qt.Key.Key_D, Decision.FALSE_ALARM: Qt.Key.Key_A, Decision.UNSURE: Qt.Key.Key_U}


@pytest.fixture
def press(window, qtbot, review):  # noqa: F811
    """Press a key where the focus is, once the part is shown."""

    def press(key, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.waitUntil(lambda: review.details is not None or review.selected is None, timeout=WAIT_MS)
        qtbot.keyClick(window.focusWidget() or window, key, modifier)

    return press


@pytest.fixture
def wait(window, qtbot):  # noqa: F811
    def wait(condition=lambda: True):
        qtbot.waitUntil(lambda: settled(window) and condition(), timeout=WAIT_MS)

    return wait


def saved(part_id):
    with History.open() as history:
        (record,) = [one for one in history.page() if one.part_id == part_id]
        return history.get(record.id)


def test_without_a_history_the_page_says_what_to_do_and_makes_none(window, state, qtbot):  # noqa: F811
    assert window.rail.steps[Step.REVIEW].status == "Nothing to review"
    state.set_step(Step.REVIEW)
    qtbot.waitUntil(lambda: settled(window), timeout=WAIT_MS)
    assert window.review.empty.isVisible()
    assert "Live parts are recorded" in window.review.empty.text.text()
    assert not window.actions_table["confirm_defect"].isEnabled()
    assert not history_folder().exists()


def test_the_worst_part_comes_first_with_heatmap_outlines_and_its_limits(page, review, window):  # noqa: F811
    assert window.rail.steps[Step.REVIEW].status == f"{TO_REVIEW} to review"
    assert page.list.count.text() == f"{TO_REVIEW} parts"
    assert review.selected.part_id == f"flagged {FLAGGED - 1}"
    assert page.view.image.shows_heatmap
    assert page.view.image.shows_outlines
    assert page.verdict.verdict is Verdict.NG
    assert page.verdict.score.text() == f"{review.selected.relative_score:.2f} \N{MULTIPLICATION SIGN} limit"
    assert page.facts.lines["Source"] == "camera:0"
    assert page.facts.lines["Limit at that time"].startswith(f"{review.selected.limits.threshold:.4f}")
    window.actions_table["heatmap"].trigger()
    assert not page.view.image.shows_heatmap


@pytest.mark.parametrize("size", [(1280, 720), (1600, 900)])
def test_names_of_parts_have_room(page, review, window, qtbot, size):  # noqa: F811
    window.resize(*size)
    view = page.list.view
    qtbot.waitUntil(lambda: window.width() == size[0] and view.viewport().width() > 0)
    assert view.columnWidth(HistoryColumn.PART) >= 180
    assert not any(view.isColumnHidden(column) for column in HistoryColumn)
    assert sum(view.columnWidth(column) for column in HistoryColumn) <= view.viewport().width()


def test_twenty_parts_are_decided_by_keys_alone(page, review, press, wait, window):  # noqa: F811
    decisions = [list(KEYS)[index % 3] for index in range(FLAGGED)]
    for index, decision in enumerate(decisions):
        assert review.selected.part_id == f"flagged {FLAGGED - 1 - index:02d}"
        press(KEYS[decision])
    assert review.selected.part_id == "too dark"  # a refused part is not OK either
    press(Qt.Key.Key_U)
    wait(lambda: review.counts.to_review == 0)
    assert review.selected is None
    assert page.empty.heading.text() == "All flagged parts are reviewed"
    assert window.rail.steps[Step.REVIEW].status == "All reviewed"
    with History.open() as history:
        found = {one.part_id: one.decision for one in history.page() if one.part_id.startswith("flagged")}
    assert [found[f"flagged {FLAGGED - 1 - index:02d}"] for index in range(FLAGGED)] == decisions
    # 7 confirmed and the former one, 7 false alarms
    assert page.figures.agreement.text() == "NG parts reviewed: 8 defects, 7 false alarms. Agreement 53 %."


def test_a_decision_keeps_class_note_and_reviewer_and_the_next_part_begins_without(page, review, press, wait, qtbot):
    page.decision.reviewer.setText("Robin")
    page.decision.defect_class.setCurrentIndex(page.decision.defect_class.findData("crack"))
    page.decision.defect_class.activated.emit(page.decision.defect_class.currentIndex())
    press(Qt.Key.Key_M)
    assert page.decision.note.hasFocus()
    qtbot.keyClicks(page.decision.note, "dau at the edge")  # keys of decisions are letters here
    qtbot.keyClick(page.decision.note, Qt.Key.Key_Return)
    assert page.list.view.hasFocus()
    first = review.selected
    press(Qt.Key.Key_D)
    assert review.selected.id != first.id
    assert page.decision.note.text() == ""
    assert page.decision.defect_class.currentData() == ""
    wait(lambda: review.counts.reviewed == 2)
    (said,) = saved(first.part_id).reviews
    assert (said.decision, said.defect_class, said.note, said.reviewer) == (
        Decision.DEFECT, "crack", "dau at the edge", "Robin",
    )  # fmt: skip


def test_undo_is_a_row_of_its_own_and_shows_the_part_again(page, review, press, wait):
    first = review.selected
    press(Qt.Key.Key_A)
    press(Qt.Key.Key_D)
    assert page.list.count.text() == f"{TO_REVIEW - 2} parts"
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert review.selected == first
    wait(lambda: review.counts.to_review == TO_REVIEW)
    assert page.list.count.text() == f"{TO_REVIEW} parts"
    details = saved(first.part_id)
    assert details.record.decision is None
    assert [one.undoes for one in details.reviews] == [None, details.reviews[0].id]
    assert "withdrew the decision" in page.facts.said.text()


def test_undo_finds_the_part_under_another_filter(page, review, press, wait):
    first = review.selected
    press(Qt.Key.Key_A)
    review.set_filter(ReviewFilter(Judged.REFUSED, Reviewed.ANY))
    wait(lambda: review.selected is not None and review.selected.part_id == "too dark")
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: review.counts.to_review == TO_REVIEW)
    assert saved(first.part_id).record.decision is None


def test_what_somebody_else_said_since_is_not_taken_back(page, review, press, wait, state):
    first = review.selected
    press(Qt.Key.Key_A)
    wait(lambda: review.counts.reviewed == 2)
    with History.open() as history:
        history.review(first.id, Review(Decision.DEFECT, "somebody else", NOON))
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: state.problem is not None)
    assert "another person reviewed this part in the meantime" in state.problem.sentence
    assert saved(first.part_id).record.decision is Decision.DEFECT


def test_arrows_n_and_p_move_and_nothing_is_decided_unseen(page, review, press, wait, window):  # noqa: F811
    names = [review.selected.part_id]
    for key in (Qt.Key.Key_N, Qt.Key.Key_Down, Qt.Key.Key_P):
        press(key)
        names.append(review.selected.part_id)
    assert names == ["flagged 19", "flagged 18", "flagged 17", "flagged 18"]
    review.select(None)
    assert not window.actions_table["confirm_defect"].isEnabled()
    window.workers.reviewing.decide(Decision.DEFECT)
    wait()
    assert review.counts.to_review == TO_REVIEW


def shown(page):
    table = page._reviewing.table
    return [table.record(row).part_id for row in range(table.rowCount())]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (ReviewFilter(Judged.OK, Reviewed.ANY), {"fine 0", "fine 1"}),
        (ReviewFilter(Judged.REFUSED, Reviewed.NOT_YET), {"too dark"}),
        (ReviewFilter(Judged.ANY, Reviewed.YES), {"known crack"}),
        (ReviewFilter(Judged.ANY, Reviewed.ANY, defect_class="crack"), {"known crack"}),
        (ReviewFilter(Judged.ANY, Reviewed.ANY, bundle_sha256="c" * 64), {"known crack"}),
        (ReviewFilter(Judged.ANY, Reviewed.ANY, part_prefix="too"), {"too dark"}),
        (ReviewFilter(lowest=1.77), {"flagged 18", "flagged 19"}),
        (ReviewFilter(Judged.ANY, Reviewed.ANY, Period.TODAY), set()),
    ],
)
def test_filters_show_what_they_say(page, review, wait, chosen, expected):
    review.set_filter(chosen)
    wait()
    assert set(shown(page)) == expected
    assert page.list.filters.judged.currentData() is chosen.judged
    assert page.list.filters.lowest.value() == chosen.lowest
    assert (review.selected is None) == (not expected)


def test_the_fields_of_the_filter_choose_it(page, review, wait):
    bar = page.list.filters
    bar.reviewed.setCurrentIndex(list(Reviewed).index(Reviewed.ANY))
    bar.reviewed.activated.emit(bar.reviewed.currentIndex())
    bar.find()
    bar.part.setText("fine")
    bar.part.editingFinished.emit()
    bar.judged.setCurrentIndex(list(Judged).index(Judged.ANY))
    bar.judged.activated.emit(bar.judged.currentIndex())
    wait()
    assert review.filter == ReviewFilter(Judged.ANY, Reviewed.ANY, part_prefix="fine")
    assert set(shown(page)) == {"fine 0", "fine 1"}
    header = page.list.view.horizontalHeader()
    header.setSortIndicator(4, Qt.SortOrder.AscendingOrder)
    wait()
    assert shown(page) == ["fine 0", "fine 1"]


def test_a_part_called_ok_can_be_marked_as_a_defect(page, review, press, wait):
    review.set_filter(ReviewFilter(Judged.OK, Reviewed.NOT_YET))
    wait(lambda: review.details is not None and review.details.record.verdict is Verdict.OK)
    press(Qt.Key.Key_D)
    wait(lambda: review.counts.escapes == 1)
    assert page.figures.escapes.isVisible()


def test_a_refused_part_tells_its_readings(page, review, wait):
    review.set_filter(ReviewFilter(Judged.REFUSED))
    wait(lambda: review.details is not None and review.details.record.part_id == "too dark")
    assert page.view.refusal.isVisible()
    assert "exposure" in page.view.refusal.readings.lines[0]
    assert not page.view.image.shows_heatmap
    assert page.verdict.score.text() == ""


def test_a_part_without_pictures_says_why_and_can_be_reviewed(page, review, wait, press, window):  # noqa: F811
    with History.open() as history:
        history.delete_pictures(ReviewFilter(Judged.NG, Reviewed.DEFECT).part_filter(NOON), "the plant")
    review.set_filter(ReviewFilter(Judged.NG, Reviewed.DEFECT))
    wait(lambda: review.details is not None and review.details.record.part_id == "known crack")
    assert page.view.notice.isVisible()
    press(Qt.Key.Key_A)
    wait(lambda: review.counts.agreement.false_alarms == 1)
    assert [one.decision for one in saved("known crack").reviews] == [Decision.DEFECT, Decision.FALSE_ALARM]


def test_classes_are_edited_and_remembered(page, review, window, dialogs):  # noqa: F811
    dialogs.classes = (" broken finger", "", "crack", "crack")
    window.actions_table["edit_classes"].trigger()
    assert review.classes == ("broken finger", "crack")
    assert page.decision.defect_class.findData("broken finger") > 0
    assert page.list.filters.defect_class.findData("broken finger") > 0
    window._preferences.save(window.state, window)
    assert load_settings().defect_classes == ("broken finger", "crack")


def test_a_history_that_cannot_be_opened_is_told(window, state, qtbot):  # noqa: F811
    history_folder().mkdir(parents=True)
    (history_folder() / "history.sqlite").write_bytes(b"this is no database" * 100)
    state.set_step(Step.REVIEW)
    qtbot.waitUntil(lambda: state.problem is not None and settled(window), timeout=WAIT_MS)
    assert "history" in state.problem.title.lower()


def test_the_key_a_goes_on_live_and_decides_here(page, window, state, review, press, wait, qtbot):  # noqa: F811
    state.live.set_running(True)
    state.live.set_held(True)
    assert not window.actions_table["acknowledge"].isEnabled()
    press(Qt.Key.Key_A)
    wait(lambda: review.counts.agreement.false_alarms == 1)
    assert state.live.held
    state.set_step(Step.LIVE)
    assert window.actions_table["acknowledge"].isEnabled()
    assert not window.actions_table["false_alarm"].isEnabled()
    # On the second monitor it means the same whatever the window shows.
    state.set_step(Step.REVIEW)
    window.actions_table["full_screen"].trigger()
    screen = window.live_commands.second_screen
    qtbot.waitUntil(screen.isActiveWindow, timeout=WAIT_MS)
    assert "false_alarm" not in {action.objectName() for action in screen.actions()}
    with qtbot.waitSignal(screen.acknowledged, timeout=WAIT_MS):
        qtbot.keyClick(screen, Qt.Key.Key_A)
    assert not state.live.held
    screen.close()
    state.live.set_running(False)


def test_parts_that_are_kept_meanwhile_are_counted(page, state, review, wait):
    with History.open() as history:
        history.add(judged(0, 1.2))
    state.live.set_kept(1, "")
    wait(lambda: review.counts.to_review == TO_REVIEW + 1)


def test_results_of_inspected_photos_are_kept_and_reviewed(judged_window, state, review, wait, press):  # noqa: F811
    state.set_relative_threshold(0.05)  # everything is NG
    judged_window.actions_table["keep_results"].trigger()
    wait(lambda: review.counts.to_review == 12)
    assert judged_window.activity.text.text() == "Recorded 12 photos in the history"
    assert judged_window.rail.steps[Step.REVIEW].status == "12 to review"
    state.set_step(Step.REVIEW)
    wait(lambda: review.details is not None)
    best = max(one.score for one in state.inspections)
    assert review.selected.score == pytest.approx(best)
    press(Qt.Key.Key_D)
    wait(lambda: review.counts.to_review == 11)
    state.set_step(Step.JUDGE)
    judged_window.actions_table["keep_results"].trigger()
    wait(lambda: "12 photos were there already" in judged_window.activity.text.text())
    assert review.counts.parts == 12
