"""What a person says of a part that the machine judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Decision(StrEnum):
    """What a person says the part is, whatever the machine said."""

    DEFECT = "defect"
    FALSE_ALARM = "false alarm"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Review:
    """One thing that one person said of one part. Never changed: another opinion is another review.

    Parameters
    ----------
    decision : Decision
        What the part is.
    reviewer : str
        Who says so.
    reviewed_at : datetime
        With its time zone.
    defect_class : str
        Of the user's own list; empty for none.
    note : str
        For people; may be empty.

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
