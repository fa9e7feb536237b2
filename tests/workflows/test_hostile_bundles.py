"""A seal is a checksum: anybody can seal a bundle again. Whatever is in one, it works or is refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

from inspector.core.errors import BundleError, DetectorError, WeightsError
from inspector.core.promise_words import promise_words
from inspector.storage.images import read_image
from inspector.storage.reports import write_report
from inspector.storage.results import load_results, save_results
from inspector.workflows import explain, limits
from inspector.workflows.inspect import as_json, inspect_photos, open_bundle


def use_it(path: Path, photos: list[Path], folder: Path) -> str | None:
    """Open a bundle, judge photos, save, read back and report; return the sentence where it is refused."""
    try:
        loaded = open_bundle(path, device="cpu")
    except (BundleError, WeightsError, DetectorError) as error:
        # Another backbone, or other weights of it, is a matter of this computer, not of the file.
        assert error.subject == str(path) or not isinstance(error, BundleError)
        assert "\n" not in error.sentence
        assert len(error.sentence) < 400
        return error.sentence
    run = inspect_photos(loaded, photos)
    json.dumps(as_json(run, folder), allow_nan=False)
    save_results(run, folder)
    again = load_results(folder)
    write_report(again, folder / "report.html")
    json.dumps(limits.as_json(loaded.stored), allow_nan=False)
    promise_words(loaded.stored.manifest.threshold.false_alarm, loaded.stored.manifest.recipe.false_alarm_rate)
    why = explain.why_flagged(loaded, read_image(photos[0]))
    if why is not None:  # None for another shape than the good photos'
        explain.why_words(why)
    return None
