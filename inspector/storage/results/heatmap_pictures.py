"""Photos with overlaid heatmaps, as files."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from inspector.core.errors import ImageError
from inspector.core.judging.heatmap import draw_heatmap
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import Inspection
from inspector.storage.ordinary_files import inside, read_ordinary
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import HEATMAPS_NAME

LONGEST_STEM_BYTES = 200
"""Maximum length of a stem. File systems limit names to 255 bytes; a number and the suffix follow the stem."""


def save_heatmaps(
    inspections: Sequence[Inspection],
    threshold: float,
    folder: Path,
    depth: PixelDepth,
    report: OnProgress,
    token: CancelToken,
) -> dict[int, str]:
    """Write each scored photo with its overlaid heatmap, in threshold units.

    Parameters
    ----------
    inspections : sequence of Inspection
        Inspections without a score map, or whose photo is gone, are left out.
    threshold : float
        Raw score that is drawn as the limit, > 0.
    folder : Path
        Folder of the heatmaps; made if missing. Its parent must exist.
    depth : PixelDepth
        The model's rule for photos of more than 8 bits.
    report, token
        Progress, and the request to stop.

    Returns
    -------
    dict of int to str
        Position in `inspections` to ``FOLDER/NAME.png``.

    Raises
    ------
    OSError, ResultsError
        A heatmap cannot be written.
    Cancelled
        `token` was cancelled; heatmaps that are complete stay.
    """
    folder.mkdir(exist_ok=True)
    names = picture_names(inspection.path for inspection in inspections)
    written: dict[int, str] = {}
    for index, (inspection, name) in enumerate(zip(inspections, names, strict=True)):
        token.check()
        if _save_heatmap(inspection, threshold, folder / name, depth):
            written[index] = f"{folder.name}/{name}"
        report(Progress("writing heatmaps", index + 1, len(names)))
    return written


def written_pictures(results: Path) -> set[Path]:
    """Return the heatmaps that the results.json of a run lists; none if it is missing or damaged."""
    try:
        photos = json.loads(read_ordinary(results))["photos"]
        named = [photo["heatmap"] for photo in photos if photo["heatmap"]]
        found = {inside(results.parent, name) for name in named if name.endswith(".png")}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return set()
    return {file for file in found if file.parent == results.parent / HEATMAPS_NAME}


def remove_pictures(files: Iterable[Path]) -> None:
    """Remove heatmaps of an earlier run, and their folder once it is empty; files in use stay."""
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
            file.parent.rmdir()


def picture_names(photos: Iterable[Path]) -> list[str]:
    """Return one file name ending in .png for each photo; names differ even if case is ignored.

    Parameters
    ----------
    photos : iterable of Path
        Photos of any folders. Further photos with the same stem get -2, -3 and so on.
    """
    taken: set[str] = set()
    names = []
    for photo in photos:
        stem = photo.stem.encode("utf-8", "surrogateescape")[:LONGEST_STEM_BYTES].decode("utf-8", "ignore")
        name, number = f"{stem}.png", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}.png"
        taken.add(name.casefold())
        names.append(name)
    return names


def _save_heatmap(inspection: Inspection, threshold: float, file: Path, depth: PixelDepth) -> bool:
    if inspection.score_map is None:
        return False
    try:
        image_rgb = read_image(inspection.path, depth)
    except ImageError:  # the photo is gone since the inspection; the results stay valid without the heatmap
        return False
    write_image(file, draw_heatmap(image_rgb, inspection.score_map.dense(), threshold))
    return True
