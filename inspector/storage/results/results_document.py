"""Schema of results.json: type and range of every field are checked before any value is used.

The seal of results.json is a checksum: it detects damage, but anybody can compute it anew.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from inspector.core.training.plan import LARGEST_SIZE
from inspector.core.values import GREATEST_LIMIT, LEAST_LIMIT, Limits, Verdict
from inspector.storage.photos.images import MAX_PIXELS

GREATEST_SCORE = 3.5e38
"""Largest value of single precision."""

Limit = Annotated[float, Field(ge=LEAST_LIMIT, le=GREATEST_LIMIT)]
Edge = Annotated[int, Field(ge=1, le=MAX_PIXELS)]


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class ReadingFields(_Fields):
    """A `GuardReading`."""

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str


class PhotoFields(_Fields):
    """A photo of a run; regions and derived numbers are not read."""

    path: str
    photo_hw: tuple[Edge, Edge] | None
    dense_hw: tuple[Edge, Edge] | None
    score: Annotated[float, Field(ge=0.0, le=GREATEST_SCORE)] | None
    verdict: Verdict
    error: str | None
    ms: Annotated[float, Field(ge=0.0)]
    readings: tuple[ReadingFields, ...] = ()  # missing in early files of schema 1

    @model_validator(mode="after")
    def _judged_or_not(self) -> Self:
        """Check that the photo is either judged, refused or unreadable, with all fields that this needs."""
        scored = self.score is not None
        judged = self.verdict not in (Verdict.REFUSED, Verdict.UNREADABLE)
        if judged == (self.error is not None):
            raise ValueError("verdict")
        if self.verdict is not Verdict.REFUSED and scored != judged:  # up to schema 2, no refused photo was scored
            raise ValueError("score")
        if scored != (self.dense_hw is not None) or (scored and self.photo_hw is None):
            raise ValueError("photo_hw")
        for edges, most in ((self.photo_hw, MAX_PIXELS), (self.dense_hw, 2 * LARGEST_SIZE**2)):
            if edges is not None and edges[0] * edges[1] > most:
                raise ValueError("too many pixels")
        return self


class BundleFields(_Fields):
    """The bundle that judged the photos."""

    path: str
    sha256: str


class MapsFields(_Fields):
    """The seal over the file of score maps."""

    sha256: str


class ResultsDocument(_Fields):
    """results.json without its seal."""

    bundle: BundleFields
    threshold: Limit
    unsure_threshold: Limit | None = None  # missing in schema 1
    inspected_at: AwareDatetime
    maps: MapsFields
    photos: tuple[PhotoFields, ...]
    manifest: dict[str, Any]

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        """Refuse an unsure threshold above the threshold."""
        Limits(self.threshold, self.unsure_threshold)
        return self
