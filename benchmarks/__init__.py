"""What measures Inspector: every table of docs/benchmarks.md, made again by one command (tables.py)."""
