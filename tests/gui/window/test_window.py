"""The window as a whole: themes, keys, menus, names for screen readers, closing, settings."""

import json

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QMenu

from inspector.app import make_window
from inspector.core.progress import Cancelled
from inspector.gui.actions.action import TABLE, Row
from inspector.gui.actions.rules import RULES
from inspector.gui.state.state import Step
from inspector.gui.widgets import theme
from inspector.gui.window.shortcut_sheet import ShortcutSheet
from inspector.storage.settings import load_settings


def test_steps_rail_and_pages_follow_each_other(window, state):
    for step in Step:
        window.rail.steps[step].click()
        assert state.step == step
        assert window.pages.currentIndex() == step
    state.set_step(Step.GOOD)
    assert window.rail.steps[Step.GOOD].isChecked()


def test_every_action_has_a_slot_a_rule_and_no_shortcut_twice(window):
    for step in Step:
        rows = [row for row in TABLE if row.only_on in (None, step) and row.not_on != step]
        keys = [shortcut for row in rows for shortcut in row.shortcuts]
        assert len(keys) == len(set(keys))
    for row in TABLE:
        assert isinstance(row, Row)
        assert row.needs in {"", *RULES}
        assert any(callable(getattr(slots, row.key, None)) for slots in window.slots)
        assert window.actions_table[row.key].toolTip()


def test_what_cannot_be_done_says_why(window):
    for row in TABLE:
        action = window.actions_table[row.key]
        if not action.isEnabled():
            assert action.toolTip() != action.text()
            assert action.toolTip().endswith(".")


def test_all_menus_hold_their_actions(window):
    texts = {action.text() for menu in window.findChildren(QMenu) for action in menu.actions()}
    assert {window.actions_table[row.key].text() for row in TABLE} <= texts


def test_everything_one_can_use_has_a_name_and_is_large_enough(judged, state):
    for step in Step:
        state.set_step(step)
        judged.grab()
        for kind in (QAbstractButton, QAbstractSlider, QComboBox, QAbstractItemView):
            for widget in judged.findChildren(kind):
                inner = widget.objectName().startswith("qt_") or type(widget).__name__ in ("QScrollBar", "QHeaderView")
                if not widget.isVisible() or inner or widget.parent() is judged.judge.results.view:
                    continue
                if isinstance(widget.parent(), QComboBox) or type(widget).__name__ in (
                    "QLineEditIconButton",
                    "ViewBox",
                ):
                    continue
                text = widget.text() if isinstance(widget, QAbstractButton) else ""
                assert widget.accessibleName() or text, widget
                if isinstance(widget, QAbstractButton | QComboBox):
                    assert widget.height() >= 32, (widget, text)


def test_the_sheet_of_shortcuts_opens_and_closes(window, qtbot):
    window.actions_table["shortcuts"].trigger()
    sheet = window.findChild(ShortcutSheet)
    assert sheet.isVisible()
    assert sheet.frameGeometry().height() <= sheet.screen().availableGeometry().height()
    sheet.close()
    qtbot.waitUntil(lambda: window.findChild(ShortcutSheet) is None)


def test_light_and_dark_dress_everything_and_are_remembered(window, state):
    window._theme.choose("dark")
    assert theme.colours() is theme.DARK
    assert window.grab().toImage().pixelColor(5, 5).lightness() < 60
    window._theme.choose("light")
    assert theme.colours() is theme.LIGHT
    assert window.grab().toImage().pixelColor(5, 5).lightness() > 200
    with pytest.raises(ValueError, match="no such theme"):
        window._theme.choose("pink")


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
def test_text_has_contrast_on_its_ground(colours):
    pairs = [(name, ground) for name in ("text", "muted", "accent", "ok", "ng", "refused", "unreadable")
             for ground in ("window", "surface")]  # fmt: skip
    pairs += [("on_accent", "accent"), ("accent", "accent_soft"), ("text", "ng_soft"), ("muted", "ng_soft")]
    pairs += [(verdict, f"{verdict}_soft") for verdict in ("ok", "ng", "refused", "unreadable")]
    for name, ground in pairs:
        assert _contrast(getattr(colours, name), getattr(colours, ground)) >= 4.5, (name, ground)


def _contrast(first, second):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_nothing_is_cut_at_1280_by_720(judged, state):
    judged.resize(1280, 720)
    for step in Step:
        state.set_step(step)
        judged.grab()
        assert judged.width() == 1280
        assert judged.height() == 720
    assert judged.judge.view.height() >= 180


def test_settings_are_remembered(qapp, window, state, solar_cells, qtbot, user_folders):
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_device("cpu")
    state.set_recipe(state.recipe.model_copy(update={"size": 320}))
    state.set_overlay(heatmap=False, opacity=0.4)
    assert window.close()
    saved = load_settings()
    assert (saved.device, saved.size, saved.heatmap_on, saved.overlay_opacity) == ("cpu", 320, False, 0.4)
    assert saved.good_folder == str(solar_cells.good)
    assert json.loads((user_folders / "settings.json").read_text())
    again = make_window(qapp)
    assert again.state.recipe.size == 320
    assert again.state.device == "cpu"
    assert not again.state.overlay.heatmap
    assert again.workers.close()
    again.deleteLater()


def waits_for_cancel(*_args, token, **_kwargs):
    while not token.cancelled:
        pass
    raise Cancelled


@pytest.fixture
def training(window, state, solar_cells, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr("inspector.gui.training.training.train", waits_for_cancel)
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_target(tmp_path / "part.inspector")
    window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: state.work.training)
    return window


def test_closing_while_training_asks_and_no_keeps_training(training, state, dialogs):
    dialogs.close = False
    assert not training.close()
    assert dialogs.asked == ["close"]
    assert training.isVisible()
    assert state.work.training


def test_closing_while_training_stops_it_and_closes(training, state, dialogs, qtbot):
    with qtbot.waitSignal(training.closed, timeout=5000):
        training.close()
    assert dialogs.asked == ["close"]
    assert not training.isVisible()
    assert not state.work.training
    assert not state.target.exists()


def test_an_idle_window_closes_without_asking(window, dialogs):
    assert window.close()
    assert dialogs.asked == []


def test_a_folder_cannot_be_changed_under_training(training, state, tmp_path):
    before = state.good
    training.commands.take_good(tmp_path)
    assert state.good is before
