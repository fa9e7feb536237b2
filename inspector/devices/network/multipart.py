"""Extraction of JPEGs from a byte stream in parts (multipart/x-mixed-replace), and decoding of chunked transfers."""

from __future__ import annotations

import re

LARGEST_BYTES = 64 << 20
"""Maximum size of a picture; a stream with more bytes and no end of a picture is not MJPEG."""

HEAD_BYTES = 1 << 14
"""Maximum size of a part's head, and of the line before a chunk."""

_START, _END = b"\xff\xd8", b"\xff\xd9"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LENGTH_DIGITS, _BOUNDARY_LENGTH = 12, 200
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]*)"|([^";,\s]*))', re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"0*([0-9a-f]{0,8})[ \t]*(?:;.*)?", re.IGNORECASE | re.DOTALL)


def boundary_of(content_type: str) -> str | None:
    """Return the boundary that a Content-Type declares.

    Returns
    -------
    str or None
        None if it is not multipart; empty if the boundary is missing or too long.
    """
    if not content_type.strip().lower().startswith("multipart/"):
        return None
    found = _BOUNDARY.search(content_type)
    boundary = (found[1] or found[2] or "") if found else ""
    return boundary if len(boundary) <= _BOUNDARY_LENGTH else ""


class JpegParts:
    """Collects pieces of a stream and returns the complete JPEGs.

    A part ends after its Content-Length. Without a length, it ends at the next boundary, or as soon as the received
    bytes end like a JPEG: waiting for the boundary would delay each picture until the next one arrives.

    Parameters
    ----------
    boundary : str
        The boundary that the response declares. Some cameras declare it with the two leading dashes, some without; both
        forms are accepted. If it is empty, dashes at the start of a line are the boundary.
    """

    def __init__(self, boundary: str) -> None:
        self._boundary = b"--" + boundary.strip('"').lstrip("-").encode("latin-1", "replace")
        self._buffer = bytearray()
        self._complete: list[tuple[bytes, float]] = []
        self._part: _Part | None = None
        self.damaged = 0
        self.too_large = False
        """Whether more data came, or was announced, than a picture or its head can have; further data is ignored."""

    def add(self, piece: bytes, arrived_at: float) -> None:
        """Add the next piece of the stream, with its time of arrival."""
        if self.too_large:
            return
        self._buffer += piece
        while (part := self._cut()) is not None:
            jpeg = part.rstrip(b"\r\n\0-")
            if jpeg.startswith(_START) and jpeg.endswith(_END):
                self._complete.append((jpeg, arrived_at))
            else:
                # The decoder would accept a truncated picture and fill the missing part with gray.
                self.damaged += 1
        self.too_large |= len(self._buffer) > LARGEST_BYTES
        if self.too_large:
            self._buffer.clear()

    def take(self) -> list[tuple[bytes, float]]:
        """Return the JPEGs completed since the last call, each with its time of arrival; oldest first."""
        complete, self._complete = self._complete, []
        return complete

    def _cut(self) -> bytes | None:
        """Remove and return the content of the next part; None while it is incomplete."""
        if self._part is None:
            self._part = self._begin()
        if self._part is None:
            return None
        end = self._part.end(self._buffer)
        if end < 0 or end > len(self._buffer):
            return None
        content = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._part = None
        return content

    def _begin(self) -> _Part | None:
        """Remove a boundary and the following head from the buffer; None while they are incomplete."""
        start = self._buffer.find(self._boundary)
        # Bytes before a boundary are empty, or exceed the declared length of the part before.
        del self._buffer[: start if start >= 0 else max(0, len(self._buffer) - len(self._boundary) + 1)]
        if start < 0:
            return None
        head_end = _HEAD_END.search(self._buffer, 0, HEAD_BYTES)
        if head_end is None:
            self.too_large |= len(self._buffer) > HEAD_BYTES
            return None
        length = _LENGTH.search(self._buffer, 0, head_end.end())
        digits = length[1].lstrip(b"0") if length else b""
        if len(digits) > _LENGTH_DIGITS or int(digits or b"0") > LARGEST_BYTES:
            self.too_large = True
            return None
        del self._buffer[: head_end.end()]
        return _Part(self._boundary, None if length is None else int(digits or b"0"))


class _Part:
    """Finds the end of the part at the start of a buffer; reads each byte once, however small the pieces are."""

    def __init__(self, boundary: bytes, length: int | None) -> None:
        self._boundary, self._length = boundary, length
        self._seen = self._depth = 0

    def end(self, buffer: bytearray) -> int:
        """Return the end of the part, possibly beyond the received bytes; -1 if it is not known yet."""
        if self._length is not None:
            return self._length
        begin = max(0, self._seen - len(self._boundary) + 1)
        found = buffer.find(self._boundary, begin)
        if found >= 0:
            return found
        # A thumbnail inside a JPEG has both markers too. Neither marker can occur in coded pixels.
        came = len(buffer.rstrip(b"\r\n")) if buffer.endswith((b"\r", b"\n")) else len(buffer)
        fresh = max(0, self._seen - 1)
        self._depth += buffer.count(_START, fresh) - buffer.count(_END, fresh)
        self._seen = len(buffer)
        whole = buffer.startswith(_START) and buffer.endswith(_END, 0, came) and self._depth == 0
        return came if whole else -1


class Chunks:
    """Decodes chunked transfer encoding (RFC 9112, section 7.1) from pieces that may end anywhere."""

    def __init__(self) -> None:
        self.ended = False
        self._left = 0
        self._line = b""

    def content(self, piece: bytes) -> bytes:
        """Return the content of the next piece.

        Raises
        ------
        OSError
            The piece is not in chunked transfer encoding.
        """
        found, place = [], 0
        while place < len(piece) and not self.ended:
            if self._left:
                found.append(piece[place : place + self._left])
                place, self._left = place + len(found[-1]), self._left - len(found[-1])
                continue
            end = piece.find(b"\n", place)
            self._line += piece[place : end if end >= 0 else len(piece)]
            if len(self._line) > HEAD_BYTES:
                raise OSError("the answer is damaged")
            if end < 0:
                break
            place = end + 1
            if self._line.strip():  # the line that ends the previous chunk is empty
                self._left = self._size(self._line.strip())
                self.ended = self._left == 0
            self._line = b""
        return b"".join(found)

    @staticmethod
    def _size(line: bytes) -> int:
        # int() would accept a sign, 0x and underscores too, and a negative size would never be used up.
        size = _CHUNK_SIZE.fullmatch(line)
        if size is None or not (size[1] or line.startswith(b"0")):
            raise OSError("the answer is damaged")
        return int(size[1] or b"0", 16)
