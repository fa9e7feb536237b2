"""Make every table of docs/benchmarks again.

    python benchmarks/tables.py --data DIR --out RESULTS [--only TABLE] [--jobs 2] [--list]

DIR holds the datasets named in benchmarks/photos/datasets.py. Each row of a table is an `inspector evaluate` in a
separate process with its own time and memory. RESULTS keeps its output, and an interrupted run continues.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that the package is found from any folder

from benchmarks.measuring.run import main

if __name__ == "__main__":
    sys.exit(main(__doc__))
