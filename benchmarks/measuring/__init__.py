"""How the tables of docs/benchmarks are measured, kept and written."""
