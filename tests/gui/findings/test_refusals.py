"""A photo that is not judged states the reason in full, with the readings."""

from pathlib import Path

import pytest

from inspector.core.values import GuardReading, Inspection
from inspector.gui.findings.guard_readings import GuardReadings, reading_words, shown_range
from inspector.gui.findings.refusal_card import RefusalCard


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.5, 0.4, 0.6, "+0.50 stops, allowed +0.40 to +0.60 stops"),
        (0.6, 0.4, 0.6, "+0.60 stops, allowed +0.40 to +0.60 stops"),
        (0.7, 0.4, 0.6, "+0.70 stops, outside: allowed +0.40 to +0.60 stops"),
        (0.1, 0.4, None, "0.10 stops, outside: allowed at least 0.40 stops"),
        (12.34, None, 250.0, "12.3 stops, allowed up to 250 stops"),
        (12.34, None, None, "12.3 stops, not guarded"),
        (-0.001, None, 1.0, "0.00 stops, allowed up to 1.00 stops"),
    ],
)
def test_a_reading_says_value_unit_and_range_and_whether_it_is_outside(value, low, high, words):
    reading = GuardReading("exposure", value, low, high, "stops")
    assert reading_words(reading) == words
    left, right = shown_range(reading)
    assert left < right
    assert left <= (value if low is None else low)
    assert right >= (value if high is None else high)


def test_readings_outside_come_first_and_are_marked_by_a_word(qapp):
    rows = GuardReadings()
    rows.show_readings([GuardReading("focus", 1.0, 0.5, 2.0, ""), GuardReading("exposure", 3.0, -1.0, 1.0, "EV")])
    assert rows.lines == [
        "exposure: +3.00 EV, outside: allowed -1.00 to +1.00 EV",
        "focus: +1.00, allowed +0.50 to +2.00",
    ]
    assert "outside" in rows.accessibleName()
    both = rows.height()
    rows.resize(300, both)
    assert not rows.grab().isNull()
    rows.show_readings([])
    assert rows.height() == 0
    rows.deleteLater()


@pytest.fixture
def odd_photo(window, state, quick_bundle, solar_cells, tmp_path, qtbot):
    """The window after a photo of another shape and a good one were inspected; the odd one is shown."""
    from PySide6.QtGui import QImage

    good = next((solar_cells.mixed / "good").glob("*.png"))
    (tmp_path / "b good.png").write_bytes(good.read_bytes())
    assert QImage(str(good)).copy(0, 0, 300, 180).save(str(tmp_path / "a wide.png"))
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([tmp_path])
    qtbot.waitUntil(lambda: len(state.inspections) == 2 and not state.work.inspecting, timeout=60_000)
    state.select(0)
    return state.inspections[0]


def test_the_card_over_the_photo_says_what_is_wrong_and_what_to_do(window, state, odd_photo, qtbot):
    view = window.judge.view
    qtbot.waitUntil(lambda: view.shown == odd_photo.path)  # the photo itself is still shown
    assert view.refusal.isVisible()
    assert "300 x 180" in view.refusal.problem.text()
    assert view.refusal.action.text() == "Photograph it as the good parts were."
    assert not view.legend.isVisible()
    assert view.rect().contains(view.refusal.geometry())
    state.select(1)
    assert not view.refusal.isVisible()
    state.select(0)
    assert view.refusal.isVisible()
    state.clear_results()
    assert not view.refusal.isVisible()


def test_a_card_with_many_readings_stays_within_a_small_picture(window, odd_photo):
    card: RefusalCard = window.judge.view.refusal
    window.resize(window.minimumSize())
    card.say(odd_photo.refusal, [GuardReading(f"guard {n}", 1.0, 0.0, 2.0, "px") for n in range(12)], None)
    assert window.judge.view.rect().contains(card.geometry())


def test_checks_are_not_offered_where_nothing_was_measured(window, state, odd_photo):
    state.add_results([Inspection(Path("old.png"), (4, 4), 1.0)])
    state.select(2)
    assert not window.judge.threshold.checks.isVisibleTo(window.judge.threshold)
