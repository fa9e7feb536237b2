"""How long it takes to feed 20 false alarms back: proposed, and accepted.

    python benchmarks/judgement/feedback_speed.py

Trains the default recipe on 150 good solar cells of the package elpv-dataset. Lowers the limit until far more good
parts are flagged than by an uneven change of light, so that the allowed maximum is added at a time. Feeds 20 of them
back. Libraries and bundle are loaded, as in the window.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

from inspector.core.review.decision import Decision
from inspector.core.training.plan import Recipe
from inspector.core.values import Limits
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.photos.images import list_images
from inspector.workflows.judging.inspect import inspect_photo
from inspector.workflows.judging.limits import keep_limits
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.measuring.demo import prepare_demo_data
from inspector.workflows.review.feedback import accept, propose
from inspector.workflows.review.reviewed_parts import photo_part
from inspector.workflows.training.train import train

ALARMS, LOWERED = 20, 0.55


def main() -> None:
    """Measure, print."""
    with tempfile.TemporaryDirectory() as scratch:
        data, bundle = prepare_demo_data(Path(scratch) / "cells"), Path(scratch) / "cells.inspector"
        train(data.good, bundle, Recipe())
        stored = load_bundle(bundle)
        loaded = open_bundle(keep_limits(stored, Limits(LOWERED * stored.manifest.limits.threshold)).path)
        limit = loaded.stored.manifest.limits.threshold
        flagged = [path for path in list_images(data.mixed) if (inspect_photo(loaded, path).score or 0.0) > limit]
        alarms = [photo_part(path, Decision.FALSE_ALARM, loaded.depth) for path in flagged[:ALARMS]]
        began = time.perf_counter()
        proposal = propose(loaded, alarms)
        proposed = time.perf_counter()
        accept(proposal)
        accepted = time.perf_counter()
    print(f"{len(alarms)} parts, {proposal.preview.rows_added} patches: ", end="")
    print(f"proposed in {proposed - began:.1f} s, accepted in {accepted - proposed:.2f} s")


if __name__ == "__main__":
    main()
