"""Changes that people made in a model since training, as stored in the manifest."""

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
    """A change of a bundle's limits after training.

    Parameters
    ----------
    changed_at : datetime
        Time of the change, with time zone.
    changed_by : str
        Name of the person, as given by that person or by the system.
    before, after : Limits
        Limits before and after the change.
    note : str
        Reason in that person's words; may be empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed_at: AwareDatetime
    changed_by: str
    before: Limits
    after: Limits
    note: str = ""


class FeedBackRecord(BaseModel):
    """False alarms that a person fed back: their patches were added to the memory bank; nothing else changed.

    Parameters
    ----------
    changed_at : datetime
        Time of the change, with time zone.
    changed_by : str
        Name of the person, as given by that person or by the system.
    parts : int
        Number of false alarms fed back. They get the next photo numbers (`RememberedPatch.photo`).
    rows : int
        Number of patches added.
    before_sha256 : str
        SHA-256 of the bundle's file before the change.
    note : str
        Reason in that person's words; may be empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    changed_at: AwareDatetime
    changed_by: str
    parts: Annotated[int, Field(ge=1, le=MOST_PHOTOS)]
    rows: Rows
    before_sha256: Name
    note: str = ""
