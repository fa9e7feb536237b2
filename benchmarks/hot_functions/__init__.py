"""Timings of single functions, by pytest-benchmark; no part of the test suite."""
