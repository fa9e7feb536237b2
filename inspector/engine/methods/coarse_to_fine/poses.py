"""How the pose of a part in a new photo is found: by search against a template, or by a trained transformer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inspector.core.arrays import checked
from inspector.core.photo.resizing import resize_image
from inspector.core.values import ImageRGB
from inspector.engine.methods.coarse_to_fine.congealing import FINE_EDGE, Pose, PoseSearch, search_image, unit
from inspector.engine.methods.coarse_to_fine.fine_alignment import module_arrays, restore_module
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings
from inspector.engine.methods.coarse_to_fine.spatial_transformer import SpatialTransformer, warp_by

TRANSFORMER_EDGE = 32
"""Edge in pixels of the transformer's input.

At 32 px it learned rotations of up to 30 degrees with an error of 3 degrees; at 64 px it was not better and four times
as slow.
"""

PREFIX = "transformer."


class PoseFinder(Protocol):
    """Finds how parts lie against a template.

    Attributes
    ----------
    template : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
        In the form of `search_image`.
    """

    template: Tensor

    def find(self, photo_rgb: ImageRGB) -> list[Pose]:
        """Return one or more poses of the part in a photo, the best first."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return its state for the bundle."""
        ...


class SearchedPoses:
    """Poses by search; see `PoseSearch`.

    Parameters
    ----------
    template : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
    """

    def __init__(self, template: Tensor) -> None:
        self.template = template
        self._search = PoseSearch(template)

    def find(self, photo_rgb: ImageRGB) -> list[Pose]:
        """Return up to two poses, the better first; a symmetric part has two that match alike."""
        return self._search.find(search_image(photo_rgb))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the template."""
        return {"template": self.template.numpy()}


class LearnedPoses:
    """Poses by a trained transformer, the image-level coarse alignment of Focus Your Distribution.

    Parameters
    ----------
    transformer : SpatialTransformer
        On the CPU, in evaluation mode.
    template : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
        Mean search image of the aligned good parts: brightness and edges. It locates the part and rates a
        pose.
    """

    def __init__(self, transformer: SpatialTransformer, template: Tensor) -> None:
        self.transformer = transformer
        self.template = template

    @classmethod
    def from_photos(cls, transformer: SpatialTransformer, photos: Sequence[ImageRGB]) -> LearnedPoses:
        """Take the mean of good photos, as the transformer aligns them, as the template."""
        matrices = _matrices(transformer, photos)
        aligned = warp_by(torch.stack([search_image(photo) for photo in photos]), matrices, "zeros")
        return cls(transformer, unit(aligned.mean(dim=0)))

    def find(self, photo_rgb: ImageRGB) -> list[Pose]:
        """Return one pose."""
        matrices = _matrices(self.transformer, [photo_rgb])
        image = search_image(photo_rgb)
        overlap = (warp_by(image[None], matrices, "zeros")[0] * self.template).sum()
        match = float(overlap / (image.norm() * self.template.norm()).clamp_min(1e-12))
        return [pose_of(matrices[0], match)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return template and transformer."""
        learned = {PREFIX + name: array for name, array in module_arrays(self.transformer).items()}
        return {"template": self.template.numpy()} | learned


def restore_poses(arrays: Mapping[str, NDArray[Any]], settings: CoarseToFineSettings) -> PoseFinder:
    """Take a finder from a bundle; KeyError or ValueError if something is missing or does not fit."""
    template = torch.from_numpy(checked(arrays, "template", np.float32, (2, FINE_EDGE, FINE_EDGE)).copy())
    if settings.coarse == "search":
        return SearchedPoses(template)
    transformer = SpatialTransformer(TRANSFORMER_EDGE, settings.family, settings.limits, torch.Generator())
    learned = {name.removeprefix(PREFIX): array for name, array in arrays.items() if name.startswith(PREFIX)}
    restore_module(transformer, learned)
    return LearnedPoses(transformer.eval().requires_grad_(False), template)


def square_photo(photo_rgb: ImageRGB) -> Tensor:
    """Return a photo as the transformer looks at it: float32 (3, E, E) in 0..255, E = `TRANSFORMER_EDGE`.

    A photo that is not square lies in the middle, its border repeated, as `search_image` has it with zeros.
    """
    longest = max(photo_rgb.shape[:2])
    height, width = (max(round(edge * TRANSFORMER_EDGE / longest), 1) for edge in photo_rgb.shape[:2])
    image = torch.from_numpy(resize_image(photo_rgb, (height, width))).permute(2, 0, 1).float()
    top, left = (TRANSFORMER_EDGE - height) // 2, (TRANSFORMER_EDGE - width) // 2
    beside = (left, TRANSFORMER_EDGE - width - left, top, TRANSFORMER_EDGE - height - top)
    return functional.pad(image[None], beside, mode="replicate")[0]


def pose_of(matrix: Tensor, match: float) -> Pose:
    """Return a pose for a map (2, 3) from template to photo, in torch's normalised coordinates (x, y)."""
    (a, b, x), (c, d, y) = (tuple(float(value) for value in row) for row in matrix)
    angle = math.atan2(c, a)
    cos, sin = math.cos(angle), math.sin(angle)
    # D = R(-angle) A, with its axes swapped from (x, y) to (y, x).
    deform = ((cos * d - sin * b, cos * c - sin * a), (cos * b + sin * d, cos * a + sin * c))
    return Pose(angle, (y / 2, x / 2), match, deform)


@torch.no_grad()
def _matrices(transformer: SpatialTransformer, photos: Sequence[ImageRGB]) -> Tensor:
    matrices: Tensor = transformer(torch.stack([square_photo(photo) for photo in photos]))
    return matrices
