"""A model name that identifies the part, from the folders of its good photos."""

from __future__ import annotations

import re
from pathlib import PurePath

GENERIC = frozenset({
    "good", "goods", "ok", "okay", "pass", "passed", "normal", "nominal", "reference", "golden", "train",
    "training", "trained", "learn", "samples", "sample", "images", "image", "imgs", "img", "photos", "photo",
    "pictures", "pics", "frames", "data", "dataset", "datasets", "new", "parts", "part", "set", "test", "gut",
    "gute", "gutteile", "io", "teile", "bilder", "bild", "fotos", "foto", "daten", "lernen", "neu", "demo", "raw",
    "export", "documents", "desktop", "downloads", "home", "users", "user", "root", "tmp", "temp", "mnt", "media",
    "volumes",
})  # fmt: skip
"""Words that describe the use or storage of photos and do not identify a part."""
FALLBACK = "part"

_WORDS = re.compile(r"[^\W\d_]+")


def model_name(folder: PurePath, home: PurePath | None = None) -> str:
    """Return the name of the nearest folder whose name identifies the part.

    Parameters
    ----------
    folder : PurePath
        The folder of good photos, absolute.
    home : PurePath or None
        A folder whose name and parents do not identify a part.

    Returns
    -------
    str
        "hazelnut" for hazelnut/train/good. If no name identifies a part: the folder's own name, or "part".
    """
    beyond = set() if home is None else {home, *home.parents}
    for place in (folder, *folder.parents):
        if place in beyond:
            break
        if place.name and not _is_generic(place.name):
            return place.name
    return folder.name or FALLBACK


def _is_generic(name: str) -> bool:
    """Whether all words of a name are generic. A name of digits alone, such as a date, is generic."""
    return all(word.casefold() in GENERIC for word in _WORDS.findall(name))
