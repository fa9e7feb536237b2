"""Reports: one model of what they say, filled from a run or from the history, and one writer for each format."""

from inspector.storage.reports.writing import REPORT_SUFFIXES, write_report

__all__ = ["REPORT_SUFFIXES", "write_report"]
