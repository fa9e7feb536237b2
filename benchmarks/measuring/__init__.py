"""How the tables of docs/benchmarks.md are measured, kept and written."""
