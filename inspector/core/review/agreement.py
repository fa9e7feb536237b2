"""Whether people agree with the machine: what they said of the parts that it called NG, over all and over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, pairwise

from inspector.core.promise.threshold import binomial_interval
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict

DAILY_UNTIL_DAYS = 62
"""A longer time is shown by weeks: points a pixel or two apart are no curve."""
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Agreement:
    """What people said of NG parts.

    Parameters
    ----------
    confirmed : int
        Defects indeed.
    false_alarms : int
        Good parts.
    unsure : int
        Reviewed, and nobody can tell.
    """

    confirmed: int = 0
    false_alarms: int = 0
    unsure: int = 0

    @property
    def decided(self) -> int:
        """How many parts somebody decided one way or the other."""
        return self.confirmed + self.false_alarms

    @property
    def share(self) -> float | None:
        """The share of decided parts that are defects, 0..1; None where none is decided."""
        return self.confirmed / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class ReviewedOnDay:
    """How many parts of one day one bundle judged in one way and people in another.

    Parameters
    ----------
    day : date
        On which they were judged, by the clock on the wall of that place.
    bundle_sha256, bundle_name : str
        The bundle: versions of one have the same name.
    verdict : Verdict
        What the machine said.
    decision : Decision
        What people say now.
    parts : int
        How many.
    first : int
        Number of the first of them; tells which of two bundles of one day came first.
    """

    day: date
    bundle_sha256: str
    bundle_name: str
    verdict: Verdict
    decision: Decision
    parts: int
    first: int


@dataclass(frozen=True, slots=True)
class AgreementPoint:
    """Agreement on the parts that one version of a bundle judged on a day or in a week.

    Parameters
    ----------
    begin : date
        The day, or the week's Monday.
    days : int
        1 or 7.
    bundle_sha256 : str
        The version.
    agreement : Agreement
        What people said of its NG parts.
    escapes : int
        Parts that it called OK and people a defect.
    low, high : float
        Two-sided interval of 95 % for the share of all such NG parts that are defects, in 0..1: 3 reviews tell less
        than 300. (0, 1) where none is decided.
    """

    begin: date
    days: int
    bundle_sha256: str
    agreement: Agreement
    escapes: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AgreementCurve:
    """Agreement over time for all versions of one bundle.

    Parameters
    ----------
    bundle_name : str
        What the versions are called.
    points : tuple of AgreementPoint
        Oldest first; one for each stretch of time and version in which something was reviewed.
    """

    bundle_name: str
    points: tuple[AgreementPoint, ...]

    @property
    def changes(self) -> tuple[AgreementPoint, ...]:
        """The points from which on another version judged than before."""
        return tuple(new for old, new in pairwise(self.points) if new.bundle_sha256 != old.bundle_sha256)

    @property
    def whole(self) -> Agreement:
        """All points together."""
        each = [point.agreement for point in self.points]
        return Agreement(
            sum(one.confirmed for one in each), sum(one.false_alarms for one in each), sum(one.unsure for one in each)
        )

    @property
    def escapes(self) -> int:
        """Those of all points."""
        return sum(point.escapes for point in self.points)


def without_repeats(counted: Iterable[ReviewedOnDay], repeats: Iterable[ReviewedOnDay]) -> tuple[ReviewedOnDay, ...]:
    """Return counts without the parts that are repeats of a later one.

    Parameters
    ----------
    counted : iterable of ReviewedOnDay
        Counts of all reviewed parts.
    repeats : iterable of ReviewedOnDay
        Parts to leave out; each is counted in `counted`.
    """

    def key(one: ReviewedOnDay) -> tuple[object, ...]:
        return one.day, one.bundle_sha256, one.bundle_name, one.verdict, one.decision

    left_out = Counter[tuple[object, ...]]()
    for one in repeats:
        left_out[key(one)] += one.parts
    remaining = (replace(one, parts=one.parts - left_out[key(one)]) for one in counted)
    return tuple(one for one in remaining if one.parts > 0)


def agreement_curves(counted: Iterable[ReviewedOnDay]) -> tuple[AgreementCurve, ...]:
    """Return a curve for each bundle's name, the one that judged last first.

    Parameters
    ----------
    counted : iterable of ReviewedOnDay
        In any order. By the day, or by the week where a bundle was in use for more than `DAILY_UNTIL_DAYS`.
    """
    named: dict[str, list[ReviewedOnDay]] = {}
    for one in sorted(counted, key=lambda one: (one.day, one.first)):
        named.setdefault(one.bundle_name, []).append(one)
    latest_first = sorted(named.items(), key=lambda item: (item[1][-1].day, item[1][-1].first), reverse=True)
    return tuple(AgreementCurve(name, _points(rows)) for name, rows in latest_first)


def _points(rows: list[ReviewedOnDay]) -> tuple[AgreementPoint, ...]:
    days = 1 if (rows[-1].day - rows[0].day).days < DAILY_UNTIL_DAYS else WEEK_DAYS

    def begin(row: ReviewedOnDay) -> date:
        return row.day if days == 1 else row.day - timedelta(days=row.day.weekday())

    points = []
    for at, stretch in groupby(rows, begin):
        versions: dict[str, list[ReviewedOnDay]] = {}
        for row in stretch:
            versions.setdefault(row.bundle_sha256, []).append(row)
        points += [_point(at, days, sha256, rows) for sha256, rows in versions.items()]
    return tuple(points)


def _point(begin: date, days: int, sha256: str, rows: list[ReviewedOnDay]) -> AgreementPoint:
    agreement = Agreement(*(_parts(rows, Verdict.NG, decision) for decision in _IN_ORDER))
    low, high = binomial_interval(agreement.confirmed, agreement.decided)
    return AgreementPoint(begin, days, sha256, agreement, _parts(rows, Verdict.OK, Decision.DEFECT), low, high)


def _parts(rows: list[ReviewedOnDay], verdict: Verdict, decision: Decision) -> int:
    return sum(row.parts for row in rows if row.verdict is verdict and row.decision is decision)


_IN_ORDER = (Decision.DEFECT, Decision.FALSE_ALARM, Decision.UNSURE)
