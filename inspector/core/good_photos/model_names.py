"""A name for a model that identifies the part, from the folders that its good photos lie in."""

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
"""Words that say how photos are used or kept, and not of which part they are."""
FALLBACK = "part"

_WORDS = re.compile(r"[^\W\d_]+")


def model_name(folder: PurePath, home: PurePath | None = None) -> str:
    """Return the name of the nearest folder whose name identifies the part.

    Parameters
    ----------
    folder : PurePath
        The folder of good photos, absolute.
    home : PurePath or None
        A folder whose name, and those of the folders that it lies in, say nothing about a part.

    Returns
    -------
    str
        "hazelnut" for hazelnut/train/good; the folder's own name, or "part", where no name identifies one.
    """
    beyond = set() if home is None else {home, *home.parents}
    for place in (folder, *folder.parents):
        if place in beyond:
            break
        if place.name and not _is_generic(place.name):
            return place.name
    return folder.name or FALLBACK


def _is_generic(name: str) -> bool:
    """Whether all words of a name are generic; so is a name of digits alone, as a date is."""
    return all(word.casefold() in GENERIC for word in _WORDS.findall(name))
