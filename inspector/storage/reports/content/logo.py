"""The logo at the head of a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import ImageError, Message, ResultsError
from inspector.core.letterhead import Letterhead
from inspector.storage.photos.images import encode_png, read_on_white

LONG_SIDE = 800


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo on white.

    Parameters
    ----------
    png : bytes
        The PNG file.
    width, height : int
        Size in pixels.
    """

    png: bytes
    width: int
    height: int


def load_logo(letterhead: Letterhead) -> Logo | None:
    """Return the letterhead's logo, or None if the letterhead has none.

    Raises
    ------
    ResultsError
        The logo cannot be read; no report was written.
    """
    if not letterhead.logo.strip():
        return None
    try:
        image_rgb = read_on_white(Path(letterhead.logo).expanduser(), LONG_SIDE)
    except ImageError as error:
        sentence = Message(
            f"the logo cannot be read, so no report was written: {error.sentence}", "or leave the logo out"
        )
        raise ResultsError(letterhead.logo, sentence) from error
    return Logo(encode_png(image_rgb), image_rgb.shape[1], image_rgb.shape[0])
