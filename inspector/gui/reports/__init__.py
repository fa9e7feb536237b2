"""Dialogs and workers that save results and reports."""
