"""The recipe: the validated settings of a training, stored in the bundle."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from inspector.core.errors import Message, RecipeRefused

DEFAULT_METHOD = "reconpatch"
DEFAULT_BACKBONE = "tf_efficientnet_lite0"
DEFAULT_SIZE = 256
LARGEST_SIZE = 2048
SIZE_STEP = 32
LEAST_RATE = 1e-9
"""Least rate; no good set is large enough to reach it."""
_LONGEST_NAME = 200
"""Maximum length of a backbone's name, which becomes the name of a file."""

SettingsType = TypeVar("SettingsType", bound=BaseModel)


class Recipe(BaseModel):
    """All settings that determine the result of training on a given good set.

    Parameters
    ----------
    method : str
        A name from the detector table (engine/detector.py).
    backbone : str
        A name from the backbone table, or any timm model whose weights were imported. Several names, joined by ``+``,
        form an ensemble.
    size : int
        Edge of a square in pixels. The backbone sees about this many pixels squared. A photo that is not square keeps
        its aspect ratio (`working_hw`).
    seed : int
        Seed of every random choice. The same recipe, photos, device, libraries and number of threads give the same
        bundle, bit for bit. Another number of threads changes rounding, and scores may differ slightly.
    false_alarm_rate : float
        The requested share of good parts that are NG, for the threshold of training.
    refusal_rate : float
        The share of photos of good parts that guards may refuse.
    settings : dict
        Settings of the method that differ from its defaults. The method validates them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str = DEFAULT_METHOD
    backbone: str = DEFAULT_BACKBONE
    size: int = Field(default=DEFAULT_SIZE, ge=64, le=LARGEST_SIZE)
    seed: int = Field(default=0, ge=0, lt=2**31)
    false_alarm_rate: float = Field(default=0.01, ge=LEAST_RATE, lt=1.0)
    refusal_rate: float = Field(default=0.02, ge=LEAST_RATE, lt=1.0)
    settings: dict[str, Any] = Field(default_factory=dict)

    @field_validator("backbone")
    @classmethod
    def _short(cls, backbone: str) -> str:
        if any(len(name) > _LONGEST_NAME for name in backbone.split("+")) or len(backbone) > 10 * _LONGEST_NAME:
            raise ValueError(f"a name has more than {_LONGEST_NAME} letters")
        return backbone

    @property
    def backbones(self) -> tuple[str, ...]:
        """The backbone's name, or the names of an ensemble's backbones, in order."""
        return tuple(name.strip() for name in self.backbone.split("+"))

    def working_hw(self, photo_hw: tuple[int, int]) -> tuple[int, int]:
        """Return the working size of a photo: its height and width for the backbone.

        Parameters
        ----------
        photo_hw : (int, int)
            Height and width of the photo in pixels.

        Returns
        -------
        (int, int)
            About ``size * size`` pixels at the photo's aspect ratio, each a multiple of 32. Nothing is cropped: the
            border of the photo is inspected, and the heatmap covers the photo exactly.
        """
        aspect = (photo_hw[0] / photo_hw[1]) ** 0.5
        return _to_step(self.size * aspect), _to_step(self.size / aspect)


def _to_step(pixels: float) -> int:
    return max(round(pixels / SIZE_STEP), 1) * SIZE_STEP


def validate_settings(recipe: Recipe, model: type[SettingsType]) -> SettingsType:
    """Return a recipe's settings as the method's own model.

    Raises
    ------
    DetectorError
        If a setting is unknown or out of its range. It names the first such setting.
    """
    try:
        return model(**recipe.settings)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        known = Message("there is no setting of this name", f"there are: {', '.join(model.model_fields)}")
        reason = (
            known if first["type"] == "extra_forbidden" else Message(f"{first['msg']}", "correct it or leave it out")
        )
        raise RecipeRefused(recipe.method, f"setting {name!r}: {reason}") from error
