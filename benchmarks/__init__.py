"""The measurements of Inspector: a command makes every table of docs/benchmarks (tables.py)."""
