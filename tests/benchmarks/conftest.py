"""Measurements that nobody made: figures in the form that `inspector evaluate --json` prints."""

from __future__ import annotations

from typing import Any

import numpy as np

from inspector.workflows.measuring.averages import over_seeds
from tests.workflows.conftest import dataset

__all__ = ["canned", "dataset"]


def canned(seed: int, repeats: int, *, masks: bool = True, threshold: bool = True) -> dict[str, Any]:
    """Return figures of one row, all different for different seeds."""
    return {"dataset": "canned"} | over_seeds([_run(seed * 100 + one, masks, threshold) for one in range(repeats)])


def _run(seed: int, masks: bool, threshold: bool) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    pixel = {key: float(random.random()) if masks else None for key in ("pixel_auroc", "aupro_30", "aupro_05")}
    refused = {
        "good": 0.02,
        "defective": 0.1,
        "promised": 0.02,
        "low": 0.0,
        "high": 0.05,
        "confidence": 0.95,
        "goods": 90,
    }
    alarm = {"promised": 0.01, "low": 0.0, "high": 0.04, "confidence": 0.95, "goods": 90, "realised": 0.125}
    return pixel | {
        "method": "reconpatch",
        "backbone": "tf_efficientnet_lite0",
        "size": 256,
        "seed": seed,
        "shots": None,
        "device": "cpu",
        "images": {"train_good": 90, "test_good": 8, "test_defective": 4},
        "masks": {"expected": 4, "found": 4 if masks else 0, "missing": []},
        "image_auroc": float(random.random()),
        "image_f1": float(random.random()) if threshold else None,
        "fit_seconds": 12.3,
        "ms_per_image": {"p50": 45.6, "p95": 78.9},
        "peak_rss_mb": 2048.0 + seed,
        "bank_rows": 4000,
        "threshold": 1.5 if threshold else None,
        "false_alarm": alarm if threshold else None,
        "refused": refused if threshold else None,
    }
