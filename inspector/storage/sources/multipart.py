"""JPEGs out of a stream of bytes: out of parts (multipart/x-mixed-replace) as cameras write them, and out of chunks."""

from __future__ import annotations

import re

LARGEST_BYTES = 64 << 20
"""More than this without the end of a picture is no MJPEG."""

_START, _END = b"\xff\xd8", b"\xff\xd9"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)


class JpegParts:
    """Collects pieces of a stream and gives out the JPEGs that are complete.

    Parts end where their Content-Length says. If they say nothing, they end at the next boundary, or already where all
    that has come ends like a JPEG: waiting for the boundary would make each picture as late as the next one.

    Parameters
    ----------
    boundary : str
        As the answer declares it. Some cameras declare it with the two dashes that belong before it, some without;
        both are understood. If it is empty, dashes at the start of a line are taken for it.
    """

    def __init__(self, boundary: str) -> None:
        self._boundary = b"--" + boundary.strip('"').lstrip("-").encode("latin-1", "replace")
        self._buffer = bytearray()
        self._complete: list[tuple[bytes, float]] = []
        self.damaged = 0

    @property
    def too_large(self) -> bool:
        """Whether more has come in than one picture can be."""
        return len(self._buffer) > LARGEST_BYTES

    def add(self, piece: bytes, arrived_at: float) -> None:
        """Take the next piece of the stream; it arrived at this time."""
        self._buffer += piece
        while (part := self._cut()) is not None:
            jpeg = part.rstrip(b"\r\n\0-")
            if jpeg.startswith(_START) and jpeg.endswith(_END):
                self._complete.append((jpeg, arrived_at))
            else:
                # Half a picture would be decoded all the same, gray where the rest is missing.
                self.damaged += 1

    def take(self) -> list[tuple[bytes, float]]:
        """Return the JPEGs that were completed since the last call, each with its time of arrival; oldest first."""
        complete, self._complete = self._complete, []
        return complete

    def _cut(self) -> bytes | None:
        """Take the next part's content out of the buffer; None while it is not complete."""
        start = self._buffer.find(self._boundary)
        head_end = _HEAD_END.search(self._buffer, start) if start >= 0 else None
        if head_end is None:
            return None
        begin = head_end.end()
        length = _LENGTH.search(self._buffer, start, head_end.end())
        end = begin + int(length[1]) if length else self._end_without_length(begin)
        if end < 0 or end > len(self._buffer):
            return None
        part = bytes(self._buffer[begin:end])
        del self._buffer[:end]
        return part

    def _end_without_length(self, begin: int) -> int:
        end = self._buffer.find(self._boundary, begin)
        if end >= 0:
            return end
        came = bytes(self._buffer[begin:]).rstrip(b"\r\n")
        # A thumbnail within a JPEG has both marks too. Neither can occur within coded pixels.
        whole = came.startswith(_START) and came.endswith(_END) and came.count(_START) == came.count(_END)
        return begin + len(came) if whole else -1


class Chunks:
    """Takes the content out of pieces in chunked transfer encoding (RFC 9112, section 7.1), wherever they are cut."""

    def __init__(self) -> None:
        self.ended = False
        self._left = 0
        self._line = b""

    def content(self, piece: bytes) -> bytes:
        """Return what the next piece adds to the content.

        Raises
        ------
        OSError
            This is no chunked transfer encoding.
        """
        found = []
        while piece and not self.ended:
            if self._left:
                found.append(piece[: self._left])
                piece, self._left = piece[self._left :], self._left - len(found[-1])
                continue
            line, end, piece = piece.partition(b"\n")
            self._line += line
            if end and self._line.strip():  # the line that ends the chunk before is empty
                self._left = self._size(self._line)
                self.ended = self._left == 0
            if end:
                self._line = b""
        return b"".join(found)

    @staticmethod
    def _size(line: bytes) -> int:
        try:
            return int(line.partition(b";")[0], 16)
        except ValueError:
            raise OSError("the answer is damaged") from None
