"""The good photos that a model is trained on, all checked before training computes anything."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import overload

import numpy as np
from numpy.typing import NDArray

from inspector.core.ahead import Ahead
from inspector.core.errors import GoodSetUnusable, ImageError, ImageUnreadable, Message
from inspector.core.photo.measures import PhotoMeasures, measure_photo
from inspector.core.photo.pixel_depth import FORMER_DEPTH, Bits, FoundDepth, PixelDepth, StoredRange, find_depth
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.values import ImageRGB
from inspector.storage.photos.images import read_image, stored_range
from inspector.storage.photos.photo_list import find_images
from inspector.storage.photos.skipped_files import SkippedFile

FEWEST_GOODS = 2
"""Minimum number of good photos: each photo's score is measured against the other good photos."""


KEPT_BYTES = 192 * 2**20
"""Maximum size of decoded photos in memory: 1,000 of 256 x 256 pixels, or about five of twelve megapixels."""


FINDING_DEPTH = "finding the bit depth"


class KeptPhotos:
    """Decoded photos in memory, up to a budget; training reads each photo several times.

    Parameters
    ----------
    budget_bytes : int
        Maximum size of all decoded photos, in bytes.
    depth : PixelDepth
        Bit depth of all photos.
    """

    def __init__(self, budget_bytes: int, depth: PixelDepth = FORMER_DEPTH) -> None:
        self._left = budget_bytes
        self._depth = depth
        self._photos: dict[Path, ImageRGB] = {}
        self._lock = Lock()

    def read(self, path: Path) -> ImageRGB:
        """Return a photo as an array that the caller may change; see `read_image`."""
        kept = self._photos.get(path)
        if kept is not None:
            return kept.copy()
        image_rgb = read_image(path, self._depth)
        with self._lock:
            if image_rgb.nbytes <= self._left and path not in self._photos:
                self._left -= image_rgb.nbytes
                self._photos[path] = image_rgb.copy()
        return image_rgb


class LazyPhotos(Sequence[ImageRGB]):
    """Photos that are decoded at each access, unless they are held in memory.

    Parameters
    ----------
    paths : sequence of Path
        The files, in order.
    photo_hw : (int, int)
        Height and width in pixels that every photo must have.
    kept : KeptPhotos
        The photos in memory.
    """

    def __init__(self, paths: Sequence[Path], photo_hw: tuple[int, int], kept: KeptPhotos) -> None:
        self._paths = tuple(paths)
        self._photo_hw = photo_hw
        self._kept = kept

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> ImageRGB: ...
    @overload
    def __getitem__(self, index: slice) -> LazyPhotos: ...
    def __getitem__(self, index: int | slice) -> ImageRGB | LazyPhotos:
        """Decode a photo (uint8 RGB, shape (H, W, 3)); a slice decodes nothing yet.

        Raises
        ------
        ImageError
            The file was removed or changed since it was checked.
        """
        if isinstance(index, slice):
            return LazyPhotos(self._paths[index], self._photo_hw, self._kept)
        image_rgb = self._kept.read(self._paths[index])
        if image_rgb.shape[:2] != self._photo_hw:
            raise ImageUnreadable(self._paths[index], "the photo was changed while it was in use", action="start again")
        return image_rgb


@dataclass(frozen=True, slots=True)
class GoodSet(Sequence[ImageRGB]):
    """Good photos that were all opened once: readable, and of one size. A sequence that decodes photos on access.

    Parameters
    ----------
    folder : Path
        Folder of the photos.
    paths : tuple of Path
        The photos, in natural order.
    photo_hw : (int, int)
        Height and width of each photo in pixels.
    sha256 : str
        SHA-256 over the names relative to `folder` and the content of all photos. The value does not depend on the
        folder's location.
    fingerprints : ndarray of float16, shape (N, 48, 48)
        Fingerprint of each photo, to find near-duplicates; see `inspector.core.good_photos.near_duplicates`.
    measures : tuple of PhotoMeasures
        The readings that guards use, of each photo.
    kept : KeptPhotos
        The photos in memory.
    found_depth : FoundDepth
        The bit depth of all photos, and its origin.
    skipped : tuple of SkippedFile
        Files of the folder that were skipped.
    left_out : tuple of str
        SHA-256 of the photos in the folder that a person took out.
    """

    folder: Path
    paths: tuple[Path, ...]
    photo_hw: tuple[int, int]
    sha256: str
    found_depth: FoundDepth
    fingerprints: NDArray[np.float16] = field(compare=False, repr=False)
    measures: tuple[PhotoMeasures, ...] = field(compare=False, repr=False)
    kept: KeptPhotos = field(compare=False, repr=False)
    skipped: tuple[SkippedFile, ...] = field(default=(), compare=False, repr=False)
    left_out: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[ImageRGB]:
        return iter(LazyPhotos(self.paths, self.photo_hw, self.kept))

    @property
    def depth(self) -> PixelDepth:
        """The rule that scales all photos."""
        return self.found_depth.depth

    @overload
    def __getitem__(self, index: int) -> ImageRGB: ...
    @overload
    def __getitem__(self, index: slice) -> LazyPhotos: ...
    def __getitem__(self, index: int | slice) -> ImageRGB | LazyPhotos:
        """Decode a photo; see `LazyPhotos`."""
        return LazyPhotos(self.paths, self.photo_hw, self.kept)[index]

    def at(self, positions: Sequence[int]) -> LazyPhotos:
        """Return the photos at these positions."""
        return LazyPhotos([self.paths[position] for position in positions], self.photo_hw, self.kept)

    def only(self, positions: Sequence[int]) -> GoodSet:
        """Return a set of the photos at these positions; `sha256` stays that of the whole set."""
        return replace(
            self,
            paths=tuple(self.paths[position] for position in positions),
            fingerprints=self.fingerprints[list(positions)],
            measures=tuple(self.measures[position] for position in positions),
        )


