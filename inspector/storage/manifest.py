"""What a bundle says of itself, and how an older one is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from inspector.core.calibration import Threshold
from inspector.core.coverage import CoveragePoint
from inspector.core.errors import BundleCorrupt, BundleTooNew
from inspector.core.guard_readings import GuardPromise
from inspector.core.pixel_depth import FULL, Bits, DepthBy, PixelDepth
from inspector.core.recipe import Recipe
from inspector.core.session_promise import HeldOutSessions
from inspector.core.values import Limits

SCHEMA_NUMBER = 4

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    # What schemas 2 to 4 brought has defaults that say "not known then", arrays included.
    1: lambda fields: fields | {"schema_number": 2},
    2: lambda fields: fields | {"schema_number": 3},
    3: lambda fields: fields | {"schema_number": 4},
}
"""From each older schema number to the function that turns such a manifest into the next one."""

NOT_A_BUNDLE = (
    "this is not a bundle of Inspector, or its beginning is damaged; "
    "choose a file that training on good samples has written"
)
ALTERED = "the file is cut short or was altered, so it is not trusted; copy it again from where it came, or train again"


class BackboneRecord(BaseModel):
    """The pretrained feature extractor that the bundle was trained with (its weights are not in the file).

    Parameters
    ----------
    name : str
        From the backbone table; an ensemble's names are joined by ``+``.
    sha256 : str
        Of its weights; of each of an ensemble's, joined by ``+`` in the same order.
    license : str
        Of its weights; of an ensemble's, each different one, joined by `` + ``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str
    license: str


class GoodSetRecord(BaseModel):
    """The good photos that the bundle was trained on.

    Parameters
    ----------
    folder : str
        Name of the folder, without its place.
    count : int
        Number of photos.
    photo_hw : (int, int)
        Their height and width in pixels.
    sha256 : str
        Over names and contents, see `GoodSet`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str
    count: int
    photo_hw: tuple[int, int]
    sha256: str


class LimitsChange(BaseModel):
    """A change of the limits that a bundle judges with, made after training.

    Parameters
    ----------
    changed_at : datetime
        With its time zone.
    changed_by : str
        Who, as that person or the system says.
    before, after : Limits
        From what to what.
    note : str
        Why, in that person's words; may be empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed_at: AwareDatetime
    changed_by: str
    before: Limits
    after: Limits
    note: str = ""


class DefectRecord(BaseModel):
    """Photos of known defective parts, scored to see which ones would escape. Nothing is learned from them.

    Parameters
    ----------
    folder : str
        Name of the folder, without its place.
    scores : list of float
        Raw scores of the photos that were judged, in their order.
    not_judged : int
        Photos that were refused or could not be read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    folder: str
    scores: list[float]
    not_judged: int = 0


class FeedBackRecord(BaseModel):
    """False alarms that a person fed back: patches of theirs were added to the memory bank, and nothing else changed.

    Parameters
    ----------
    changed_at : datetime
        With its time zone.
    changed_by : str
        Who, as that person or the system says.
    parts : int
        False alarms fed back; the next numbers after the photos before are theirs (`RememberedPatch.photo`).
    rows : int
        Patches added.
    before_sha256 : str
        Of the bundle's file before.
    note : str
        Why, in that person's words; may be empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed_at: AwareDatetime
    changed_by: str
    parts: int = Field(ge=1)
    rows: int = Field(ge=0)
    before_sha256: str
    note: str = ""


