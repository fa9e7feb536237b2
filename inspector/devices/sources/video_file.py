"""Video files: every frame in order, at the speed of the video."""

from __future__ import annotations

import math
import time
from pathlib import Path

import cv2

from inspector.core.errors import Message, SourceError
from inspector.core.live.frames import Frame
from inspector.devices.sources.frame_source import SourceEnded, WithoutSettings
from inspector.devices.sources.opencv_capture import OpenCVCapture, ffmpeg_capture

LATE_S = 0.1
"""Maximum delay in seconds that is caught up after a late frame; a longer delay remains."""

LONGEST_STEP_S = 10.0
"""Maximum seconds from one frame to the next, whatever a damaged file states."""


class VideoFile(WithoutSettings):
    """Delivers each frame of a video file when it is due, like a player; no frame is dropped.

    If the reader is slower, the video waits and then continues at its own speed.

    Parameters
    ----------
    path : Path
        A video in any format that FFmpeg reads.
    """

    live = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture: OpenCVCapture | None = None
        self._number = 0
        self._usual_step_s = 0.0
        self._grabbed, self._stamped_s, self._due_at = False, 0.0, 0.0

    @property
    def address(self) -> str:
        """The path."""
        return str(self._path)

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def open(self) -> None:
        """Start with the first frame.

        Raises
        ------
        SourceError
            The file does not exist or is not a video.
        """
        self.close()
        if not self._path.is_file():
            raise SourceError(
                self._path, "there is no such file", action="check the path, or whether the drive is connected"
            )
        # An absolute path, because FFmpeg would take "a:b.mp4" for a protocol.
        try:
            capture = ffmpeg_capture(str(self._path.absolute()), ())
        except UnicodeEncodeError as error:
            sentence = Message(
                "the path of this video holds bytes that are no letters", "rename the file or its folder"
            )
            raise SourceError(self._path, sentence) from error
        if not capture.is_open:
            capture.close()
            raise SourceError(self._path, "this is not a video that Inspector can read, or it is damaged")
        self._capture, self._number = capture, 0
        self._usual_step_s = _step_s(capture.device.get(cv2.CAP_PROP_FPS))
        self._grabbed, self._stamped_s, self._due_at = False, 0.0, time.monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame; see `FrameSource.read`.

        Raises
        ------
        SourceError
            The video is not open, or holds no readable frame.
        SourceEnded
            All frames were delivered.
        """
        if self._capture is None:
            raise SourceError(self._path, "the video is not open")
        if not self._grabbed:
            self._grab(self._capture)
        wait_s = self._due_at - time.monotonic()
        time.sleep(max(0.0, min(wait_s, timeout_s)))
        if wait_s > timeout_s:
            return None
        self._grabbed = False
        self._due_at = max(self._due_at, time.monotonic() - LATE_S)
        image = self._capture.image()
        self._number += 1
        return None if image is None else Frame(image, self._number - 1, time.monotonic())

    def _grab(self, capture: OpenCVCapture) -> None:
        """Go to the next frame, and compute when it is due."""
        if capture.wait() is None:
            if self._number == 0:
                raise SourceError(
                    self._path, "no frame of this video can be read", action="convert it to another format"
                )
            raise SourceEnded
        stamped_s = capture.device.get(cv2.CAP_PROP_POS_MSEC) / 1000
        step_s = stamped_s - self._stamped_s
        if not (math.isfinite(step_s) and step_s > 0.0):  # old formats have no time stamps
            step_s = self._usual_step_s
        self._due_at += min(step_s, LONGEST_STEP_S) if self._number else 0.0
        self._stamped_s, self._grabbed = stamped_s, True

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.close()
            self._capture = None


def _step_s(fps: float) -> float:
    """Return the seconds between frames at a frame rate that the file claims; 0 for an implausible rate."""
    return 1.0 / fps if math.isfinite(fps) and 0.1 <= fps <= 1000.0 else 0.0
