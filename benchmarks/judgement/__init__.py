"""Benchmarks of verdicts: promises, coverage, suspects, robustness, feedback."""
