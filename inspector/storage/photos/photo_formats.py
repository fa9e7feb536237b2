"""The formats in which photos are read: their suffixes, how they begin, and what decoding one takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import Message

FEWEST_BYTES_TO_TELL = 32
"""So many bytes from the beginning of a file tell its format."""


@dataclass(frozen=True, slots=True)
class PhotoFormat:
    """A format that Inspector reads.

    Parameters
    ----------
    name : str
        As Pillow calls it.
    words : str
        For people.
    suffixes : tuple of str
        In small letters, with their dot.
    densest : int
        Bytes of raw pixels that one byte of such a file can hold at most. Exact for PNG and JPEG; for the others far
        more than a photo of anything real reaches.
    bytes_per_pixel : int
        Memory that decoding takes at its height, the returned array included.
    verifiable : bool
        Whether a file shows that its end is missing although it has its full length.
    """

    name: str
    words: str
    suffixes: tuple[str, ...]
    densest: int
    bytes_per_pixel: int
    verifiable: bool


# One byte of deflate gives at most 1,032; of Huffman codes in a JPEG at most 512 pixels.
FORMATS = {
    one.name: one
    for one in (
        PhotoFormat("JPEG", "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), 2_000, 16, True),
        PhotoFormat("PNG", "PNG", (".png", ".apng"), 1_040, 12, True),
        PhotoFormat("BMP", "BMP", (".bmp", ".dib"), 300, 12, False),
        PhotoFormat("TIFF", "TIFF", (".tif", ".tiff"), 10_000, 12, False),
        PhotoFormat("WEBP", "WebP", (".webp",), 10_000, 24, True),
        PhotoFormat("GIF", "GIF", (".gif",), 10_000, 16, True),
        PhotoFormat("JPEG2000", "JPEG 2000", (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"), 10_000, 40, True),
        PhotoFormat("AVIF", "AVIF", (".avif",), 10_000, 24, True),
        PhotoFormat("PPM", "PNM", (".pgm", ".ppm", ".pnm", ".pbm"), 10, 16, False),
    )
}
"""Every format, by the name that Pillow has for it."""

IMAGE_SUFFIXES = tuple(suffix for one in FORMATS.values() for suffix in one.suffixes)
"""Suffixes that are taken for photos, in any case."""

FORMATS_IN_WORDS = ", ".join(one.words for one in list(FORMATS.values())[:-1]) + " or PNM"

_OTHER_PICTURES = {
    "HEIC": (".heic", ".heif", ".hif"),
    "JPEG XL": (".jxl",),
    "raw camera": (".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".orf", ".raf", ".rw2", ".pef", ".srw"),
    "Photoshop": (".psd", ".psb"),
    "SVG": (".svg", ".svgz"),
    "Targa": (".tga", ".icb", ".vda", ".vst"),
    "OpenEXR or HDR": (".exr", ".hdr", ".pfm"),
    "icon": (".ico", ".icns", ".cur"),
    "AVIF video": (".avifs",),
    "older": (".pcx", ".dcx", ".sgi", ".rgb", ".rgba", ".bw", ".ras", ".xbm", ".xpm", ".qoi", ".dds", ".wmf", ".emf"),
    "DICOM or FITS": (".dcm", ".fits", ".fit"),
    "JPEG XR": (".jxr", ".wdp", ".hdp"),
}
"""Pictures that are not read, by what a person calls them."""

_UNREAD_PICTURES = {suffix: words for words, suffixes in _OTHER_PICTURES.items() for suffix in suffixes}


def is_photo_name(name: str) -> bool:
    """Return whether a file of this name is taken for a photo: by its suffix, in any case."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def why_not_read(name: str) -> str:
    """Return why a file that is no photo by its name is skipped, for people."""
    suffix = Path(name).suffix.lower()
    if suffix in _UNREAD_PICTURES:
        return Message(f"Inspector reads no {_UNREAD_PICTURES[suffix]} pictures", "save the photo as PNG, TIFF or JPEG")
    if not suffix:
        return "the name has no suffix of a photo"
    return f"{suffix} is no suffix of a photo"


def format_of(head: bytes) -> PhotoFormat | None:
    """Return the format of a file from its first `FEWEST_BYTES_TO_TELL` bytes; None for what is not read."""
    name = _format_name(head)
    return None if name is None else FORMATS[name]


def _format_name(head: bytes) -> str | None:
    begins = {
        b"\xff\xd8\xff": "JPEG",
        b"\x89PNG\r\n\x1a\n": "PNG",
        b"BM": "BMP",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"II+\0": "TIFF",
        b"MM\0+": "TIFF",
        b"GIF87a": "GIF",
        b"GIF89a": "GIF",
        b"\xff\x4f\xff\x51": "JPEG2000",
        b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG2000",
    }
    for begin, name in begins.items():
        if head.startswith(begin):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and (b"avif" in head[8:] or b"avis" in head[8:]):
        return "AVIF"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return "PPM"
    return None
