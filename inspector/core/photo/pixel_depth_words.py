"""The bit depth of the good photos as one or two sentences for window and command line."""

from __future__ import annotations

from inspector.core.photo.pixel_depth import DepthBy, FoundDepth


def depth_words(found: FoundDepth) -> str:
    """Return the depth of the good photos and its origin; empty if all are ordinary files of 8 bits."""
    depth = found.depth
    if not found.worth_telling:
        return ""
    origins = {
        DepthBy.TAGS: "as their files say",
        DepthBy.VALUES: f"by their brightest value, {found.brightest}",
        DepthBy.FORMAT: "as their file format says",
        DepthBy.HAND: "as chosen",
    }
    origin = origins.get(depth.by, "")
    said = f"Bit depth of the good photos: {depth.bits} bits a value, {origin}." if origin else ""
    if found.deep and found.others:
        said += (
            f" The set is mixed. Files of 16 bits, scaled from {depth.bits} bits: {found.deep}; "
            f"files that state their own scale: {found.others}."
        )
    return said
