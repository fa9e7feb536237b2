"""As many photos as a measurement of memory needs, made from the real ones of the package elpv-dataset.

There are 588 photos of good monocrystalline cells. Each cell gives up to 72 photos: mirrored and turned by quarters (8
ways), with a square of nine tenths of its edge cut out at one of 9 places, a twentieth apart, and scaled to the
requested size. They are different photos to the check for near-duplicates, which finds shifts of up to a per cent. They
are not as many different parts, so their scores say nothing about accuracy.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from inspector.core.values import ImageRGB
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.measuring.demo import prepare_demo_data

GOODS, NEW = 540, 48
"""Good cells that the photos to train on are made of, and those that new ones are made of."""
CUT = 0.9
PLACES = 3
"""Places along an edge where the cut square may lie."""
JPEG_QUALITY = 95


def write_photos(folder: Path, goods: int, new: int, size: int) -> None:
    """Write photos to train on into ``good`` and others, of other cells, into ``new``.

    Parameters
    ----------
    folder : Path
        Of its own.
    goods, new : int
        How many.
    size : int
        Edge of each in pixels.
    """
    cells = prepare_demo_data(folder / "cells", goods=GOODS, new_goods=NEW, new_defectives=1)
    _write_variants(list_images(cells.good), folder / "good", goods, size)
    _write_variants(list_images(cells.mixed / "good"), folder / "new", new, size)


def _write_variants(cells: list[Path], folder: Path, count: int, size: int) -> None:
    folder.mkdir(parents=True)
    variants = ((number, cell, way) for number, way in enumerate(_ways()) for cell in cells)
    for number, cell, way in itertools.islice(variants, count):
        photo = cut_out(read_image(cell), *way, size)
        bgr = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        (folder / f"{cell.stem} {number:02d}.jpg").write_bytes(jpeg.tobytes())
    written = sum(1 for _ in folder.iterdir())
    if written < count:
        raise ValueError(f"{len(cells)} cells give {written} photos, not {count}; ask for fewer")


def _ways() -> Iterator[tuple[int, int, int]]:
    """Yield turn (0..7), row and column of the cut; the turn changes fastest, so that photos of a cell differ most."""
    yield from ((turn, row, column) for row, column in itertools.product(range(PLACES), repeat=2) for turn in range(8))


def cut_out(photo: ImageRGB, turn: int, row: int, column: int, size: int) -> ImageRGB:
    """Return one photo made of another.

    Parameters
    ----------
    photo : ndarray of uint8, shape (H, W, 3)
    turn : int
        0..3: quarter turns; 4..7: the same, mirrored.
    row, column : int
        Place of the cut square, 0..2.
    size : int
        Edge of the result in pixels.
    """
    turned = np.rot90(photo[:, ::-1] if turn >= 4 else photo, turn % 4)
    height, width = turned.shape[:2]
    edges = round(height * CUT), round(width * CUT)
    top = (height - edges[0]) * row // (PLACES - 1)
    left = (width - edges[1]) * column // (PLACES - 1)
    cut = np.ascontiguousarray(turned[top : top + edges[0], left : left + edges[1]])
    scaled = cv2.resize(cut, (size, size), interpolation=cv2.INTER_CUBIC if size > max(edges) else cv2.INTER_AREA)
    return np.asarray(scaled, dtype=np.uint8)
