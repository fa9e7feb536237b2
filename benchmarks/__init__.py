"""What measures Inspector: every table of docs/benchmarks, made again by one command (tables.py)."""
