"""What people say of good photos that stand apart, and of those that they took out, as models and good sets keep it."""

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
        Of the photo's file.
    answer : Answer or None
        DEFECTIVE where that person said so; None where nobody did.
    ranked : bool
        Whether the good photos had been ranked by score before, as far as is known.
    by : str
        Who, as that person or the system says; empty where that is not known.
    at : datetime or None
        When, with its time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Sha256
    answer: Literal[Answer.DEFECTIVE] | None = None
    ranked: bool = True
    by: str = ""
    at: AwareDatetime | None = None

    @property
    def counts(self) -> bool:
        """Whether the photo counts as a good one whose score is above every limit."""
        return self.ranked and self.answer is None


class StrayRecord(BaseModel):
    """A good photo that stands apart from the others, and what a person says of it.

    Parameters
    ----------
    sha256 : str
        Of the photo's file.
    position : int
        Of its score among `Manifest.good_scores`.
    relative_score, limit_without : float
        Its score, and the limit without all strays, in units of the trained threshold.
    answer : Answer or None
        None where nobody has answered yet.
    by : str
        Who, as that person or the system says.
    at : datetime or None
        When, with its time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sha256: Sha256
    position: Annotated[int, Field(ge=0)]
    relative_score: Annotated[float, Field(ge=0.0)]
    limit_without: Annotated[float, Field(ge=0.0)]
    answer: Answer | None = None
    by: str = ""
    at: AwareDatetime | None = None
