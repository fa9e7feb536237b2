"""Measure whether the promised false-alarm rate holds on good parts never seen.

    python benchmarks/judgement/promise.py --data DIR --out RESULTS [--only SETTING] [--reuse] [--list]

DIR holds the dataset mvtec_transistor_512; the solar cells come from the package elpv-dataset. Random splits of good
photos: the product's own code trains on a part, which gives a threshold and its promise, and scores the rest. The
backbone's features are computed once for each dataset. The scores of each split are kept in RESULTS/promise, and a run
that was broken off goes on from there. One thread.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

from benchmarks.judgement.promise_run import main

if __name__ == "__main__":
    sys.exit(main(__doc__))
