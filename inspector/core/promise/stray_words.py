"""Sentences about strays, removed photos and the review band, for window, report and command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from inspector.core.promise.strays import Answer
from inspector.core.promise.tail_model import tail_model
from inspector.core.promise.words import significant

ONE = "1 of {goods} good photos stands apart and sets the limit alone. Without it the limit would be {without}."
SEVERAL = "{count} of {goods} good photos stand apart and set the limit. Without them the limit would be {without}."
ONE_TAKEN_OUT = "1 photo was left out after a ranking. It counts as a good part above the limit."
TAKEN_OUT = "{count} photos were left out after a ranking. They count as good parts above the limit."
ONE_DEFECTIVE = "1 photo was left out as defective ({who}). It does not count."
DEFECTIVE = "{count} photos were left out as defective ({who}). They do not count."
BAND = "Parts over {low} of the limit are UNSURE: expect {rate} good parts in 100."
BAND_OF_GROUP = (
    "Parts over {low} of the limit are UNSURE: expect {rate} good parts of a new group in 100, "
    "and {known} of known groups."
)
BAND_FEW_GROUPS = (
    "Parts over {low} of the limit are UNSURE: expect {known} good parts of known groups in 100. "
    "The groups are too few to state a rate for a new group."
)
MODEL_BASED, KNOWN_LIMIT = "This line is model-based.", "This line is the limit for known groups."
MISFIT = "The scores of the good photos do not fit the model well, so the line is rough."

_ANSWERS = {
    None: "No decision yet whether this part is good.",
    Answer.DEFECTIVE: "Defective ({who}): train again without it.",
    Answer.RARE: "Good but rare ({who}): kept.",
    Answer.MORE: "Take more photos like it ({who}): kept.",
}

Translate = Callable[[str], str]


def stray_words(count: int, goods: int, limit_without: float, translate: Translate = str) -> str:
    """Return two sentences about good photos that stand apart and set the limit; empty for none.

    Parameters
    ----------
    count : int
        Number of photos that stand apart.
    goods : int
        Number of counted good photos.
    limit_without : float
        The limit without the strays, in units of the limit.
    translate : callable
        Translates this module's templates to the user's language.
    """
    if not count:
        return ""
    return translate(ONE if count == 1 else SEVERAL).format(
        count=f"{count:,}", goods=f"{goods:,}", without=f"{limit_without:.2f}"
    )


def answer_words(answers: Sequence[tuple[Answer | None, str, datetime | None]], translate: Translate = str) -> str:
    """Return the answers of users about photos that stand apart, as sentences.

    Parameters
    ----------
    answers : sequence of (Answer or None, str, datetime or None)
        The answer, its author and its time, for each photo; None for no answer.
    translate : callable
        As in `stray_words`.
    """
    said = dict.fromkeys((answer, _who(by, at)) for answer, by, at in answers)
    return " ".join(translate(_ANSWERS[answer]).format(who=who) for answer, who in said)


def taken_out_words(
    taken_out: int, defective: Sequence[tuple[str, datetime | None]], translate: Translate = str
) -> str:
    """Return the numbers of photos removed from the good set, counted and not counted, as sentences; empty for none.

    Parameters
    ----------
    taken_out : int
        Photos that count as good parts above the limit.
    defective : sequence of (str, datetime or None)
        Author and time of the decision, for each photo that was removed as defective.
    translate : callable
        As in `stray_words`.
    """
    said = []
    if taken_out:
        said.append(translate(ONE_TAKEN_OUT if taken_out == 1 else TAKEN_OUT).format(count=f"{taken_out:,}"))
    if defective:
        who = ", ".join(sorted({_who(by, at) for by, at in defective}))
        template = translate(ONE_DEFECTIVE if len(defective) == 1 else DEFECTIVE)
        said.append(template.format(count=f"{len(defective):,}", who=who))
    return " ".join(said)


def band_words(
    scores: Sequence[float],
    rate: float,
    relative_line: float,
    share: float | None,
    translate: Translate = str,
    *,
    known_share: float | None = None,
    known_limit: bool = False,
) -> str:
    """Return the lower end of the review band of training and the share of good parts in it, as sentences.

    Parameters
    ----------
    scores : sequence of float
        Raw scores of the good photos.
    rate : float
        Requested false-alarm rate, in 0..1.
    relative_line : float
        The unsure threshold, in units of the limit.
    share : float or None
        Expected share of good parts that are UNSURE, in 0..1. None if there are too few groups to state a share.
    translate : callable
        As in `stray_words`.
    known_share : float or None
        The same share for parts of known groups, if groups set the limit. `share` is then for a new group.
    known_limit : bool
        Whether the unsure threshold is the limit for known groups and not model-based.
    """
    template = BAND if known_share is None else BAND_OF_GROUP if share is not None else BAND_FEW_GROUPS
    said = translate(template).format(
        low=f"{relative_line:.2f}",
        rate=significant(100.0 * (share or 0.0)),
        known=significant(100.0 * (known_share or 0.0)),
    )
    said = f"{said} {translate(KNOWN_LIMIT if known_limit else MODEL_BASED)}"
    if known_limit:
        return said
    model = tail_model(scores, rate)
    return said if model is None or model.fits else f"{said} {translate(MISFIT)}"


def _who(by: str, at: datetime | None) -> str:
    return " ".join([by or "unknown", *([f"{at:%Y-%m-%d}"] if at else [])])
