"""Photos of more than 8 bits, written byte by byte: what no library writes is written here too."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.uint16]


def png(values: Values, significant: int | None = None) -> bytes:
    """A PNG of 16 bits, gray or RGB, with an sBIT chunk if asked for."""
    height, width = values.shape[:2]
    channels = 1 if values.ndim == 2 else 3
    rows = values.astype(">u2").reshape(height, -1)
    content = b"".join(b"\0" + row.tobytes() for row in rows)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0 if channels == 1 else 2, 0, 0, 0))]
    if significant is not None:
        chunks.append((b"sBIT", bytes([significant] * channels)))
    chunks += [(b"IDAT", zlib.compress(content, 1)), (b"IEND", b"")]
    made = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks)  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def tiff(
    values: NDArray[np.generic], order: str = "<", largest: int | None = None, *, packed: bool = False, kind: int = 1
) -> bytes:
    """An uncompressed TIFF, gray or RGB; packed ones have 12 bits a value, `kind` is the SampleFormat."""
    height, width = values.shape[:2]
    channels = 1 if values.ndim == 2 else 3
    bits = 12 if packed else 8 * values.dtype.itemsize
    if packed:
        flat = values.astype(">u2").reshape(height, -1)
        split = np.unpackbits(flat.view(np.uint8).reshape(height, -1, 2), axis=2)[:, :, 4:]
        content = np.packbits(split.reshape(height, -1), axis=1).tobytes()
    else:
        content = values.astype(values.dtype.newbyteorder(order)).tobytes()
    tags = {
        256: [width], 257: [height], 258: [bits] * channels, 259: [1], 262: [1 if channels == 1 else 2], 273: [0],
        277: [channels], 278: [height], 279: [len(content)], 284: [1], 339: [kind] * channels,
    }  # fmt: skip
    if largest is not None:
        tags[281] = [largest] * channels
    head_size = 8 + 2 + 12 * len(tags) + 4
    outside = sum(2 * len(words) for words in tags.values() if len(words) > 2)
    entries, extra = b"", b""
    for tag in sorted(tags):
        words = tags[tag]
        if tag in (273, 279):
            words = [head_size + outside] if tag == 273 else words
            entries += struct.pack(f"{order}HHII", tag, 4, 1, words[0])
        elif len(words) <= 2:
            entries += struct.pack(f"{order}HHI", tag, 3, len(words)) + struct.pack(
                f"{order}{len(words)}H", *words
            ).ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}HHII", tag, 3, len(words), head_size + len(extra))
            extra += struct.pack(f"{order}{len(words)}H", *words)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(f"{order}IH", 8, len(tags)) + entries + struct.pack(f"{order}I", 0)
    return head + extra + content


def write(path: Path, content: bytes) -> Path:
    """Write a photo, and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
