"""What limits promise, under the keys of the command line contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inspector.core.calibration import FalseAlarm, together
from inspector.storage.manifest import Manifest


def promise_json(promise: FalseAlarm) -> dict[str, Any]:
    """Return a promise with its one-sided limit."""
    return asdict(promise) | {"under": promise.under}


def ng_or_refused_json(manifest: Manifest, promise: FalseAlarm) -> dict[str, Any] | None:
    """Return how many good parts are NG or REFUSED together; None without guards."""
    return None if manifest.refusals is None else asdict(together(promise, manifest.refusals))
