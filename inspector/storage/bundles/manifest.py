"""What a bundle says of itself, and how an older one is read."""

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
ALTERED = Message(
    "the file is cut short or was altered, so it is not trusted", "copy it again from where it came, or train again"
)


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

    name: Name
    sha256: Name
    license: Name


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

    folder: Name
    count: Count
    photo_hw: tuple[Edge, Edge]
    sha256: Name


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
    refused_scores : list of float
        Raw scores of those of them that were refused but scored; empty in models of older releases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    folder: Name
    scores: Annotated[list[Score], Field(min_length=1, max_length=MOST_PHOTOS)]
    not_judged: Count = 0
    refused_scores: Annotated[list[Score], Field(max_length=MOST_PHOTOS)] = Field(default_factory=list)

    def labelled_with(self, good_scores: Sequence[float]) -> LabelledScores:
        """Return the known defects beside good photos, which are not refused; what has no score is NaN."""
        unknown = [math.nan] * max(self.not_judged - len(self.refused_scores), 0)
        refused = [*self.refused_scores, *unknown]
        scores = np.array([*good_scores, *self.scores, *refused])
        places = np.arange(len(scores))
        return LabelledScores(scores, places >= len(good_scores), places >= len(good_scores) + len(self.scores))


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
        Mean score of held-out good photos against the number of good photos; see
        `inspector.core.good_photos.enough_photos`.
    fed_back : list of FeedBackRecord
        False alarms that people added since training, the oldest first. `good_scores` stay as training found them: with
        more patches remembered, scores can only fall, so that what they promise is kept or bettered.
    depth_bits, depth_floor, depth_by : int, int, DepthBy
        The one rule that scales photos of more than 8 bits, see `PixelDepth`; older bundles keep the former rule.
    left_out : tuple of str
        SHA-256 of photos in the folder that a person took out of the good set.
    groups : GroupsFound or None
        What `sessions` come to, where training found groups that make scores rise or the user asked for them.
    known_threshold : Threshold or None
        What the good photos justify for photos of known groups, where groups matter: `threshold` and the promises are
        then for a photo of a new group.
    exclusions : tuple of Exclusion
        The same photos, with what is known of why; older bundles have none, and their promise does not count them.
    strays : tuple of StrayRecord
        Good photos that stand apart from the others and set the limit, the highest score first.
    unsure_threshold : float or None
        The lower line that training found, as a raw score: see `inspector.core.promise.tail_model.review_line`.
        Never changed after training.
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
        """Refuse numbers that no training gives, of which some would take all memory or days of computing."""
        for problem in _out_of_range(self):
            raise ValueError(problem)
        return self

    @property
    def limits(self) -> Limits:
        """What verdicts are drawn at: the last change's outcome, or what training found."""
        return self.changes[-1].after if self.changes else self.trained_limits

    @property
    def trained_limits(self) -> Limits:
        """The trained threshold, with the lower line that training found where there is one."""
        return Limits(self.threshold.value, self.unsure_threshold)

    @property
    def taken_out(self) -> int:
        """How many photos were taken out after a ranking: each counts as a good one above every limit."""
        return sum(one.counts for one in self.exclusions)

    def promise_at(self, threshold: float) -> Promise:
        """Return what a threshold (raw score) promises: any other one than that of training counts as chosen.

        Where groups matter, for a photo of a new group.
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
        """Return the share of good parts expected to be UNSURE, in 0..1; None without a lower line.

        Where groups matter it is that of parts of a new group; None too where the groups are too few to state one.
        """
        if limits.unsure_threshold is None:
            return None
        if self.known_threshold is not None and self.sessions is not None:
            return share_between(self.sessions, limits.unsure_threshold, limits.threshold)
        return self._unsure_of_known(limits, limits.unsure_threshold)

    def unsure_share_known(self, limits: Limits) -> float | None:
        """Return the share of good parts of known groups expected to be UNSURE; None without groups or a lower line."""
        if limits.unsure_threshold is None or self.known_threshold is None:
            return None
        return self._unsure_of_known(limits, limits.unsure_threshold)

    @property
    def line_is_known_limit(self) -> bool:
        """Whether the lower line of training is the limit for known groups, and not model-based."""
        return self.known_threshold is not None and self.unsure_threshold == self.known_threshold.value

    def _unsure_of_known(self, limits: Limits, line: float) -> float:
        """Return the share for parts like the good photos.

        Strays are not counted unless a person keeps them as good: that they lie between the lines says nothing of the
        other parts. For the lines of training it is the mean of that count and of the model's share: the count is too
        high where odd photos lie between the lines, and the model does not know what is NG. For the limit of known
        groups it is that limit's promise.
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
        """Return how many of the known defects pass limits; None where none are known.

        What a person looks at does not escape, so the lower limit counts.
        """
        if self.defects is None:
            return None
        return escapes_at(self.defects.scores, limits.lowest, chosen=limits.lowest != self.trained_limits.lowest)

    def detection_at(self, limits: Limits) -> Detection | None:
        """Return which share of the known defects limits find, and could find; None where none are known.

        The false alarms are those among the good scores of training.
        """
        if self.defects is None:
            return None
        known = None if self.known_threshold is None else self.known_threshold.value
        return detection_of(self.defects.labelled_with(self.good_scores), limits, known)

    @property
    def refusals(self) -> Promise | None:
        """How many photos of good parts the guards promise to refuse; None without guards."""
        return None if self.guards is None else self.guards.promise

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
        f"{named} wrote this bundle in schema {schema}, and this release reads up to schema {SCHEMA_NUMBER}; "
        "install that release or a later one, or train again with this one"
    )
