"""Reviews of judged parts: how it stands with it, and whether machine and people agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from inspector.core.errors import HistoryError
from inspector.core.review.agreement import Agreement, AgreementCurve, ReviewedOnDay, agreement_curves, without_repeats
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import EVERYTHING, PartFilter, ReviewedParts

if TYPE_CHECKING:
    from inspector.storage.history.store import History

FLAGGED = frozenset({Verdict.NG, Verdict.UNSURE, Verdict.REFUSED})
"""Verdicts that somebody has to look at: those that are not OK."""
TO_REVIEW = PartFilter(verdicts=FLAGGED, decisions=frozenset({None}))
"""Flagged parts that nobody has reviewed."""
_FIRST_TO_REVIEW = replace(TO_REVIEW, verdicts=frozenset({Verdict.REFUSED}), refused_and_ng=True)

_NOBODY = Agreement()


@dataclass(frozen=True, slots=True)
class BundleAgreement:
    """The reviews of parts that a bundle judged NG."""

    bundle_sha256: str
    bundle_name: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How it stands with the reviews of a history.

    Parameters
    ----------
    parts : int
        Judged parts in it.
    to_review : int
        Flagged parts that nobody has reviewed.
    refused_and_ng : int
        Those of them that were refused and would be NG.
    reviewed : int
        Parts that somebody has reviewed, whatever their verdict.
    escapes : int
        Parts that the machine called OK and people a defect.
    agreement : Agreement
        Over all bundles.
    bundles : tuple of BundleAgreement
        Bundles with reviewed NG parts, the latest first.
    """

    parts: int = 0
    to_review: int = 0
    refused_and_ng: int = 0
    reviewed: int = 0
    escapes: int = 0
    agreement: Agreement = _NOBODY
    bundles: tuple[BundleAgreement, ...] = ()


def review_counts(history: History) -> ReviewCounts:
    """Return how it stands with the reviews of a history.

    Raises
    ------
    HistoryError
        The database cannot be read.
    """
    reviewed, repeats = history.reviewed_parts(), history.reviewed_again()
    names = {(one.bundle_sha256, one.bundle_name): None for one in reviewed if one.verdict is Verdict.NG}
    return ReviewCounts(
        parts=history.count(EVERYTHING),
        to_review=history.count(TO_REVIEW),
        refused_and_ng=history.count(_FIRST_TO_REVIEW),
        reviewed=sum(one.parts for one in reviewed),
        escapes=_count(reviewed, Verdict.OK, Decision.DEFECT) - _count(repeats, Verdict.OK, Decision.DEFECT),
        agreement=_agreement(reviewed, repeats),
        bundles=tuple(BundleAgreement(*key, _agreement(_of(reviewed, key), _of(repeats, key))) for key in names),
    )


def agreement_over_time(history: History) -> tuple[AgreementCurve, ...]:
    """Return the agreement of machine and people over time, a curve for each bundle's name, the latest first.

    Raises
    ------
    HistoryError
        The database cannot be read.
    """
    return agreement_curves(without_repeats(history.reviewed_by_day(), history.reviewed_again()))


def take_back(history: History, part_number: int, review_number: int, reviewer: str, at: datetime) -> None:
    """Take back one review by a row of its own, if nobody has said anything of the part since.

    Parameters
    ----------
    history : History
    part_number, review_number : int
        The part and its reviews.
    reviewer : str
        Who takes it back.
    at : datetime
        When, with time zone.

    Raises
    ------
    HistoryError
        Somebody has said something of the part since, or the database cannot be written.
    """
    if history.get(part_number).reviews[-1].id != review_number:
        raise HistoryError(
            f"part {part_number}",
            "another person reviewed this part in the meantime",
            action="look at it and decide again",
        )
    history.undo_review(part_number, reviewer, at)


_Counted = ReviewedParts | ReviewedOnDay
_C = TypeVar("_C", ReviewedParts, ReviewedOnDay)


def _agreement(reviewed: Sequence[ReviewedParts], repeats: Sequence[ReviewedOnDay]) -> Agreement:
    return Agreement(
        *(
            _count(reviewed, Verdict.NG, decision) - _count(repeats, Verdict.NG, decision)
            for decision in (Decision.DEFECT, Decision.FALSE_ALARM, Decision.UNSURE)
        )
    )


def _count(counted: Iterable[_Counted], verdict: Verdict, decision: Decision) -> int:
    return sum(one.parts for one in counted if one.verdict is verdict and one.decision is decision)


def _of(counted: Iterable[_C], key: tuple[str, str]) -> list[_C]:
    return [one for one in counted if (one.bundle_sha256, one.bundle_name) == key]
