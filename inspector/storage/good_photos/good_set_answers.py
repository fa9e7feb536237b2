"""Answers of people on strays and on photos that they took out, as models and good sets store them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from inspector.core.promise.strays import Answer

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Exclusion(BaseModel):
    """A photo in the folder of good photos that a person took out of the good set.

    Parameters
    ----------
    sha256 : str
        SHA-256 of the photo's file.
    answer : Answer or None
        DEFECTIVE if a person said so; None without an answer.
    ranked : bool
        Whether the good photos had been ranked by score before, as far as known.
    by : str
        Name of the person, as given by that person or by the system; empty if not known.
    at : datetime or None
        Time of the answer, with time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Sha256
    answer: Literal[Answer.DEFECTIVE] | None = None
    ranked: bool = True
    by: str = ""
    at: AwareDatetime | None = None

    @property
    def counts(self) -> bool:
        """Whether the photo counts as a good photo with a score above every limit."""
        return self.ranked and self.answer is None


class StrayRecord(BaseModel):
    """A good photo that stands apart from the others, and a person's answer on it.

    Parameters
    ----------
    sha256 : str
        SHA-256 of the photo's file.
    position : int
        Position of its score in `Manifest.good_scores`.
    relative_score, limit_without : float
        Its score, and the limit without all strays, in threshold units.
    answer : Answer or None
        None without an answer.
    by : str
        Name of the person, as given by that person or by the system.
    at : datetime or None
        Time of the answer, with time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sha256: Sha256
    position: Annotated[int, Field(ge=0)]
    relative_score: Annotated[float, Field(ge=0.0)]
    limit_without: Annotated[float, Field(ge=0.0)]
    answer: Answer | None = None
    by: str = ""
    at: AwareDatetime | None = None
