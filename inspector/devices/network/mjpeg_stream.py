"""Network cameras that send a sequence of JPEGs over HTTP (MJPEG, multipart/x-mixed-replace).

Inspector has its own reader in place of FFmpeg (docs/adr/0007). Pictures arrive no sooner through FFmpeg. FFmpeg does
not report why an address fails, has no limit for its waiting time, and fills in the missing part of a truncated
picture.
"""

from __future__ import annotations

import time

from inspector.core.errors import ImageTooLarge, ImageUnreadable, Message, SourceError
from inspector.core.live.frames import Frame
from inspector.devices.network.http_stream import HttpStream
from inspector.devices.network.jpeg_frames import decode_frame
from inspector.devices.network.multipart import JpegParts, boundary_of
from inspector.devices.sources.address_words import network_problem, said, shown_address
from inspector.devices.sources.frame_source import NetworkSource

ANSWER_S, SILENCE_S, UNREADABLE_S = 4.0, 1.5, 5.0
"""Seconds to wait for a response's head, for further data, and for a readable picture, before the source is lost."""

DRAIN_S = 0.05
"""Maximum seconds to read newer frames that have already arrived."""


class MjpegStream(NetworkSource):
    """The JPEGs that a network camera sends over HTTP.

    If several have arrived, the newest is delivered. Overtaken and damaged pictures are gaps in the numbers.

    Parameters
    ----------
    address : str
        ``http://`` or ``https://``, with user and password if the camera requires them.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self._stream: HttpStream | None = None
        self._parts = JpegParts("")
        self._heard_at = self._seen_at = 0.0
        self._count = 0
        self._lost = ""

    @property
    def name(self) -> str:
        """The address without user and password."""
        return shown_address(self.address)

    def open(self) -> None:
        """Connect.

        Raises
        ------
        SourceError
            No answer, no permission, no such path, or not MJPEG; the sentence states the reason.
        """
        self.close()
        stream = HttpStream(self.address, ANSWER_S, self.token)
        boundary = boundary_of(stream.content_type)
        if boundary is None:
            stream.close()
            kind = said(stream.content_type.partition(";")[0]) or "something else"
            raise SourceError(
                self.name, f"this address sends {kind} and no MJPEG", action="look for the camera's MJPEG address"
            )
        self._stream, self._parts = stream, JpegParts(boundary)
        self._heard_at = self._seen_at = time.monotonic()
        self._count, self._lost = 0, ""

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next frame; see `FrameSource.read`."""
        until, listened = time.monotonic() + timeout_s, False
        while True:
            stream = self._opened()
            jpegs = self._parts.take()
            if jpegs:
                frame = self._newest(jpegs + self._overtaking(stream))
                if frame is not None:
                    return frame
                continue  # the stream may be lost by now
            if listened and time.monotonic() >= until:
                return None
            self._listen(stream, until)
            listened = True

    def close(self) -> None:
        """Disconnect."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _opened(self) -> HttpStream:
        if self._stream is None:
            raise SourceError(self.name, self._lost or "the stream is not open")
        if time.monotonic() - self._seen_at > UNREADABLE_S:
            self._lose(
                Message("none of the pictures that the camera sends can be read", "choose MJPEG in its settings")
            )
            return self._opened()
        return self._stream

    def _listen(self, stream: HttpStream, until: float) -> None:
        """Wait for the next piece until `until`; close the stream if it is lost."""
        now, gone_at = time.monotonic(), self._heard_at + SILENCE_S
        try:
            piece = stream.more(min(until, gone_at) - now)
        except TimeoutError:
            if time.monotonic() >= gone_at:
                self._lose(Message("the camera fell silent", "check its power and the network"))
            return
        except OSError as error:
            self._lose(network_problem(error))
            return
        self._heard_at = time.monotonic()
        self._parts.add(piece, self._heard_at)
        if not piece:
            self._lose(Message("the camera ended the stream", "check whether it is still on"))
        elif self._parts.too_large:
            self._lose(
                Message("what this address sends has no end of a picture in it", "look for the camera's MJPEG address")
            )

    def _overtaking(self, stream: HttpStream) -> list[tuple[bytes, float]]:
        """Return the JPEGs that have arrived; otherwise they would pile up before a slow reader."""
        jpegs: list[tuple[bytes, float]] = []
        stop = time.monotonic() + DRAIN_S
        while self._stream is not None and stream.waiting() and time.monotonic() < stop:
            self._listen(stream, stop)
            jpegs += self._parts.take()
        return jpegs

    def _newest(self, jpegs: list[tuple[bytes, float]]) -> Frame | None:
        """Decode the last JPEG; None if it is damaged."""
        self._count += len(jpegs)
        jpeg, arrived_at = jpegs[-1]
        try:
            image_rgb = decode_frame(jpeg, self.name)
        except ImageTooLarge as error:
            self._lose(error.sentence)
            return None
        except ImageUnreadable:
            return None
        self._seen_at = time.monotonic()
        return Frame(image_rgb, self._count + self._parts.damaged - 1, arrived_at)

    def _lose(self, sentence: str) -> None:
        self.close()
        self._lost = sentence