class Manifest(BaseModel):
    """What a bundle says of itself.

    Parameters
    ----------
    recipe : Recipe
        What training was asked to do.
    backbone : BackboneRecord
        The feature extractor.
    goods : GoodSetRecord
        The good photos.
    threshold : Threshold
        The limit that the good photos justify, as a raw score, how it came and what it promises. Never changed after
        training; what verdicts are drawn at is `limits`.
    good_scores : list of float
        Raw leave-one-image-out scores of the good photos, in their order, one for near-duplicates; so there may be
        fewer than `goods.count`. The photos' names are left out: a bundle goes to people whom they do not concern.
    bank_rows : int
        Rows of the memory bank.
    versions : dict of str to str
        Of Inspector, Python and the libraries that compute.
    guards : GuardPromise or None
        What photos may be like to be judged, and how many good photos that refuses; None where there are no guards.
    changes : list of LimitsChange
        The limits' changes since training, the oldest first.
    defects : DefectRecord or None
        Known defective parts, where some were scored.
    sessions : HeldOutSessions or None
        The good photos' scores with their whole session held out, sorted by session, so that the promise by session can
        be told at any threshold; None where no sessions were found. Sessions are named as folders or by dates.
    coverage : tuple of CoveragePoint
        Mean score of held-out good photos against the number of good photos; see `inspector.core.coverage`.
    fed_back : list of FeedBackRecord
        False alarms that people added since training, the oldest first. `good_scores` stay as training found them: with
        more patches remembered, scores can only fall, so that what they promise is kept or bettered.
    depth_bits, depth_floor, depth_by : int, int, DepthBy
        The one rule that scales photos of more than 8 bits, see `PixelDepth`; older bundles keep the former rule.
    schema_number : int
        Of this manifest.
    tensors : dict of str to str
        SHA-256 of each array (its dtype, shape and values); filled by `save_bundle`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    recipe: Recipe
    backbone: BackboneRecord
    goods: GoodSetRecord
    threshold: Threshold
    good_scores: list[float]
    bank_rows: int
    versions: dict[str, str]
    guards: GuardPromise | None = None
    changes: list[LimitsChange] = Field(default_factory=list)
    defects: DefectRecord | None = None
    sessions: HeldOutSessions | None = None
    coverage: tuple[CoveragePoint, ...] = ()
    fed_back: list[FeedBackRecord] = Field(default_factory=list)
    depth_bits: Bits = FULL
    depth_floor: int = Field(default=0, ge=0, lt=1 << FULL)
    depth_by: DepthBy = DepthBy.FORMER
    schema_number: int = SCHEMA_NUMBER
    tensors: dict[str, str] = Field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        """What verdicts are drawn at: the last change's outcome, or the trained threshold alone."""
        return self.changes[-1].after if self.changes else Limits(self.threshold.value)

    @property
    def depth(self) -> PixelDepth:
        """The rule that scales every photo of this model."""
        return PixelDepth(self.depth_bits, self.depth_floor, self.depth_by)

    @property
    def photos_remembered(self) -> int:
        """How many photos have a number in the memory bank: the good photos that count, and those fed back."""
        return len(self.good_scores) + self.parts_fed_back

    @property
    def parts_fed_back(self) -> int:
        """How many false alarms were fed back since training."""
        return sum(one.parts for one in self.fed_back)

    @property
    def near_duplicates(self) -> int:
        """How many good photos were not counted, because they are near-duplicates of others."""
        return self.goods.count - len(self.good_scores)


def manifest_json(manifest: Manifest) -> str:
    """Return a manifest as JSON text, always the same for the same content."""
    return json.dumps(manifest.model_dump(mode="json"), sort_keys=True, allow_nan=False)


def parse_manifest(fields: Any, path: Path) -> Manifest:
    """Turn the parsed JSON of a manifest of any schema up to this release's into a `Manifest`.

    Parameters
    ----------
    fields : object
        The parsed JSON.
    path : Path
        The file it comes from, for the error.

    Raises
    ------
    BundleTooNew, BundleCorrupt
        A later release wrote it, or it is not a manifest.
    """
    number = fields.get("schema_number") if isinstance(fields, dict) else None
    if not isinstance(number, int):
        raise BundleCorrupt(path, NOT_A_BUNDLE)
    if number > SCHEMA_NUMBER:
        raise BundleTooNew(path, _too_new(number, fields))
    try:
        for older in range(number, SCHEMA_NUMBER):
            fields = MIGRATIONS[older](fields)
        return Manifest.model_validate(fields)
    except (KeyError, ValidationError) as error:
        raise BundleCorrupt(path, ALTERED) from error


def _too_new(number: int, fields: dict[str, Any]) -> str:
    versions = fields.get("versions")
    writer = versions.get("inspector") if isinstance(versions, dict) else None
    named = f"Inspector {writer}" if writer else "a later release of Inspector"
    return (
        f"{named} wrote this bundle in schema {number}, and this release reads up to schema {SCHEMA_NUMBER}; "
        "install that release or a later one, or train again with this one"
    )
