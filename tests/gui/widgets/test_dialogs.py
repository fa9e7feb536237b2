"""File dialogs: names and suffixes of their results."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.gui.widgets.dialogs import Dialogs

CHOOSE_REPORT = Dialogs.__dict__["choose_report"]  # the fixture of all window tests replaces it


@pytest.fixture
def answer(monkeypatch, qtbot):
    """Let the file dialog return a name, with the filter of a suffix chosen."""
    monkeypatch.setattr(Dialogs, "choose_report", CHOOSE_REPORT)
    parent = QWidget()
    qtbot.addWidget(parent)

    def ask(name, suffix):
        def chosen(_parent, _title, _start, kinds):
            return str(name), next(kind for kind in kinds.split(";;") if f"*{suffix})" in kind)

        monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
        return Dialogs.choose_report(parent, Path("report"))

    return ask


@pytest.mark.parametrize(
    ("typed", "kind", "saved"),
    [
        ("report", ".coco.json", "report.coco.json"),
        ("report.json", ".coco.json", "report.coco.json"),
        ("report.JSON", ".coco.json", "report.coco.json"),
        ("report.coco.json", ".coco.json", "report.coco.json"),
        ("line.2", ".coco.json", "line.2.coco.json"),
        ("line.2", ".pdf", "line.2.pdf"),
        ("report.pdf", ".html", "report.pdf"),
        ("report.json", ".pdf", "report.json.pdf"),
    ],
)
def test_a_report_has_one_suffix(answer, tmp_path, typed, kind, saved):
    assert answer(tmp_path / typed, kind) == tmp_path / saved


def test_a_file_that_only_the_suffix_hits_is_replaced_after_a_question(answer, tmp_path, monkeypatch):
    (tmp_path / "report.coco.json").write_text("{}")
    asked = []
    monkeypatch.setattr(Dialogs, "_confirm", classmethod(lambda *words, **_keep: asked.append(words[2]) or False))
    assert answer(tmp_path / "report.json", ".coco.json") is None
    assert asked == ["Replace report.coco.json?"]
