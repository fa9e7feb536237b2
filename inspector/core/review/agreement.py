"""The agreement of people with the machine on NG parts, in total and over time."""

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
"""Longest time that is shown by days. A longer time is shown by weeks, since points must not lie a pixel apart."""
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Agreement:
    """The decisions of people on NG parts.

    Parameters
    ----------
    confirmed : int
        Number of parts that people confirmed as defects.
    false_alarms : int
        Number of good parts.
    unsure : int
        Number of parts that were reviewed as undecided.
    """

    confirmed: int = 0
    false_alarms: int = 0
    unsure: int = 0

    @property
    def decided(self) -> int:
        """The number of parts that were reviewed as defect or false alarm."""
        return self.confirmed + self.false_alarms

    @property
    def share(self) -> float | None:
        """The share of decided parts that are defects, in 0..1; None if no part is decided."""
        return self.confirmed / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class ReviewedOnDay:
    """The number of parts of a day with the same model, verdict and decision.

    Parameters
    ----------
    day : date
        Day of the verdict, in local time of the machine.
    bundle_sha256, bundle_name : str
        The model. All versions of a model have the same name.
    verdict : Verdict
        The machine's verdict.
    decision : Decision
        The latest decision of a person.
    parts : int
        Number of parts.
    first : int
        Number of the first of these parts in the history. It gives the order of two models of one day.
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
    """Agreement on the parts that one version of a model judged on a day or in a week.

    Parameters
    ----------
    begin : date
        The day, or the week's Monday.
    days : int
        1 or 7.
    bundle_sha256 : str
        The version.
    agreement : Agreement
        Decisions on its NG parts.
    escapes : int
        Number of parts that it judged OK and people reviewed as defects.
    low, high : float
        Two-sided 95 % interval for the share of defects among all such NG parts, in 0..1. It is wider with fewer
        reviews, and (0, 1) if no part is decided.
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
    """Agreement over time for all versions of one model.

    Parameters
    ----------
    bundle_name : str
        Name of the versions.
    points : tuple of AgreementPoint
        Oldest first; one point for each period and version with a reviewed part.
    """

    bundle_name: str
    points: tuple[AgreementPoint, ...]

    @property
    def changes(self) -> tuple[AgreementPoint, ...]:
        """The points at which the version changes."""
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
        """The number of escapes of all points."""
        return sum(point.escapes for point in self.points)


def without_repeats(counted: Iterable[ReviewedOnDay], repeats: Iterable[ReviewedOnDay]) -> tuple[ReviewedOnDay, ...]:
    """Return counts without parts that a later part repeats.

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
    """Return the curve of each model's name; the model that judged last comes first.

    Parameters
    ----------
    counted : iterable of ReviewedOnDay
        In any order. Points are by day, or by week if a model was in use for more than `DAILY_UNTIL_DAYS`.
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
