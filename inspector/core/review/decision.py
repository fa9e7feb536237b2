"""A person's decision on a judged part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Decision(StrEnum):
    """The content of a review, independent of the machine's verdict."""

    DEFECT = "defect"
    FALSE_ALARM = "false alarm"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Review:
    """One decision of one person on one part. It is never changed; another opinion is another review.

    Parameters
    ----------
    decision : Decision
        The decision.
    reviewer : str
        The person who decides.
    reviewed_at : datetime
        Time of the review, with a time zone.
    defect_class : str
        A class of the user's own list; empty for none.
    note : str
        Free text; may be empty.

    Raises
    ------
    ValueError
        If `reviewed_at` has no time zone.
    """

    decision: Decision
    reviewer: str
    reviewed_at: datetime
    defect_class: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.reviewed_at.utcoffset() is None:
            raise ValueError("reviewed_at without a time zone")
