"""A line of real parts before a camera, as frames: parts slide in, rest, and slide out; the sensor is noisy."""

from __future__ import annotations

import contextlib
import itertools
import threading
from pathlib import Path

import numpy as np

from inspector.core.live.frames import Frame, NewestFrame
from inspector.core.progress import Cancelled, CancelToken
from inspector.storage.photos.images import list_images, read_image

FPS = 30
EMPTY_LEVEL = 30
NOISE_LEVELS = 2.0


def cells(folder: Path) -> list[np.ndarray]:
    return [read_image(path) for path in list_images(folder)]


class Line:
    """Makes 30 frames a second of the events."""

    def __init__(self, seed=0, noise=NOISE_LEVELS, hw=(300, 300)):
        self._rng = np.random.default_rng(seed)
        self._noise = noise
        self._hw = hw
        self._numbers = itertools.count()
        self._drawn = {}

    def frame(self, picture, gain=1.0):
        number = next(self._numbers)
        seen = np.float32(gain) * picture + self._noise_like(picture)
        return Frame(np.clip(seen, 0, 255).astype(np.uint8), number, taken_at=100.0 + number / FPS)

    def _noise_like(self, picture):
        """Another window of a large field each time: drawing new numbers for each frame would take most of a test."""
        height, width, channels = picture.shape
        if picture.shape not in self._drawn:
            field = self._rng.standard_normal((height + 100, width + 100, channels), dtype=np.float32)
            self._drawn[picture.shape] = np.float32(self._noise) * field
        down, right = self._rng.integers(0, 101, size=2)
        return self._drawn[picture.shape][down : down + height, right : right + width]

    def empty(self, frames):
        return [self.frame(self._belt()) for _ in range(frames)]

    def rests(self, part, frames, gain=1.0):
        return [self.frame(part, gain) for _ in range(frames)]

    def slides_in(self, part, frames=8):
        return [self.frame(self._shifted(part, 1.0 - step / frames)) for step in range(frames)]

    def slides_out(self, part, frames=8):
        return [self.frame(self._shifted(part, -(step + 1) / frames)) for step in range(frames)]

    def passes(self, part, rest):
        return [*self.slides_in(part), *self.rests(part, rest), *self.slides_out(part)]

    def _belt(self):
        return np.full((*self._hw, 3), EMPTY_LEVEL, dtype=np.float64)

    def _shifted(self, part, share):
        width = part.shape[1]
        shift = round(share * width)
        picture = self._belt()
        if shift >= 0:
            picture[:, shift:] = part[:, : width - shift]
        else:
            picture[:, :shift] = part[:, -shift:]
        return picture


class Fed:
    """Something with `run(token)` in a thread of its own, fed frame by frame; none is dropped, so tests can count.

    A subclass sets `works` to the running object, which takes from `frames`.
    """

    works = None

    def __init__(self):
        self.frames, self.token = NewestFrame(), CancelToken()
        self._thread = threading.Thread(target=self._work)

    def _work(self):
        with contextlib.suppress(Cancelled):
            self.works.run(self.token)

    def __enter__(self):
        self._thread.start()
        return self

    def feed(self, frames):
        for frame in frames:
            assert self.frames.hand_over(frame, 60.0)
        return self

    def ended(self):
        """Wait until its thread is over."""
        self._thread.join(60.0)
        assert not self._thread.is_alive()

    def __exit__(self, *_):
        self.token.cancel()
        self.ended()
