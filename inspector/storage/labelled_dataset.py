"""A dataset with labels, in the layout of MVTec AD, to measure a recipe on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import DatasetError
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.storage.good_set import GoodSet, read_good_set
from inspector.storage.images import read_image
from inspector.storage.photo_list import list_images

GOOD = "good"


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A test photo and what is known of it.

    Parameters
    ----------
    path : Path
    label : str
        "good", or the kind of defect.
    mask : Path or None
        Image of the defect, non-zero inside; None for good photos and for datasets without masks.
    """

    path: Path
    label: str
    mask: Path | None

    @property
    def defective(self) -> bool:
        """Whether the photo shows a defect."""
        return self.label != GOOD


@dataclass(frozen=True, slots=True)
class LabelledDataset:
    """Good photos to train on and labelled ones to test on.

    Parameters
    ----------
    root : Path
    goods : GoodSet
    photos : tuple of LabelledPhoto
        Of both kinds.
    """

    root: Path
    goods: GoodSet
    photos: tuple[LabelledPhoto, ...]

    @property
    def has_masks(self) -> bool:
        """Whether every defective photo has a mask."""
        return all(photo.mask is not None for photo in self.photos if photo.defective)


def read_labelled_dataset(
    root: Path, *, report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> LabelledDataset:
    """Read ``train/good``, ``test/good``, ``test/<defect>`` and, if there, ``ground_truth/<defect>/NAME_mask.png``.

    Raises
    ------
    DatasetError
        If a folder is missing or there is nothing of one kind to test on; says what is expected where.
    """
    train, test = root / "train" / GOOD, root / "test"
    for folder in (train, test / GOOD):
        if not folder.is_dir():
            place = folder.relative_to(root).as_posix()
            raise DatasetError(
                root, f"the folder '{place}' is missing; expected train/good, test/good and test/<defect>"
            )
    photos = [
        LabelledPhoto(path, label.name, _mask_of(path, root / "ground_truth" / label.name))
        for label in sorted(test.iterdir())
        if label.is_dir()
        for path in list_images(label)
    ]
    if not any(photo.defective for photo in photos):
        raise DatasetError(root, "there are no defective photos to test on; put them into test/<kind of defect>")
    return LabelledDataset(root, read_good_set(train, report=report, token=token or CancelToken()), tuple(photos))


def read_mask(photo: LabelledPhoto, photo_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the defect mask of a photo, bool of shape (H, W); all False for a good one."""
    if photo.mask is None:
        return np.zeros(photo_hw, dtype=bool)
    return np.asarray(read_image(photo.mask).max(axis=2) > 0)


def _mask_of(photo: Path, folder: Path) -> Path | None:
    mask = folder / f"{photo.stem}_mask.png"
    return mask if mask.is_file() else None
