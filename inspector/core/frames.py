"""Frames of a camera, and the one slot through which the newest of them goes from thread to thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from inspector.core.values import ImageRGB, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        Made read-only.
    number : int
        >= 0, counted by the source since it was opened. A gap says that the source itself lost frames.
    taken_at : float
        When the frame arrived in this program, in seconds of `time.monotonic`. What a camera or a network held back
        before that is not known.
    name : str
        What the frame is called where it comes from, such as the name of its file; empty for a camera's.
    """

    image_rgb: ImageRGB
    number: int
    taken_at: float
    name: str = ""

    def __post_init__(self) -> None:
        read_only(self.image_rgb)


class NewestFrame:
    """Holds one frame: the newest that nobody has taken yet.

    Who is faster than who comes next would otherwise queue frames, and what is judged would fall further and further
    behind what happens. One thread puts, one takes.
    """

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._dropped = 0
        self._arrived = threading.Condition()

    @property
    def dropped(self) -> int:
        """How many frames were replaced before anyone took them."""
        return self._dropped

    def put(self, frame: Frame) -> None:
        """Offer a frame; one that still waits is dropped and counted."""
        with self._arrived:
            self._dropped += self._frame is not None
            self._frame = frame
            self._arrived.notify()

    def take(self, timeout_s: float) -> Frame | None:
        """Return the newest frame and empty the slot; None if none came in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._frame is not None, timeout_s)
            frame, self._frame = self._frame, None
            return frame
