"""Scopes and formats of reports as words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from inspector.core.training.forecast_words import time_words
from inspector.core.values import Verdict
from inspector.gui.findings import part_words
from inspector.gui.reports.report_scopes import ReportScope
from inspector.storage.history.disk_budget import size_words
from inspector.storage.history.records import PartRecord
from inspector.storage.reports.content.report import MOST_PICTURED
from inspector.storage.reports.content.report_forecast import WORTH_TELLING_S, rough_forecast

FORMATS = (".pdf", ".html", ".csv", ".coco.json")
"""The one to sign first."""


COUNTING = "\N{HORIZONTAL ELLIPSIS}"


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("report", text)


def scope(choice: ReportScope, selected: PartRecord | None) -> str:
    """Return the name of a choice."""
    name = "" if selected is None else part_words.name(selected)
    words = {
        ReportScope.FILTER: tr("The parts in the list"),
        ReportScope.PART: tr("The selected part: {name}"),
        ReportScope.BATCH: tr("The batch of {name}"),
        ReportScope.SHIFT: tr("A shift"),
        ReportScope.TODAY: tr("Today"),
        ReportScope.TIMES: tr("A period"),
    }
    return words[choice].format(name=name)


def format_name(suffix: str) -> str:
    """Return the name of a format."""
    words = {
        ".pdf": tr("PDF, to sign and print"),
        ".html": tr("HTML, one file to read in a browser"),
        ".csv": tr("CSV, a table for a spreadsheet"),
        ".coco.json": tr("COCO JSON, for labelling tools"),
    }
    return words[suffix]


def parts(counts: Mapping[Verdict, int]) -> str:
    """Return how many parts a report would be about."""
    total = sum(counts.values())
    if not total:
        return tr("No matching parts. Choose other parts.")
    one = tr("{total} part, {ng} NG") if total == 1 else tr("{total} parts, {ng} NG")
    return one.format(total=f"{total:,}", ng=f"{counts.get(Verdict.NG, 0):,}")


def forecast(counts: Mapping[Verdict, int]) -> str:
    """Return the rough size and time of a report on so many parts as HTML or PDF; empty if both are small."""
    shown = [counts.get(verdict, 0) for verdict in (Verdict.NG, Verdict.UNSURE)]
    pictured = sum(min(count, MOST_PICTURED) for count in shown)
    others = sum(counts.get(verdict, 0) for verdict in (Verdict.REFUSED, Verdict.UNREADABLE))
    found = rough_forecast(pictured, sum(shown) - pictured + others)
    if found.seconds < WORTH_TELLING_S:
        return ""
    words = tr("As HTML or PDF: about {size} and {time}, {pictured} parts with pictures.")
    return words.format(size=size_words(found.size_bytes), time=time_words(found.seconds, tr), pictured=f"{pictured:,}")
