"""Benchmarks of whole trainings and inspections: time, memory, forecasts, comparisons."""
