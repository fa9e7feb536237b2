"""A labelled dataset for measuring a recipe: opened good photos, and test photos with labels and masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import DatasetError
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.storage.datasets.dataset_layouts import Category, LabelledPhoto, find_categories
from inspector.storage.good_photos.good_set import GoodSet, check_good_photos
from inspector.storage.photos.images import read_image

__all__ = [
    "LabelledDataset",
    "LabelledPhoto",
    "find_categories",
    "read_category",
    "read_labelled_dataset",
    "read_mask",
]


LABELS = PixelDepth(8)
"""Depth for masks: in a 16-bit mask, each value above 255 becomes 255 and small values stay."""


@dataclass(frozen=True, slots=True)
class LabelledDataset:
    """Good photos to train on and labelled photos to test on.

    Parameters
    ----------
    name : str
        Name of the folder.
    root : Path
    goods : GoodSet
    photos : tuple of LabelledPhoto
        Test photos, good and defective.
    """

    name: str
    root: Path
    goods: GoodSet
    photos: tuple[LabelledPhoto, ...]

    @property
    def has_masks(self) -> bool:
        """Whether every defective photo has a mask."""
        return not self.without_mask

    @property
    def without_mask(self) -> tuple[Path, ...]:
        """The defective photos that have no mask."""
        return tuple(photo.path for photo in self.photos if photo.defective and photo.mask is None)


def read_labelled_dataset(
    root: Path, *, report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> LabelledDataset:
    """Read one category of MVTec AD, BTAD or VisA; see `find_categories`.

    Raises
    ------
    DatasetError
        A folder is missing, test photos of one kind are missing, or there are several categories; the sentence states
        what is expected and where.
    """
    categories, alone = find_categories(root)
    if not alone:
        raise DatasetError(
            root, "this is a folder of categories", action=f"give one of them, such as {categories[0].name}"
        )
    return read_category(categories[0], report=report, token=token)


def read_category(
    category: Category, *, report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> LabelledDataset:
    """Open every good photo of a category once.

    Raises
    ------
    GoodSetUnusable
        See `inspector.storage.good_photos.good_set.check_good_photos`.
    Cancelled
        If `token` was cancelled.
    """
    goods = check_good_photos(category.good_folder, category.goods, report=report, token=token)
    return LabelledDataset(category.name, category.root, goods, category.photos)


def read_mask(photo: LabelledPhoto, photo_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the defect mask of a photo, bool of shape (H, W); all False for a good photo.

    Every pixel that is not black is defective: MVTec AD and BTAD use white, VisA small numbers for the kind of defect.
    """
    if photo.mask is None:
        return np.zeros(photo_hw, dtype=bool)
    return np.asarray(read_image(photo.mask, LABELS).max(axis=2) > 0)
