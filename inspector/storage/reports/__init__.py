"""Reports as files."""

from inspector.storage.reports.writing import REPORT_SUFFIXES, write_report

__all__ = ["REPORT_SUFFIXES", "write_report"]
