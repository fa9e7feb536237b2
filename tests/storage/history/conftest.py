"""Parts that were judged, made of real photos of solar cells, and an empty history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from inspector.core.judging.regions import find_regions
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import GuardReading, Inspection, Limits
from inspector.storage.history.store import History
from inspector.storage.photos.images import read_image
from tests.storage.conftest import CELLS, contrast_map

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=timezone(timedelta(hours=1)))
READING = GuardReading("exposure", 0.125, -0.5, 0.5, "stops")


def refused(index: int = 0, relative_score: float = 1.5, **changes: Any) -> JudgedPart:
    """Return a solar cell that is refused, with a score."""
    part = judged(index, relative_score, **changes)
    return replace(part, inspection=replace(part.inspection, refusal="too dark: exposure -1.20 stops; check the light"))


def judged(index: int = 0, relative_score: float | None = 0.5, **changes: Any) -> JudgedPart:
    """Return a solar cell judged at a limit that gives it this relative score; None for a refused photo."""
    photo = CELLS[index]
    image = read_image(photo)
    hw = (image.shape[0], image.shape[1])
    if relative_score is None:
        limits = Limits(1.0)
        found = Inspection(photo, hw, refusal="too dark: exposure -1.20 stops; check the light", readings=(READING,))
    else:
        score_map = contrast_map(photo)
        threshold = score_map.score / relative_score
        limits = Limits(threshold, 0.8 * threshold)
        found = Inspection(photo, hw, score_map.score, score_map, ms=12.5, readings=(READING,))
    regions = () if found.score_map is None else tuple(find_regions(found.score_map, limits.threshold, hw))
    fields: dict[str, Any] = {
        "image_rgb": image,
        "part_id": f"cell {index}",
        "source": "camera:0",
        "inspected_at": NOON + timedelta(minutes=index),
        "bundle_sha256": "b" * 64,
        "bundle_name": "cells.inspector",
        "operator": "early shift",
        "trigger": "key",
    }
    return JudgedPart(inspection=found, limits=limits, regions=regions, **(fields | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the history of a test lies."""
    return tmp_path / "Verlauf der Prüfungen"


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    """An empty history."""
    with History.open(folder) as opened:
        yield opened
