"""The manifest of a bundle, and the migration of older manifests."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from inspector.core.errors import BundleCorrupt, BundleTooNew, Message
from inspector.core.good_photos.enough_photos import CoveragePoint
from inspector.core.guards.readings import GuardPromise
from inspector.core.photo.pixel_depth import FULL, Bits, DepthBy, PixelDepth
from inspector.core.promise.detection import Detection, LabelledScores, detection_of
from inspector.core.promise.operating_point import Escapes, escapes_at
from inspector.core.promise.session_promise import (
    GroupsFound,
    HeldOutSessions,
    promise_for_new_group,
    share_between,
    threshold_of_groups,
)
from inspector.core.promise.tail_model import rate_of_line
from inspector.core.promise.threshold import Promise, Threshold, promise_at, threshold_from_good_scores
from inspector.core.training.plan import LARGEST_SIZE, Recipe
from inspector.core.values import GREATEST_LIMIT, LEAST_LIMIT, Limits
from inspector.storage.bundles.manifest_changes import MOST_PHOTOS, FeedBackRecord, LimitsChange, Name, Rows
from inspector.storage.good_photos.good_set_answers import Exclusion, StrayRecord
from inspector.storage.photos.images import MAX_PIXELS

SCHEMA_NUMBER = 4

Score = Annotated[float, Field(ge=0.0, le=GREATEST_LIMIT)]
Count = Annotated[int, Field(ge=0, le=MOST_PHOTOS)]
Edge = Annotated[int, Field(ge=1, le=MAX_PIXELS)]

_LONGEST_VERSION, _GREATEST_SCHEMA = 40, 10_000

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    # Fields that schemas 2 to 4 added have defaults that mean "not known then", arrays included.
    1: lambda fields: fields | {"schema_number": 2},
    2: lambda fields: fields | {"schema_number": 3},
    3: lambda fields: fields | {"schema_number": 4},
}
"""By older schema number: the function that turns a manifest of that schema into one of the next schema."""

NOT_A_BUNDLE = Message(
    "this is not a model of Inspector, or its beginning is damaged", "choose a file that training has written"
)
ALTERED = Message(
    "the file is cut short or was altered, so it is not trusted", "copy it again from its origin, or train again"
)


class BackboneRecord(BaseModel):
    """The pretrained backbone that the bundle was trained with; its weights are not in the file.

    Parameters
    ----------
    name : str
        Name in the backbone table; an ensemble's names are joined by ``+``.
    sha256 : str
        SHA-256 of the weights; for an ensemble, one for each backbone, joined by ``+`` in the same order.
    license : str
        License of the weights; for an ensemble, each different license, joined by `` + ``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    sha256: Name
    license: Name


class GoodSetRecord(BaseModel):
    """The good photos that the bundle was trained on.

    Parameters
    ----------
    folder : str
        Name of the folder, without its path.
    count : int
        Number of photos.
    photo_hw : (int, int)
        Their height and width in pixels.
    sha256 : str
        SHA-256 over names and contents, see `GoodSet`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Name
    count: Count
    photo_hw: tuple[Edge, Edge]
    sha256: Name


class DefectRecord(BaseModel):
    """Photos of known defective parts, scored to estimate escapes. Nothing is learned from them.

    Parameters
    ----------
    folder : str
        Name of the folder, without its path.
    scores : list of float
        Raw scores of the photos that were judged, in their order.
    not_judged : int
        Number of photos that were refused or could not be read.
    refused_scores : list of float
        Raw scores of the photos that were refused but scored; empty in models of older releases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    folder: Name
    scores: Annotated[list[Score], Field(min_length=1, max_length=MOST_PHOTOS)]
    not_judged: Count = 0
    refused_scores: Annotated[list[Score], Field(max_length=MOST_PHOTOS)] = Field(default_factory=list)

    def labelled_with(self, good_scores: Sequence[float]) -> LabelledScores:
        """Return the scores of good photos, which are not refused, and of the known defects; NaN without a score."""
        unknown = [math.nan] * max(self.not_judged - len(self.refused_scores), 0)
        refused = [*self.refused_scores, *unknown]
        scores = np.array([*good_scores, *self.scores, *refused])
        places = np.arange(len(scores))
        return LabelledScores(scores, places >= len(good_scores), places >= len(good_scores) + len(self.scores))


