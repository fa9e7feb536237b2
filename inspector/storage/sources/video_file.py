"""Video files: each frame, in order."""

from __future__ import annotations

from pathlib import Path

from inspector.core.errors import SourceError
from inspector.core.frames import Frame
from inspector.storage.sources.frame_source import SourceEnded, WithoutSettings
from inspector.storage.sources.opencv_capture import OpenCVCapture, ffmpeg_capture


class VideoFile(WithoutSettings):
    """Delivers each frame of a video file as fast as it is read; nothing is dropped and nothing is paced.

    Parameters
    ----------
    path : Path
        Any format that FFmpeg reads.
    """

    live = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture: OpenCVCapture | None = None
        self._number = 0

    @property
    def address(self) -> str:
        """The path."""
        return str(self._path)

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def open(self) -> None:
        """Start at the first frame.

        Raises
        ------
        SourceError
            There is no such file, or it is no video.
        """
        self.close()
        if not self._path.is_file():
            raise SourceError(self._path, "there is no such file; check the path, or whether the drive is connected")
        # An absolute path, since FFmpeg would take "a:b.mp4" for a protocol.
        capture = ffmpeg_capture(str(self._path.absolute()), ())
        if not capture.is_open:
            capture.close()
            raise SourceError(self._path, "this is not a video that Inspector can read, or it is damaged")
        self._capture, self._number = capture, 0

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame; see `FrameSource.read`.

        Raises
        ------
        SourceError
            It is not open, or holds not one frame that can be read.
        SourceEnded
            After the last frame.
        """
        if self._capture is None:
            raise SourceError(self._path, "the video is not open")
        taken_at = self._capture.wait()
        if taken_at is None:
            if self._number == 0:
                raise SourceError(self._path, "no frame of this video can be read; convert it to another format")
            raise SourceEnded
        image = self._capture.image()
        self._number += 1
        return None if image is None else Frame(image, self._number - 1, taken_at)

    def close(self) -> None:
        """Let go of the file."""
        if self._capture is not None:
            self._capture.close()
            self._capture = None