@dataclass(frozen=True, slots=True)
class _Checked:
    """A readable photo: its size in pixels, the SHA-256 of its file, and its measures."""

    path: Path
    photo_hw: tuple[int, int]
    sha256: str
    measures: PhotoMeasures


def read_good_set(
    folder: Path,
    *,
    leave_out: Collection[Path] = (),
    depth_bits: Bits | None = None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> GoodSet:
    """Find the good photos of a folder and open each of them once.

    Parameters
    ----------
    folder : Path
        Folder of good photos, searched as `find_images` does (or a single photo, which is then too few).
    leave_out : collection of Path
        Photos of the folder that the user chose not to train on.
    depth_bits : Bits or None
        Significant bits of 16-bit files, one of `DEPTHS`; None determines them, see `find_depth`.
    report, token
        Progress, and the request to stop.

    Returns
    -------
    GoodSet
        Paths, fingerprints and measures, and pixels up to `KEPT_BYTES`.

    Raises
    ------
    NoImages, DatasetError
        The folder holds no photo, or a folder cannot be opened.
    GoodSetUnusable
        The photos cannot be used; lists all problems, see `check_good_photos`.
    Cancelled
        `token` was cancelled.
    """
    left_out = {os.path.abspath(path) for path in leave_out}
    found = find_images(folder)
    paths = [path for path in found.photos if os.path.abspath(path) not in left_out]
    good_set = check_good_photos(folder, paths, depth_bits=depth_bits, report=report, token=token)
    taken_out = {_content(path) for path in found.photos if os.path.abspath(path) in left_out}
    return replace(good_set, skipped=tuple(found.skipped), left_out=tuple(sorted(taken_out - {""})))


def check_good_photos(
    folder: Path,
    paths: Sequence[Path],
    *,
    depth_bits: Bits | None = None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> GoodSet:
    """Open each of the given photos once; see `read_good_set`.

    Parameters
    ----------
    folder : Path
        The folder that holds the photos, at any depth.
    paths : sequence of Path
        The photos, in the order of training.
    depth_bits, report, token
        As for `read_good_set`.

    Raises
    ------
    GoodSetUnusable
        Photos that cannot be read, photos of another size or bit depth than most, or fewer than two readable photos.
        `problems` lists every such photo.
    Cancelled
        `token` was cancelled.
    """
    token = token or CancelToken()
    checked: list[_Checked] = []
    unreadable: list[tuple[Path, str]] = []
    found_depth = depth_of_photos(paths, depth_bits, report=report, token=token)
    kept = KeptPhotos(KEPT_BYTES, found_depth.depth)
    with Ahead() as ahead:
        for done, found in enumerate(ahead.done(lambda path: _check(path, kept), paths), start=1):
            token.check()
            if isinstance(found, _Checked):
                checked.append(found)
            else:
                unreadable.append(found)
            report(Progress("checking good photos", done, len(paths)))
    return _good_set(folder, checked, unreadable, kept, found_depth)


def depth_of_photos(
    paths: Sequence[Path],
    depth_bits: Bits | None = None,
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> FoundDepth:
    """Find the common bit depth of photos; see `stored_ranges` and `find_depth`.

    Raises
    ------
    Cancelled
        `token` was cancelled.
    """
    return find_depth(stored_ranges(paths, report=report, token=token).values(), depth_bits)


def stored_ranges(
    paths: Sequence[Path], *, report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> dict[Path, StoredRange]:
    """Return the range of values that each photo stores; unreadable photos are left out.

    Files of 8 bits are only opened. Files of more bits are decoded, and progress is reported from the first of them.

    Raises
    ------
    Cancelled
        `token` was cancelled.
    """
    token = token or CancelToken()
    ranges: dict[Path, StoredRange] = {}
    decoding = False
    with Ahead() as ahead:
        for done, (path, found) in enumerate(zip(paths, ahead.done(_range, paths), strict=True), start=1):
            token.check()
            if found is not None:
                ranges[path] = found
                decoding = decoding or found.deep
            if decoding:  # opening alone takes a moment
                report(Progress(FINDING_DEPTH, done, len(paths)))
    return ranges


def _range(path: Path) -> StoredRange | None:
    try:
        return stored_range(path)
    except ImageError:
        return None  # reported when all photos are checked


def photos_sha256(folder: Path, paths: Iterable[Path], token: CancelToken | None = None) -> str:
    """Return the SHA-256 over names and content of photos, as in `GoodSet.sha256`, without decoding them.

    Parameters
    ----------
    folder : Path
        The folder that holds the photos, at any depth.
    paths : iterable of Path
        The photos, in any order.
    token
        The request to stop.

    Raises
    ------
    ImageUnreadable
        A file cannot be read.
    Cancelled
        `token` was cancelled.
    """
    token = token or CancelToken()
    digests = []
    for path in paths:
        token.check()
        digests.append((path, file_sha256(path)))
    return _sha256_of(folder, digests)


def _check(path: Path, kept: KeptPhotos) -> _Checked | tuple[Path, str]:
    """Return the measures of a photo, or the path and the reason why it cannot be read."""
    try:
        return _read(path, kept)
    except ImageError as error:
        return path, error.sentence


def _read(path: Path, kept: KeptPhotos) -> _Checked:
    image_rgb = kept.read(path)
    return _Checked(path, (image_rgb.shape[0], image_rgb.shape[1]), file_sha256(path), measure_photo(image_rgb))


def _content(path: Path) -> str:
    try:
        return file_sha256(path)
    except ImageError:
        return ""  # a photo that was removed is not trained on either


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a photo's file.

    Raises
    ------
    ImageUnreadable
        The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageUnreadable(
            path, "the file went away during the check", action="check the drive, then try again"
        ) from error


def _good_set(
    folder: Path,
    checked: list[_Checked],
    unreadable: list[tuple[Path, str]],
    kept: KeptPhotos,
    found_depth: FoundDepth,
) -> GoodSet:
    sizes = Counter(photo.photo_hw for photo in checked)
    usual_hw = sizes.most_common(1)[0][0] if sizes else (0, 0)
    odd = [(photo.path, _odd_size(photo.photo_hw, usual_hw)) for photo in checked if photo.photo_hw != usual_hw]
    if len(checked) < FEWEST_GOODS:
        raise GoodSetUnusable(folder, _too_few(len(checked)), unreadable)
    if unreadable or odd:
        raise GoodSetUnusable(folder, _in_the_way(len(unreadable), len(odd), len(checked)), unreadable + odd)
    return GoodSet(
        folder=folder,
        paths=tuple(photo.path for photo in checked),
        photo_hw=usual_hw,
        sha256=_sha256_of(folder, [(photo.path, photo.sha256) for photo in checked]),
        found_depth=found_depth,
        fingerprints=np.stack([photo.measures.fingerprint for photo in checked]),
        measures=tuple(photo.measures for photo in checked),
        kept=kept,
    )


def _odd_size(photo_hw: tuple[int, int], usual_hw: tuple[int, int]) -> str:
    return Message(
        f"the photo is {photo_hw[1]} x {photo_hw[0]} pixels, most of the good photos are {usual_hw[1]} x {usual_hw[0]}",
        "leave it out, or photograph all parts alike",
    )


def _too_few(readable: int) -> str:
    found = {0: "none", 1: "only one"}[readable]
    return Message(
        f"training needs at least {FEWEST_GOODS} good photos, and {found} here can be read", "add photos of good parts"
    )


def _in_the_way(unreadable: int, odd: int, readable: int) -> str:
    reasons = [f"{unreadable} cannot be read"] if unreadable else []
    reasons += [f"{odd} differ in size"] if odd else []
    return (
        f"{unreadable + odd} of {readable + unreadable} photos cannot be trained on ({' and '.join(reasons)}); "
        "leave them out or replace them"
    )


def _sha256_of(folder: Path, digests: Sequence[tuple[Path, str]]) -> str:
    # A name cannot hold a NUL, so different sets never give the same lines.
    lines = sorted(f"{_relative(path, folder)}\0{digest}\0" for path, digest in digests)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
