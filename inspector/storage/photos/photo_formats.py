"""The photo formats that are read: their suffixes, their first bytes, and the cost of decoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import Message

FEWEST_BYTES_TO_TELL = 32
"""Number of bytes at the start of a file that identify its format."""


@dataclass(frozen=True, slots=True)
class PhotoFormat:
    """A format that Inspector reads.

    Parameters
    ----------
    name : str
        Pillow's name of the format.
    words : str
        Name of the format for people.
    suffixes : tuple of str
        Suffixes in lower case, with the dot.
    densest : int
        Maximum bytes of raw pixels that one byte of such a file can hold. Exact for PNG and JPEG; for the other formats
        far above any real photo.
    bytes_per_pixel : int
        Peak memory of decoding, the returned array included.
    verifiable : bool
        Whether a file of full length shows that its end is missing.
    """

    name: str
    words: str
    suffixes: tuple[str, ...]
    densest: int
    bytes_per_pixel: int
    verifiable: bool


# One byte of Deflate gives at most 1,032 bytes; one byte of Huffman codes in a JPEG at most 512 pixels.
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
"""Every format, by Pillow's name."""

IMAGE_SUFFIXES = tuple(suffix for one in FORMATS.values() for suffix in one.suffixes)
"""Suffixes of photos; case is ignored."""

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
"""Formats that are not read, by their usual name."""

_UNREAD_PICTURES = {suffix: words for words, suffixes in _OTHER_PICTURES.items() for suffix in suffixes}


def is_photo_name(name: str) -> bool:
    """Return whether a file name has the suffix of a photo, in any case."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def why_not_read(name: str) -> str:
    """Return why a file without a photo's suffix is skipped, as a sentence for people."""
    suffix = Path(name).suffix.lower()
    if suffix in _UNREAD_PICTURES:
        return Message(f"Inspector reads no {_UNREAD_PICTURES[suffix]} pictures", "save the photo as PNG, TIFF or JPEG")
    if not suffix:
        return "the name has no suffix of a photo"
    return f"{suffix} is no suffix of a photo"


def format_of(head: bytes) -> PhotoFormat | None:
    """Return the format of a file from its first `FEWEST_BYTES_TO_TELL` bytes; None for formats that are not read."""
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
