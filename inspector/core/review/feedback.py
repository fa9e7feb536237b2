"""The preview of feeding back false alarms: changed scores, verdicts and promise."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.promise.threshold import Promise
from inspector.core.promise.words import promise_words
from inspector.core.review.decision import Decision
from inspector.core.values import Limits, Verdict


@dataclass(frozen=True, slots=True)
class FedBackPart:
    """A false alarm, or another reviewed good part, with patches to be added to the memory bank.

    Parameters
    ----------
    name : str
        Name of the part or its file.
    before, after : float
        Raw score by the present memory bank, and by the extended memory bank.
    unaided : float
        Raw score by the extended memory bank without the part's own patches: an estimate for another part of its kind.
    rows : int
        Number of its patches that would be added.
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
        Name of the part or its file.
    decision : Decision
        The decision of its review.
    before, after : float
        Raw score by the present memory bank, and by the extended memory bank.
    """

    name: str
    decision: Decision
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Flip:
    """A reviewed part whose verdict would change."""

    part: Rescored
    verdict_before: Verdict
    verdict_after: Verdict


@dataclass(frozen=True, slots=True)
class FeedbackPreview:
    """The changes by feeding back. Limits do not change.

    Parameters
    ----------
    limits : Limits
        Limits of the verdicts before and after.
    parts : tuple of FedBackPart
        The false alarms.
    reviewed : tuple of Rescored
        Other reviewed parts whose verdict may change, all scored again.
    unchanged : int
        Number of reviewed parts that are not scored again. They are OK, and no score can rise.
    left_out : tuple of (str, str)
        Name and reason of photos that could not be used.
    bank_rows : int
        Number of patches in the present memory bank.
    promise_before, promise_after : Promise
        The promise of the threshold. The figures are equal; afterwards they are an upper limit (`promise_after_words`).
    defects_dropped : int
        Number of known defects whose scores in the bundle become invalid and are removed.
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
        """The number of patches that would be added."""
        return sum(part.rows for part in self.parts)

    @property
    def all_parts(self) -> tuple[Rescored, ...]:
        """The false alarms, then the other reviewed parts."""
        alarms = (Rescored(one.name, Decision.FALSE_ALARM, one.before, one.after) for one in self.parts)
        return (*alarms, *self.reviewed)

    @property
    def flips(self) -> tuple[Flip, ...]:
        """All parts whose verdict would change."""
        told = [
            Flip(one, self.limits.verdict_of(one.before), self.limits.verdict_of(one.after)) for one in self.all_parts
        ]
        return tuple(flip for flip in told if flip.verdict_before is not flip.verdict_after)

    @property
    def fixed(self) -> tuple[Flip, ...]:
        """False alarms, fed back now or reviewed before, that would become OK."""
        return tuple(flip for flip in self.flips if flip.part.decision is Decision.FALSE_ALARM and _ok(flip))

    @property
    def lost(self) -> tuple[Flip, ...]:
        """Confirmed defects that would become OK."""
        return tuple(flip for flip in self.flips if flip.part.decision is Decision.DEFECT and _ok(flip))

    @property
    def still_flagged(self) -> tuple[FedBackPart, ...]:
        """Parts fed back that would still be flagged, because the number of added patches is limited."""
        return tuple(part for part in self.parts if part.after > self.limits.lowest)

    @property
    def flagged(self) -> int:
        """The number of parts fed back that are flagged now; a part near the limit may also be fed back."""
        return sum(part.before > self.limits.lowest for part in self.parts)

    @property
    def fixed_by_others(self) -> int:
        """The number of false alarms that become OK by the patches of the other false alarms alone.

        A high number shows that the false alarms resemble each other.
        """
        return sum(part.before > self.limits.lowest >= part.unaided for part in self.parts)


def _ok(flip: Flip) -> bool:
    return flip.verdict_after is Verdict.OK


def preview_words(preview: FeedbackPreview) -> str:
    """Return the preview as sentences, one sentence per line; warnings follow the summary."""
    flips = len(preview.flips)
    said = [
        f"{counted(len(preview.fixed), 'false alarm')} fixed, {counted(len(preview.lost), 'confirmed defect')} lost, "
        f"{counted(flips, 'verdict')} {'flips' if flips == 1 else 'flip'}; "
        f"{counted(preview.rows_added, 'patch', 'patches')} added to {preview.bank_rows:,}."
    ]
    if preview.flagged > 1:
        said.append(
            f"{preview.fixed_by_others} of {preview.flagged} would be OK by the patches of the other false alarms "
            "alone."
        )
    if preview.still_flagged:
        parts = counted(len(preview.still_flagged), "false alarm")
        said.append(
            f"{parts} would still be flagged, because the number of patches per step is limited. Feed them back again."
        )
    if preview.left_out:
        said.append(
            f"{counted(len(preview.left_out), 'photo')} left out, the first one because {preview.left_out[0][1]}."
        )
    if preview.defects_dropped:
        said.append(
            f"The scores of {counted(preview.defects_dropped, 'known defect')} are no longer valid and are removed "
            "from the model. Score the photos again."
        )
    return "\n".join(said)


def lost_words(preview: FeedbackPreview, most: int) -> str:
    """Return a warning with the confirmed defects that would become OK; empty for none.

    Parameters
    ----------
    preview : FeedbackPreview
    most : int
        Maximum number of names.
    """
    lost = preview.lost
    if not lost:
        return ""
    names = [flip.part.name for flip in lost[:most]]
    more = f", and {len(lost) - most} more" if len(lost) > most else ""
    return f"{counted(len(lost), 'confirmed defect')} would become OK: {', '.join(names)}{more}."


def promise_after_words(promise: Promise, aimed: float, parts: int) -> str:
    """Return the promise of a threshold after parts were fed back.

    The user chose the false alarms because of their scores. They are not a random sample of good parts, so they carry
    no information about the false-alarm rate. The good photos' scores are those of training. Feeding back can only
    lower scores, so the rate cannot rise.
    """
    said = promise_words(promise, aimed)
    if not parts:
        return said
    fed_back = "1 good part was" if parts == 1 else f"{parts:,} good parts were"
    return f"{said} At most: {fed_back} fed back since. Feeding back can only lower scores, so it is not counted."


def counted(number: int, one: str, more: str = "") -> str:
    """Return "1 part", "3 parts"."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
