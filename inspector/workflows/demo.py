"""The main job on real photos: solar cells from the PyPI package elpv-dataset (CC BY-NC-SA 4.0)."""

from __future__ import annotations

import importlib.util
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import DatasetError

TRAINING_GOODS = 150
NEW_GOODS = 100
NEW_DEFECTIVES = 100
SEED = 0
PACKAGE = "elpv_dataset"

CREDIT = (
    "Electroluminescence photos of solar cells: ELPV dataset (Buerhop-Lutz et al. 2018; Deitsch et al. 2019, 2021), "
    "CC BY-NC-SA 4.0."
)


@dataclass(frozen=True, slots=True)
class DemoData:
    """Folders of demo photos.

    Parameters
    ----------
    good : Path
        Good cells to train on.
    mixed : Path
        Cells never trained on, in the subfolders ``good`` and ``defective``.
    """

    good: Path
    mixed: Path


def demo_installed() -> bool:
    """Whether the package with the demo photos is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def prepare_demo_data(
    folder: Path,
    *,
    kind: str = "mono",
    goods: int = TRAINING_GOODS,
    new_goods: int = NEW_GOODS,
    new_defectives: int = NEW_DEFECTIVES,
) -> DemoData:
    """Copy solar-cell photos into a folder: good ones to train on, and good and surely defective ones to inspect.

    Parameters
    ----------
    folder : Path
        Made if it does not exist; photos from an earlier call are replaced.
    kind : {"mono", "poly"}
        Mono- or polycrystalline cells.
    goods, new_goods, new_defectives : int
        How many; always the same photos for the same numbers. Good means defect probability 0, defective 1.

    Raises
    ------
    DatasetError
        If the package is not installed, or the folder cannot be written.
    """
    good, defective = _labelled(kind)
    order = random.Random(SEED)
    order.shuffle(good)
    order.shuffle(defective)
    data = DemoData(folder / "good", folder / "new")
    try:
        _copy(good[:goods], data.good)
        _copy(good[goods : goods + new_goods], data.mixed / "good")
        _copy(defective[:new_defectives], data.mixed / "defective")
    except OSError as error:
        raise DatasetError(folder, f"the demo photos cannot be copied here ({error.strerror}); choose another folder") from error
    return data


def _labelled(kind: str) -> tuple[list[Path], list[Path]]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DatasetError("elpv-dataset", "the demo photos are not installed; run: pip install 'inspector[demo]'")
    data = Path(spec.origin).parent / "data"
    good, defective = [], []
    for line in (data / "labels.csv").read_text(encoding="utf-8").splitlines():
        name, probability, its_kind = line.split()
        if its_kind != kind:
            continue
        if float(probability) == 0.0:
            good.append(data / name)
        elif float(probability) == 1.0:
            defective.append(data / name)
    return good, defective


def _copy(photos: Sequence[Path], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for photo in photos:
        shutil.copyfile(photo, folder / photo.name)
