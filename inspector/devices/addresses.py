"""Conversion of an address into its source."""

from __future__ import annotations

from pathlib import Path

from inspector.core.errors import SourceError
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.devices.network.mjpeg_stream import MjpegStream
from inspector.devices.network.rtsp_stream import RtspStream
from inspector.devices.sources.address_words import shown_address
from inspector.devices.sources.frame_source import FrameSource
from inspector.devices.sources.photo_folder import PhotoFolder
from inspector.devices.sources.usb_camera import UsbCamera
from inspector.devices.sources.video_file import VideoFile
from inspector.devices.sources.watched_folder import WatchedFolder
from inspector.storage.photos.photo_formats import IMAGE_SUFFIXES


def open_source(address: str, depth: PixelDepth | None = None) -> FrameSource:
    """Return the source of an address, not opened yet.

    Parameters
    ----------
    address : str
        ``camera:0`` for a camera of this computer, ``rtsp://`` or ``rtsps://``, ``http://`` or ``https://`` for MJPEG,
        ``watch:FOLDER`` for photos that will appear in a folder, ``genicam:ID`` for an industrial camera, or the path
        of a video file, of a photo or of a folder of photos. Surrounding spaces are ignored.
    depth : PixelDepth or None
        The model's rule for photos of more than 8 bits; None derives it from the photos in the folder. Cameras and
        videos do not need it.

    Raises
    ------
    SourceError
        The address has another form, or the file or folder does not exist. A missing camera is reported by `open`.
    """
    address = address.strip()
    scheme, _, rest = address.partition(":")
    match scheme.lower():
        case "camera":
            return UsbCamera(_camera_number(address, rest))
        case "rtsp" | "rtsps":
            return RtspStream(address)
        case "http" | "https":
            return MjpegStream(address)
        case "watch":
            return WatchedFolder(Path(rest).expanduser(), depth)
        case "genicam":
            from inspector.devices.genicam.genicam_source import (
                GenicamSource,  # imported with its dependencies on demand only
            )

            return GenicamSource(address)
        case _:
            return _files(address, depth)


def holds_photos(address: str) -> bool:
    """Return whether an address denotes photos in files, which are read with a bit depth."""
    address = address.strip()
    path = Path(address).expanduser()
    return address.lower().startswith("watch:") or path.suffix.lower() in IMAGE_SUFFIXES or path.is_dir()


def _camera_number(address: str, rest: str) -> int:
    if not (rest.isascii() and rest.isdigit()):
        raise SourceError(shown_address(address), "a camera is named by its number, such as camera:0")
    return int(rest)


def _files(address: str, depth: PixelDepth | None) -> FrameSource:
    if not address:
        raise SourceError("source", "no source was named", action="give an address such as camera:0, or a path")
    path = Path(address).expanduser()
    if path.is_dir():
        return PhotoFolder(path, depth)
    if path.is_file():
        return PhotoFolder(path, depth) if path.suffix.lower() in IMAGE_SUFFIXES else VideoFile(path)
    sentence = "there is no such file or folder, and it is no address of a camera such as camera:0, rtsp:// or http://"
    raise SourceError(shown_address(address), sentence)
