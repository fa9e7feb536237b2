"""Writes small datasets in the layouts in which BTAD and VisA are published, from real photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from inspector.storage.photos.images import read_image

EDGE = 100
"""Photos are cut to so many pixels, to be written quickly."""
MASK_PIXELS = 20 * 40


def write_photo(source: Path, target: Path, edge: int = EDGE) -> None:
    """Write a photo's middle in the format that the target's suffix names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    image = read_image(source)
    top, left = (image.shape[0] - edge) // 2, (image.shape[1] - edge) // 2
    Image.fromarray(image[top : top + edge, left : left + edge]).save(target)


def write_mask(path: Path, mode: str = "L", inside: int = 255, edge: int = EDGE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((edge, edge), dtype=np.uint8)
    mask[30:50, 50:90] = inside
    Image.fromarray(mask).convert(mode).save(path)


def write_mvtec(root: Path, cells: list[Path]) -> Path:
    """Three photos to train on; two good and two cracked ones to test on."""
    for index in range(3):
        write_photo(cells[index], root / "train" / "good" / f"{index:03d}.png")
    for index in range(2):
        write_photo(cells[3 + index], root / "test" / "good" / f"{index:03d}.png")
        write_photo(cells[5 + index], root / "test" / "crack" / f"{index:03d}.png")
        write_mask(root / "ground_truth" / "crack" / f"{index:03d}_mask.png")
    return root


def write_btad(root: Path, cells: list[Path], photo: str = ".bmp", mask: str = ".png") -> Path:
    """One category: BTAD's photos are bmp or png, and its masks carry the photo's stem."""
    for index in range(3):
        write_photo(cells[index], root / "train" / "ok" / f"{index:04d}{photo}")
    for index in range(2):
        write_photo(cells[3 + index], root / "test" / "ok" / f"{index:04d}{photo}")
        write_photo(cells[5 + index], root / "test" / "ko" / f"{index:04d}{photo}")
        write_mask(root / "ground_truth" / "ko" / f"{index:04d}{mask}")
    return root


def write_visa(root: Path, cells: list[Path], categories: tuple[str, ...] = ("candle", "pcb1")) -> Path:
    """All categories and the table that splits them; masks hold small class numbers."""
    lines = ["object,split,label,image,mask"]
    for category in categories:
        for index in range(5):
            name = f"{category}/Data/Images/Normal/{index:04d}.JPG"
            write_photo(cells[index], root / name)
            lines.append(f"{category},{'train' if index < 3 else 'test'},normal,{name},")
        for index in range(2):
            name = f"{category}/Data/Images/Anomaly/{index:03d}.JPG"
            mask = f"{category}/Data/Masks/Anomaly/{index:03d}.png"
            write_photo(cells[5 + index], root / name)
            write_mask(root / mask, inside=1 + index)
            lines.append(f"{category},test,anomaly,{name},{mask}")
    table = root / "split_csv" / "1cls.csv"
    table.parent.mkdir()
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root
