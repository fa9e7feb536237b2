"""The promise of limits, under the keys of the command line contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inspector.core.promise.threshold import Promise, together
from inspector.storage.bundles.manifest import Manifest


def promise_json(promise: Promise) -> dict[str, Any]:
    """Return a promise with its one-sided limit, and whether it holds for known groups or for a new group."""
    return asdict(promise) | {"under": promise.under, "for": promised_for(promise)}


def promised_for(promise: Promise) -> str:
    """Return "group" where a promise is for a photo of a new group, or else "photo"."""
    return "group" if promise.groups else "photo"


def ng_or_refused_json(manifest: Manifest, promise: Promise) -> dict[str, Any] | None:
    """Return how many good parts are NG or REFUSED together; None without guards."""
    return None if manifest.refusals is None else asdict(together(promise, manifest.refusals))
