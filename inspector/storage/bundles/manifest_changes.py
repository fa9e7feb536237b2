"""What people changed in a model since training, as its manifest keeps it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from inspector.core.values import Limits

MOST_PHOTOS = 1_000_000
_LONGEST_NAME = 1_000


def _short(text: str) -> str:
    if len(text) > _LONGEST_NAME:
        raise ValueError(f"more than {_LONGEST_NAME} characters")
    return text


Name = Annotated[str, AfterValidator(_short)]  # pydantic's own max_length refuses a name that is not valid Unicode
Rows = Annotated[int, Field(ge=0, lt=2**31)]


class LimitsChange(BaseModel):
    """A change of the limits that a bundle judges with, made after training.

    Parameters
    ----------
    changed_at : datetime
        With its time zone.
    changed_by : str
        Who, as that person or the system says.
    before, after : Limits
        From what to what.
    note : str
        Why, in that person's words; may be empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed_at: AwareDatetime
    changed_by: str
    before: Limits
    after: Limits
    note: str = ""


class FeedBackRecord(BaseModel):
    """False alarms that a person fed back: patches of theirs were added to the memory bank, and nothing else changed.

    Parameters
    ----------
    changed_at : datetime
        With its time zone.
    changed_by : str
        Who, as that person or the system says.
    parts : int
        False alarms fed back; the next numbers after the photos before are theirs (`RememberedPatch.photo`).
    rows : int
        Patches added.
    before_sha256 : str
        Of the bundle's file before.
    note : str
        Why, in that person's words; may be empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed_at: AwareDatetime
    changed_by: str
    parts: Annotated[int, Field(ge=1, le=MOST_PHOTOS)]
    rows: Rows
    before_sha256: Name
    note: str = ""
