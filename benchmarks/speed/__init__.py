"""Benchmarks of single operations: start, live inspection, history, reports."""
