"""What feeding false alarms back would change, told before it is accepted; and what a missed defect would cost."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.promise.threshold import Promise
from inspector.core.promise.words import promise_words
from inspector.core.review.decision import Decision
from inspector.core.values import Limits, Verdict


@dataclass(frozen=True, slots=True)
class FedBackPart:
    """A false alarm, or another good part that somebody looked at, whose patches shall be remembered.

    Parameters
    ----------
    name : str
        Of the part or its file, for people.
    before, after : float
        Raw score by what is remembered now, and by what would be.
    unaided : float
        Raw score by what would be remembered but for the part's own patches: what another part of its kind may expect.
    rows : int
        Patches of it that would be added.
    """

    name: str
    before: float
    after: float
    unaided: float
    rows: int


@dataclass(frozen=True, slots=True)
class Rescored:
    """A reviewed part, scored again.

    Parameters
    ----------
    name : str
        Of the part or its file, for people.
    decision : Decision
        What a person said of it.
    before, after : float
        Raw score by what is remembered now, and by what would be.
    """

    name: str
    decision: Decision
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Flip:
    """A reviewed part that would get another verdict."""

    part: Rescored
    verdict_before: Verdict
    verdict_after: Verdict


@dataclass(frozen=True, slots=True)
class FeedbackPreview:
    """What would change. Limits stay as they are.

    Parameters
    ----------
    limits : Limits
        What verdicts are drawn at, before and after.
    parts : tuple of FedBackPart
        The false alarms.
    reviewed : tuple of Rescored
        Other reviewed parts whose verdict might have changed, all scored again.
    unchanged : int
        Reviewed parts that need no second look: they are OK, and no score can rise.
    left_out : tuple of (str, str)
        Name and reason of photos that could not be used.
    bank_rows : int
        Patches remembered before.
    promise_before, promise_after : Promise
        What the threshold promises. The figures are the same; after it they are an upper limit (`promise_after_words`).
    defects_dropped : int
        Scores of known defects in the bundle that would no longer hold and are taken out.
    """

    limits: Limits
    parts: tuple[FedBackPart, ...]
    reviewed: tuple[Rescored, ...]
    unchanged: int
    left_out: tuple[tuple[str, str], ...]
    bank_rows: int
    promise_before: Promise
    promise_after: Promise
    defects_dropped: int = 0

    @property
    def rows_added(self) -> int:
        """Patches that would be added."""
        return sum(part.rows for part in self.parts)

    @property
    def all_parts(self) -> tuple[Rescored, ...]:
        """The false alarms, then the other reviewed parts."""
        alarms = (Rescored(one.name, Decision.FALSE_ALARM, one.before, one.after) for one in self.parts)
        return (*alarms, *self.reviewed)

    @property
    def flips(self) -> tuple[Flip, ...]:
        """Every part whose verdict would be another one."""
        told = [
            Flip(one, self.limits.verdict_of(one.before), self.limits.verdict_of(one.after)) for one in self.all_parts
        ]
        return tuple(flip for flip in told if flip.verdict_before is not flip.verdict_after)

    @property
    def fixed(self) -> tuple[Flip, ...]:
        """False alarms, fed back now or reviewed before, that would be OK."""
        return tuple(flip for flip in self.flips if flip.part.decision is Decision.FALSE_ALARM and _ok(flip))

    @property
    def lost(self) -> tuple[Flip, ...]:
        """Confirmed defects that would become OK."""
        return tuple(flip for flip in self.flips if flip.part.decision is Decision.DEFECT and _ok(flip))

    @property
    def still_flagged(self) -> tuple[FedBackPart, ...]:
        """False alarms fed back that would be flagged all the same, because no more patches may be added."""
        return tuple(part for part in self.parts if part.after > self.limits.lowest)

    @property
    def flagged(self) -> int:
        """How many of the parts fed back are flagged now: a part may be fed back that only nearly was."""
        return sum(part.before > self.limits.lowest for part in self.parts)

    @property
    def fixed_by_others(self) -> int:
        """How many of the false alarms fed back would be OK without their own patches: a sign that they are alike."""
        return sum(part.before > self.limits.lowest >= part.unaided for part in self.parts)


def _ok(flip: Flip) -> bool:
    return flip.verdict_after is Verdict.OK


def preview_words(preview: FeedbackPreview) -> str:
    """Return the preview in one sentence, and what else must be said, one sentence a line."""
    flips = len(preview.flips)
    said = [
        f"{counted(len(preview.fixed), 'false alarm')} fixed, {counted(len(preview.lost), 'confirmed defect')} lost, "
        f"{counted(flips, 'verdict')} {'flips' if flips == 1 else 'flip'}; "
        f"{counted(preview.rows_added, 'patch', 'patches')} added to {preview.bank_rows:,}."
    ]
    if preview.flagged > 1:
        said.append(f"{preview.fixed_by_others} of {preview.flagged} would be OK by the patches of the others alone.")
    if preview.still_flagged:
        parts = counted(len(preview.still_flagged), "false alarm")
        said.append(f"{parts} would still be flagged: only so many patches may be added at once. Feed them back again.")
    if preview.left_out:
        said.append(
            f"{counted(len(preview.left_out), 'photo')} left out, the first one because {preview.left_out[0][1]}."
        )
    if preview.defects_dropped:
        said.append(
            f"The scores of {counted(preview.defects_dropped, 'known defect')} no longer hold and are taken out of the "
            "bundle; score the photos again."
        )
    return "\n".join(said)


def lost_words(preview: FeedbackPreview, most: int) -> str:
    """Return which confirmed defects would become OK, as a warning; empty for none.

    Parameters
    ----------
    preview : FeedbackPreview
    most : int
        Names given at most.
    """
    lost = preview.lost
    if not lost:
        return ""
    names = [flip.part.name for flip in lost[:most]]
    more = f", and {len(lost) - most} more" if len(lost) > most else ""
    return f"{counted(len(lost), 'confirmed defect')} would become OK: {', '.join(names)}{more}."


def promise_after_words(promise: Promise, aimed: float, parts: int) -> str:
    """Return what a threshold promises after parts were fed back.

    The false alarms were chosen by hand, because of their scores: they are no draw of good parts, and say nothing of
    how many will come. The good photos' scores are those of training. As each score is at most what it was, so is the
    rate.
    """
    said = promise_words(promise, aimed)
    if not parts:
        return said
    fed_back = "1 good part was" if parts == 1 else f"{parts:,} good parts were"
    return f"{said} At most: {fed_back} fed back by hand since, which can only lower scores and is not counted."


def counted(number: int, one: str, more: str = "") -> str:
    """Return "1 part", "3 parts"."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
