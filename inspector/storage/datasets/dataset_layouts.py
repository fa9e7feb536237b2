"""Labelled datasets in their published layouts: MVTec AD, BTAD and VisA. Finds files; opens no photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import DatasetError, Message
from inspector.storage.datasets.visa_split import SPLIT_FILE, SplitRow, read_split
from inspector.storage.photos.photo_formats import IMAGE_SUFFIXES
from inspector.storage.photos.photo_list import list_images, natural_key

GOOD = "good"
ANOMALY = "anomaly"
EXPECTED = (
    "expected train/good, test/good and test/<defect> (MVTec AD), train/ok, test/ok and test/ko (BTAD), "
    "split_csv/1cls.csv (VisA), or a folder of such categories"
)
VISA_PHOTOS = Path("Data", "Images")


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A test photo with its label.

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
class Category:
    """The files of one kind of part.

    Parameters
    ----------
    name : str
        The category's folder.
    root : Path
    good_folder : Path
        Folder of the good photos to train on.
    goods : tuple of Path
        The good photos to train on; never empty.
    photos : tuple of LabelledPhoto
        Photos to test on, good and defective.
    """

    name: str
    root: Path
    good_folder: Path
    goods: tuple[Path, ...]
    photos: tuple[LabelledPhoto, ...]


@dataclass(frozen=True, slots=True)
class _FolderLayout:
    """A layout whose folders state the label of a photo.

    Parameters
    ----------
    good : str
        Folder of good photos, below ``train`` and below ``test``.
    wanted : str
        For errors: the expected folders.
    defect : str
        For errors: the folder of defective photos.
    mask_suffix : str
        Suffix of a mask's name after the photo's name.
    """

    good: str
    wanted: str
    defect: str
    mask_suffix: str


MVTEC = _FolderLayout(
    GOOD, "expected train/good, test/good and test/<defect>", "test/<kind of defect>", mask_suffix="_mask"
)
BTAD = _FolderLayout("ok", "expected train/ok, test/ok and test/ko", "test/ko", mask_suffix="")


def find_categories(root: Path) -> tuple[list[Category], bool]:
    """Find the categories of a dataset in any of the known layouts.

    Parameters
    ----------
    root : Path
        One category of MVTec AD (Bergmann et al., CVPR 2019), BTAD (Mishra et al., ISIE 2021) or VisA (Zou et al., ECCV
        2022), or a folder of categories. VisA categories are split by ``split_csv/1cls.csv``; for a single category,
        that table is read from the folder beside it.

    Returns
    -------
    (list of Category, bool)
        The categories by name, and whether `root` is itself a category.

    Raises
    ------
    DatasetError
        No layout fits, or a layout fits and a part of it is missing; the sentence states the expected folders.
    """
    own = _folder_layout(root)
    if own is not None:
        return [_read_folders(root, own)], True
    if (root / VISA_PHOTOS).is_dir():
        name = root.resolve().name
        return _of_visa(root.resolve().parent, read_split(root.resolve().parent, name)), True
    if (root / SPLIT_FILE).is_file():
        return _of_visa(root, read_split(root)), False
    if not root.is_dir():
        raise DatasetError(root, "there is no such folder", action=f"{EXPECTED}")
    layouts = {folder: _folder_layout(folder) for folder in _subfolders(root)}
    categories = [_read_folders(folder, layout) for folder, layout in layouts.items() if layout is not None]
    if not categories:
        raise DatasetError(root, "this is no labelled dataset that Inspector knows", action=f"{EXPECTED}")
    return categories, False


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(
            (one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")), key=natural_key
        )
    except OSError as error:
        sentence = Message(
            f"this folder cannot be opened ({error.strerror or error})", "allow reading it, or choose another"
        )
        raise DatasetError(folder, sentence) from error


def _folder_layout(root: Path) -> _FolderLayout | None:
    for layout in (MVTEC, BTAD):
        if (root / "train" / layout.good).is_dir() or (root / "test" / layout.good).is_dir():
            return layout
    return None


def _read_folders(root: Path, layout: _FolderLayout) -> Category:
    train, test = root / "train" / layout.good, root / "test"
    for folder in (train, test / layout.good):
        if not folder.is_dir():
            place = folder.relative_to(root).as_posix()
            raise DatasetError(root, f"the folder '{place}' is missing", action=f"{layout.wanted}")
    photos = [photo for folder in _subfolders(test) for photo in _photos_of(root, folder, layout)]
    if not any(photo.defective for photo in photos):
        raise DatasetError(root, "there are no defective photos to test on", action=f"put them into {layout.defect}")
    return Category(root.resolve().name, root, train, tuple(list_images(train)), tuple(photos))


def _photos_of(root: Path, folder: Path, layout: _FolderLayout) -> list[LabelledPhoto]:
    if folder.name == layout.good:
        return [LabelledPhoto(path, GOOD, None) for path in list_images(folder)]
    # The mask has the photo's name but not always its format: BTAD has bmp photos with png masks, and bmp with bmp.
    place = root / "ground_truth" / folder.name
    masks = {one.stem: one for one in sorted(place.iterdir()) if _is_image(one)} if place.is_dir() else {}
    return [
        LabelledPhoto(path, folder.name, masks.get(f"{path.stem}{layout.mask_suffix}")) for path in list_images(folder)
    ]


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def _of_visa(root: Path, rows: list[SplitRow]) -> list[Category]:
    names = sorted({row.category for row in rows})
    return [_visa_category(root, name, [row for row in rows if row.category == name]) for name in names]


def _visa_category(root: Path, name: str, rows: list[SplitRow]) -> Category:
    goods = sorted((row.image for row in rows if row.for_training), key=natural_key)
    photos = [
        LabelledPhoto(row.image, ANOMALY if row.defective else GOOD, row.mask if row.defective else None)
        for row in rows
        if not row.for_training
    ]
    for found, kind in (
        (goods, "normal photos to train on"),
        ([one for one in photos if not one.defective], "normal photos to test on"),
        ([one for one in photos if one.defective], "anomalies to test on"),
    ):
        if not found:
            raise DatasetError(root / SPLIT_FILE, f"it names no {kind} of {name!r}", action="copy it anew from VisA")
    return Category(name, root / name, root / name / VISA_PHOTOS, tuple(goods), tuple(photos))