class Manifest(BaseModel):
    """The manifest of a bundle: settings of training, result, and changes since.

    Parameters
    ----------
    recipe : Recipe
        The settings of training.
    backbone : BackboneRecord
        The backbone.
    goods : GoodSetRecord
        The good photos.
    threshold : Threshold
        The limit that the good photos justify, as a raw score, with its origin and its promise. Training sets it and
        nothing changes it. Verdicts are drawn at `limits`.
    good_scores : list of float
        Raw leave-one-image-out scores of the good photos, in their order, one for each set of near-duplicates; there
        may be fewer than `goods.count`. Photo names are left out, because recipients of a bundle need not see them.
    bank_rows : int
        Rows of the memory bank.
    versions : dict of str to str
        Versions of Inspector, Python and the libraries that compute.
    guards : GuardPromise or None
        Allowed range of each guard's reading, and the share of good photos refused; None without guards.
    changes : list of LimitsChange
        Changes of the limits since training, oldest first.
    defects : DefectRecord or None
        Known defective parts; None if none were scored.
    sessions : HeldOutSessions or None
        Scores of the good photos with their whole session held out, sorted by session. They give the promise by
        session at any threshold. None if no sessions were found. Sessions are named by folders or dates.
    coverage : tuple of CoveragePoint
        Mean score of held-out good photos against the number of good photos; see
        `inspector.core.good_photos.enough_photos`.
    fed_back : list of FeedBackRecord
        False alarms that people added since training, oldest first. `good_scores` stay as training computed them: with
        more rows in the memory bank, scores can only fall, so their promise holds or improves.
    depth_bits, depth_floor, depth_by : int, int, DepthBy
        The rule that scales photos of more than 8 bits, see `PixelDepth`; older bundles have the former rule.
    left_out : tuple of str
        SHA-256 of the photos in the folder that a person took out of the good set.
    groups : GroupsFound or None
        Summary of `sessions`, if training found groups that raise scores or the user asked for groups.
    known_threshold : Threshold or None
        The limit that the good photos justify for photos of known groups, where groups matter. In that case,
        `threshold` and the promises apply to a photo of a new group.
    exclusions : tuple of Exclusion
        The same photos with the known reasons. Older bundles have none, and their promise does not count the photos.
    strays : tuple of StrayRecord
        Good photos that stand apart from the others and set the limit, highest score first.
    unsure_threshold : float or None
        The lower limit that training found, as a raw score: see `inspector.core.promise.tail_model.review_line`.
        Never changed after training.
    schema_number : int
        Schema number of this manifest.
    tensors : dict of str to str
        SHA-256 of each array (its dtype, shape and values); filled by `save_bundle`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    recipe: Recipe
    backbone: BackboneRecord
    goods: GoodSetRecord
    threshold: Threshold
    good_scores: Annotated[list[Score], Field(min_length=2, max_length=MOST_PHOTOS)]
    bank_rows: Rows
    versions: dict[Name, Name]
    guards: GuardPromise | None = None
    changes: list[LimitsChange] = Field(default_factory=list)
    defects: DefectRecord | None = None
    sessions: HeldOutSessions | None = None
    coverage: tuple[CoveragePoint, ...] = ()
    fed_back: list[FeedBackRecord] = Field(default_factory=list)
    depth_bits: Bits = FULL
    depth_floor: int = Field(default=0, ge=0, lt=1 << FULL)
    depth_by: DepthBy = DepthBy.FORMER
    left_out: tuple[str, ...] = ()
    groups: GroupsFound | None = None
    known_threshold: Threshold | None = None
    exclusions: tuple[Exclusion, ...] = ()
    strays: tuple[StrayRecord, ...] = ()
    unsure_threshold: float | None = Field(default=None, ge=LEAST_LIMIT, le=GREATEST_LIMIT)
    schema_number: int = SCHEMA_NUMBER
    tensors: dict[Name, Name] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        """Refuse numbers that no training gives; without this check, some would exhaust memory or take days."""
        for problem in _out_of_range(self):
            raise ValueError(problem)
        return self

    @property
    def limits(self) -> Limits:
        """The limits that verdicts are drawn at: those of the last change, or those of training."""
        return self.changes[-1].after if self.changes else self.trained_limits

    @property
    def trained_limits(self) -> Limits:
        """The trained threshold, and the lower limit that training found, if any."""
        return Limits(self.threshold.value, self.unsure_threshold)

    @property
    def taken_out(self) -> int:
        """Number of photos taken out after a ranking; each counts as a good photo above every limit."""
        return sum(one.counts for one in self.exclusions)

    def promise_at(self, threshold: float) -> Promise:
        """Return the promise of a threshold (raw score). Any threshold other than the trained one counts as chosen.

        Where groups matter, the promise is for a photo of a new group.
        """
        chosen = threshold != self.threshold.value
        if self.known_threshold is not None and self.sessions is not None:
            return promise_for_new_group(self.sessions, threshold, chosen=chosen, taken_out=self.taken_out)
        return promise_at(self.good_scores, threshold, chosen=chosen, taken_out=self.taken_out)

    def threshold_at(self, rate: float) -> Threshold:
        """Return the threshold for a false-alarm rate; where groups matter, for a photo of a new group."""
        known = threshold_from_good_scores(self.good_scores, rate, taken_out=self.taken_out)
        if self.known_threshold is not None and self.sessions is not None:
            return threshold_of_groups(self.sessions, known, rate, taken_out=self.taken_out)
        return known

    def unsure_share(self, limits: Limits) -> float | None:
        """Return the share of good parts expected to be UNSURE, in 0..1; None without a lower limit.

        Where groups matter, the share is for parts of a new group; None also if the groups are too few to estimate it.
        """
        if limits.unsure_threshold is None:
            return None
        if self.known_threshold is not None and self.sessions is not None:
            return share_between(self.sessions, limits.unsure_threshold, limits.threshold)
        return self._unsure_of_known(limits, limits.unsure_threshold)

    def unsure_share_known(self, limits: Limits) -> float | None:
        """Return the share of good parts of known groups expected to be UNSURE; None without groups or lower limit."""
        if limits.unsure_threshold is None or self.known_threshold is None:
            return None
        return self._unsure_of_known(limits, limits.unsure_threshold)

    @property
    def line_is_known_limit(self) -> bool:
        """Whether the lower limit of training is the limit for known groups instead of the model-based one."""
        return self.known_threshold is not None and self.unsure_threshold == self.known_threshold.value

    def _unsure_of_known(self, limits: Limits, line: float) -> float:
        """Return the share for parts like the good photos.

        Strays count only if a person keeps them as good: their position between the limits does not describe other
        parts. For the trained limits, the share is the mean of the counted share and the model's share. The counted
        share is too high where unusual photos lie between the limits. The model does not know which photos are NG.
        Where the lower limit is that of known groups, the share is that limit's promise.
        """
        if limits == self.trained_limits and self.line_is_known_limit and self.known_threshold is not None:
            return self.known_threshold.false_alarm.rate
        scores = [
            score
            for place, score in enumerate(self.good_scores)
            if not any(one.position == place and one.answer is None for one in self.strays)
        ]
        between = sum(line < score <= limits.threshold for score in scores)
        counted = between / (len(self.good_scores) + self.taken_out + 1)
        if limits != self.trained_limits:
            return counted
        return (counted + rate_of_line(len(self.good_scores), self.recipe.false_alarm_rate)) / 2.0

    def escapes_at(self, limits: Limits) -> Escapes | None:
        """Return the number of known defects that escape at these limits; None without known defects.

        An UNSURE part is seen by a person and does not escape, so the lower limit applies.
        """
        if self.defects is None:
            return None
        return escapes_at(self.defects.scores, limits.lowest, chosen=limits.lowest != self.trained_limits.lowest)

    def detection_at(self, limits: Limits) -> Detection | None:
        """Return the detection at these limits, and the attainable share; None without known defects.

        False alarms are counted among the good scores of training.
        """
        if self.defects is None:
            return None
        known = None if self.known_threshold is None else self.known_threshold.value
        return detection_of(self.defects.labelled_with(self.good_scores), limits, known)

    @property
    def refusals(self) -> Promise | None:
        """The promised rate of good photos that the guards refuse; None without guards."""
        return None if self.guards is None else self.guards.promise

    @property
    def depth(self) -> PixelDepth:
        """The rule that scales every photo of this model."""
        return PixelDepth(self.depth_bits, self.depth_floor, self.depth_by)

    @property
    def photos_remembered(self) -> int:
        """Number of photos with a number in the memory bank: the counted good photos, and the photos fed back."""
        return len(self.good_scores) + self.parts_fed_back

    @property
    def parts_fed_back(self) -> int:
        """Number of false alarms that were fed back since training."""
        return sum(one.parts for one in self.fed_back)

    @property
    def near_duplicates(self) -> int:
        """Number of good photos that were not counted, because they are near-duplicates of others."""
        return self.goods.count - len(self.good_scores)


def _out_of_range(manifest: Manifest) -> Iterator[str]:
    goods, limits = manifest.goods, [Limits(manifest.threshold.value)]
    if manifest.unsure_threshold is not None and manifest.unsure_threshold > manifest.threshold.value:
        yield "unsure_threshold"
    if not all(one.position < len(manifest.good_scores) for one in manifest.strays):
        yield "strays"
    limits += [one for change in manifest.changes for one in (change.before, change.after)]
    if not all(one.lowest >= LEAST_LIMIT and one.threshold <= GREATEST_LIMIT for one in limits):
        yield "a limit"
    height, width = manifest.recipe.working_hw(goods.photo_hw)
    if goods.photo_hw[0] * goods.photo_hw[1] > MAX_PIXELS or height * width > 2 * LARGEST_SIZE**2:
        yield "photo_hw"
    if len(manifest.good_scores) > goods.count or manifest.parts_fed_back > MOST_PHOTOS:
        yield "photos"
    if manifest.threshold.false_alarm.goods != len(manifest.good_scores) + manifest.taken_out:
        yield "threshold.false_alarm.goods"
    promises = [manifest.threshold.false_alarm] + ([] if manifest.guards is None else [manifest.guards.promise])
    if not all(_is_promise(one) and one.goods <= goods.count + manifest.taken_out for one in promises):
        yield "a promise"
    held_out = () if manifest.sessions is None else manifest.sessions.sessions
    scores = [score for session in held_out for score in session.scores] + [one.score for one in manifest.coverage]
    if not all(0.0 <= score <= GREATEST_LIMIT for score in scores) or len(scores) > 2 * MOST_PHOTOS:
        yield "scores of sessions or of fewer good photos"
    if (manifest.sessions is not None and len(held_out) < 2) or not all(session.scores for session in held_out):
        yield "sessions"
    yield from _groups_out_of_range(manifest)
    if not all(1 <= one.goods <= goods.count for one in manifest.coverage):
        yield "coverage"
    ends = [] if manifest.guards is None else [end for one in manifest.guards.ranges for end in (one.low, one.high)]
    if not all(end is None or abs(end) <= GREATEST_LIMIT for end in ends):
        yield "guards"


def _groups_out_of_range(manifest: Manifest) -> Iterator[str]:
    groups, known, sessions = manifest.groups, manifest.known_threshold, manifest.sessions
    if (groups is not None or known is not None) and sessions is None:
        yield "groups without sessions"
    if groups is not None and not (2 <= groups.count <= MOST_PHOTOS and -1.0 <= groups.rise <= GREATEST_LIMIT):
        yield "groups"
    if known is None:
        return
    if not (LEAST_LIMIT <= known.value <= manifest.threshold.value and _is_promise(known.false_alarm)):
        yield "known_threshold"
    if known.false_alarm.goods != len(manifest.good_scores) + manifest.taken_out:
        yield "known_threshold.false_alarm.goods"


def _is_promise(one: Promise) -> bool:
    return (
        0.0 <= one.low <= one.high <= 1.0 and 0.0 <= one.rate <= 1.0 and 0.0 < one.confidence < 1.0 and one.goods >= 0
    )


def manifest_json(manifest: Manifest) -> str:
    """Return a manifest as JSON text; the same content gives the same text."""
    return json.dumps(manifest.model_dump(mode="json"), sort_keys=True, allow_nan=False)


def parse_manifest(fields: Any, path: Path) -> Manifest:
    """Convert the parsed JSON of a manifest of any schema up to this release's into a `Manifest`.

    Parameters
    ----------
    fields : object
        The parsed JSON.
    path : Path
        The file that it comes from, for the error.

    Raises
    ------
    BundleTooNew, BundleCorrupt
        A later release wrote it, or it is not a manifest.
    """
    number = fields.get("schema_number") if isinstance(fields, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BundleCorrupt(path, NOT_A_BUNDLE)
    if number > SCHEMA_NUMBER:
        raise BundleTooNew(path, _too_new(number, fields))
    try:
        for older in range(number, SCHEMA_NUMBER):
            fields = MIGRATIONS[older](fields)
        return Manifest.model_validate(fields)
    except (KeyError, ValueError, RecursionError) as error:  # pydantic's ValidationError is a ValueError
        raise BundleCorrupt(path, ALTERED) from error


def _too_new(number: int, fields: dict[str, Any]) -> str:
    versions = fields.get("versions")
    writer = versions.get("inspector") if isinstance(versions, dict) else None
    named = (
        f"Inspector {writer}"
        if isinstance(writer, str) and len(writer) < _LONGEST_VERSION
        else "a later release of Inspector"
    )
    schema = number if number < _GREATEST_SCHEMA else "unknown"
    return (
        f"{named} wrote this model in schema {schema}, and this release reads up to schema {SCHEMA_NUMBER}; "
        "install that release or a later one, or train again with this one"
    )
