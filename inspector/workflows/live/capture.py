"""Keeps a source open and hands on its frames, through losses and reconnections."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from inspector.core.errors import ImageError, SourceError
from inspector.core.live.frames import Frame
from inspector.core.progress import CancelToken
from inspector.devices.sources.frame_source import (
    FrameSource,
    NetworkSource,
    SourceEnded,
    SourceSetting,
    WithoutSettings,
)

log = logging.getLogger(__name__)

POLL_S = 0.1
"""Longest time of a read, if the source supports it: the longest delay of a stop or a change."""


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait before a source is tried again: each time twice as long as before.

    Parameters
    ----------
    first_s, longest_s : float
        The first wait after frames had come, and the longest.
    """

    first_s: float = 0.25
    longest_s: float = 2.0


@dataclass(frozen=True, slots=True)
class CaptureState:
    """How it stands with a source.

    Parameters
    ----------
    kind : {"connecting", "streaming", "lost", "ended"}
        "streaming" is sent when the source opens, when settings change, and when files are skipped.
    sentence : str
        Problem and action: of a lost source, an unreadable photo, a refused setting, or skipped files. Empty if all is
        well. While a lost source is being tried again, it says why it was lost.
    retry_in_s : float
        After how many seconds a lost source is tried again.
    settings : tuple of SourceSetting
        The settings that can be changed, while streaming.
    """

    kind: Literal["connecting", "streaming", "lost", "ended"]
    sentence: str = ""
    retry_in_s: float = 0.0
    settings: tuple[SourceSetting, ...] = ()


class SettingRequests:
    """Changes of settings that other threads ask for, until the capturing thread makes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: dict[str, float] = {}

    def ask(self, name: str, value: float) -> None:
        """Ask for a change; an earlier one of the same setting that still waits is forgotten."""
        with self._lock:
            self._wanted[name] = value

    def take(self) -> dict[str, float]:
        """Return the wanted change, and clear it."""
        with self._lock:
            wanted, self._wanted = self._wanted, {}
        return wanted


def capture(
    source: FrameSource,
    put: Callable[[Frame], None],
    on_state: Callable[[CaptureState], None],
    token: CancelToken,
    back_off: BackOff | None = None,
    requests: SettingRequests | None = None,
) -> None:
    """Open a source and hand on its frames until it ends or the token stops it.

    Parameters
    ----------
    source : FrameSource
        Not open; used by this thread alone, and closed in the end.
    put : callable
        Receives each frame, in this thread. It must be fast for a live source, such as `NewestFrame.put`; for other
        sources it may block until the frame is wanted. Numbers grow over reconnections.
    on_state : callable
        Receives each state, in this thread. Must be fast.
    token : CancelToken
        Stops it.
    back_off : BackOff, optional
        How long to wait after a loss.
    requests : SettingRequests, optional
        Where other threads ask for other settings. Those asked for while the source is lost are made when it is back.

    Raises
    ------
    SourceError
        A source that is not live cannot be opened. Any other loss is sent as a state, and the source is tried again.
    Cancelled
        The token was cancelled.
    """
    _Capture(source, put, on_state, token, back_off or BackOff(), requests or SettingRequests()).run()


class _Capture:
    """One call of `capture`."""

    def __init__(
        self,
        source: FrameSource,
        put: Callable[[Frame], None],
        on_state: Callable[[CaptureState], None],
        token: CancelToken,
        back_off: BackOff,
        requests: SettingRequests,
    ) -> None:
        self._source, self._put, self._on_state, self._token = source, put, on_state, token
        self._back_off, self._requests = back_off, requests
        self._wait_s = back_off.first_s
        self._opened = False
        self._loss = ""
        self._next_number = 0
        self._remark = ""

    def run(self) -> None:
        if isinstance(self._source, NetworkSource):
            self._source.heed(self._token)
        while True:
            try:
                self._stream()
            except SourceEnded:
                self._on_state(CaptureState("ended", self._remark))
                return
            except SourceError as error:
                if not (self._opened or self._source.live):
                    raise
                if not self._loss:  # once, not at each attempt to get it back
                    log.warning("source lost: %s: %s", error.subject, error.sentence)
                self._loss = error.sentence
                self._on_state(CaptureState("lost", self._loss, self._wait_s))
            finally:
                self._source.close()
            self._token.wait(self._wait_s)
            self._wait_s = min(2 * self._wait_s, self._back_off.longest_s)

    def _stream(self) -> None:
        """Open the source and read until it is lost, ends or is stopped."""
        self._token.check()
        self._on_state(CaptureState("connecting", self._loss))
        self._source.open()
        self._opened = True
        if self._loss:
            log.info("source is back")
            self._loss = ""
        self._tell_streaming()
        first_number = self._next_number
        while True:
            self._token.check()
            self._change_settings()
            try:
                frame = self._source.read(POLL_S)
            except ImageError as error:
                self._tell_streaming(str(error))
                continue
            self._tell_remark()
            if frame is not None:
                self._wait_s = self._back_off.first_s
                self._next_number = first_number + frame.number + 1
                self._put(frame if first_number == 0 else replace(frame, number=first_number + frame.number))

    def _change_settings(self) -> None:
        for name, value in self._requests.take().items():
            try:
                self._source.change(name, value)
                self._tell_streaming()
            except SourceError as error:
                self._tell_streaming(error.sentence)

    def _tell_remark(self) -> None:
        remark = self._source.remark if isinstance(self._source, WithoutSettings) else ""
        if remark != self._remark:
            self._remark = remark
            self._tell_streaming(remark)

    def _tell_streaming(self, sentence: str = "") -> None:
        self._on_state(CaptureState("streaming", sentence, settings=self._source.settings()))
