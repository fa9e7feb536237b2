"""File names are shown literally: no markup, no mark of a key."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QMessageBox,
    QTextEdit,
    QToolTip,
    QWidget,
)

from inspector.core.errors import ImageUnreadable
from inspector.gui.good_photos.welcome import Welcome
from inspector.gui.state import messages
from inspector.gui.widgets.dialogs import Dialogs
from inspector.gui.widgets.labels import ElidedLabel, plain, unmarked
from inspector.storage.photos.photo_list import list_images

MARKUP = "<b>x</b><img src=a&amp;b>"
NAME = f"{MARKUP}.png"
GUI = Path(__file__).parents[3] / "inspector" / "gui"


def shown_by(text: str, form: Qt.TextFormat = Qt.TextFormat.AutoText) -> str:
    """The text as Qt shows it."""
    rich = form == Qt.TextFormat.RichText or (form == Qt.TextFormat.AutoText and Qt.mightBeRichText(text))
    return QTextDocumentFragment.fromHtml(text).toPlainText() if rich else text


def texts_with_names(root: QWidget) -> list[tuple[str, str]]:
    """Every text of a widget and its children that holds the name, or its remainder after interpretation."""
    found: list[tuple[str, str]] = []
    for one in [root, *root.findChildren(QWidget)]:
        where = f"{type(one).__name__} {one.objectName()}"
        found.append((f"tool tip of {where}", shown_by(one.toolTip())))
        if isinstance(one, QLabel):
            found.append((where, shown_by(one.text(), one.textFormat())))
        elif isinstance(one, QAbstractButton):
            found.append((where, one.text().replace("&&", "\0").replace("&", "").replace("\0", "&")))
        elif isinstance(one, QTextEdit):
            found.append((where, one.toPlainText()))
        if isinstance(one, QAbstractItemView) and one.model() is not None:
            model = one.model()
            top = QModelIndex()
            for row in range(min(model.rowCount(top), 5)):
                for column in range(4):
                    tip = model.data(model.index(row, column), Qt.ItemDataRole.ToolTipRole)
                    found.append((f"tool tip of a cell of {where}", shown_by(str(tip or ""))))
    return [(where, text) for where, text in found if "src=a" in text or "x.png" in text or text.strip() == "x"]


@pytest.fixture
def hostile_photos(solar_cells, tmp_path) -> Path:
    folder = tmp_path / MARKUP.replace("/", "\u2215")
    folder.mkdir()
    cells = list_images(solar_cells.mixed / "good")
    name = NAME.replace("/", "\u2215")  # a file's name cannot hold a slash
    shutil.copyfile(cells[0], folder / name)
    (folder / f"torn {name}").write_bytes(b"\x89PNG")
    return folder


NAMED = "<b>x<\u2215b><img src=a&amp;b>"


def test_no_panel_of_the_window_interprets_a_name(window, state, quick_bundle, hostile_photos, qtbot) -> None:
    bundle = hostile_photos / f"{NAMED}.inspector"
    shutil.copyfile(quick_bundle, bundle)
    window.commands.take_bundle(bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    window.commands.take_photos([hostile_photos])
    qtbot.waitUntil(lambda: len(state.inspections) == 2 and not state.work.inspecting, timeout=20_000)
    state.set_problem(
        messages.describe(ImageUnreadable(hostile_photos / NAME.replace("/", "\u2215"), f"{MARKUP} is cut"))
    )
    for position in range(2):
        state.select(position)
        found = texts_with_names(window)
        assert len(found) >= 5
        assert [(where, text) for where, text in found if "<b>x<" not in text or "&amp;" not in text] == []


def test_good_photos_are_listed_under_their_names(window, state, hostile_photos, qtbot) -> None:
    window.commands.take_good(hostile_photos)
    qtbot.waitUntil(lambda: NAMED in str(texts_with_names(window)), timeout=20_000)
    assert [(where, text) for where, text in texts_with_names(window) if "<b>x<" not in text] == []


def test_a_used_folder_is_offered_under_its_name(window) -> None:
    (welcome,) = window.findChildren(Welcome)
    welcome.show_recent([Path("/photos") / "<b>x<b> & y"])
    (button,) = [one for one in welcome.findChildren(QAbstractButton) if one.property("path")]
    assert "<b>x<b> && y" in button.text()


def test_message_boxes_show_names_as_they_are(window, monkeypatch) -> None:
    boxes: list[list[str]] = []

    def read(box: QMessageBox) -> int:
        box.ensurePolished()
        boxes.append([shown_by(one.text(), one.textFormat()) for one in box.findChildren(QLabel)])
        return 0

    monkeypatch.setattr(QMessageBox, "exec", read)
    Dialogs._confirm(window, f"Replace {NAME}?", f"There is {NAME} already.", "Replace")
    asked = [text for text in boxes[0] if "img" in text or "x" in text]
    assert f"Replace {NAME}?" in asked
    assert f"There is {NAME} already." in asked


@pytest.mark.parametrize("name", [NAME, "&amp;.png", "a & b.png", "two\nlines <b>.png", "  <i>spaces</i>  "])
def test_a_tool_tip_shows_a_name_as_it_is(qapp, qtbot, name: str) -> None:
    assert shown_by(plain(name)).replace("\xa0", " ").strip() == name.strip()
    widget = ElidedLabel()
    qtbot.addWidget(widget)
    widget.resize(10, 20)
    widget.setText(name)
    widget.show()
    QToolTip.showText(widget.mapToGlobal(QPoint(1, 1)), widget.toolTip(), widget)
    tips = [one for one in QApplication.topLevelWidgets() if one.objectName() == "qtooltip_label" and one.isVisible()]
    assert all(shown_by(one.text(), one.textFormat()).strip() == name.strip() for one in tips)
    QToolTip.hideText()
    QTimer.singleShot(0, lambda: None)


def test_a_button_shows_an_ampersand() -> None:
    assert unmarked("a & b &amp; c") == "a && b &&amp; c"


REVIEWED = [
    "action",
    "buttons",
    "coverage_curve",
    "filter_bar",
    "forecast_panel",
    "good_photos_page",
    "large_good_photo",
    "leave_out_button",
    "limits_panel",
    "preset_box",
    "qactions",
    "results_panel",
    "score_strip",
    "source_bar",
    "stray_panel",
    "suspects_panel",
    "threshold_fields",
    "unsure_box",
]
"""Modules whose tool tips show texts of the program alone, or numbers."""


def test_every_tool_tip_that_could_hold_a_name_is_made_plain() -> None:
    found = set()
    for path in GUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            tip = {"setToolTip": 0, "showText": 1}.get(node.func.attr)
            if tip is None or len(node.args) <= tip or _is_own(node.args[tip]):
                continue
            found.add((path.name, node.lineno))
    assert {name for name, _ in found} - {f"{name}.py" for name in REVIEWED} == set()


def _is_own(argument: ast.expr) -> bool:
    """Whether a tool tip is a text of the program, or is made plain."""
    if isinstance(argument, ast.Constant):
        return True
    if isinstance(argument, ast.IfExp):
        return _is_own(argument.body) and _is_own(argument.orelse)
    if isinstance(argument, ast.Name) and argument.id in ("words", "text"):
        return argument.id == "words"  # agreement_plot.py makes it plain a line above
    if isinstance(argument, ast.Call):
        called = argument.func
        return (isinstance(called, ast.Name) and called.id in ("plain", "tr")) or (
            isinstance(called, ast.Attribute) and called.attr == "tr"
        )
    return False
