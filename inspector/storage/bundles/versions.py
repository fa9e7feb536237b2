"""Earlier versions of a bundle, byte for byte, in the folder ``NAME.inspector.versions`` beside it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inspector.core.errors import BundleError
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.bundles.bundle import BUNDLE_SUFFIX, StoredBundle, load_bundle
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.ordinary_files import check_ordinary

_SUFFIX = ".versions"


@dataclass(frozen=True, slots=True)
class BundleVersion:
    """One version of a bundle.

    Parameters
    ----------
    path : Path
        The bundle itself, or a file in its folder of versions.
    sha256 : str
        SHA-256 of the file.
    written_at : datetime
        Modification time of the file, in UTC.
    current : bool
        Whether this version is the bundle itself.
    manifest : Manifest or None
        The manifest; None for a file that is damaged or of a later release.
    problem : str
        Why the file cannot be used; empty if it can.
    """

    path: Path
    sha256: str
    written_at: datetime
    current: bool
    manifest: Manifest | None
    problem: str = ""


def versions_folder(bundle: Path) -> Path:
    """Return the folder of a bundle's earlier versions; it may not exist."""
    return bundle.with_name(bundle.name + _SUFFIX)


def keep_version(stored: StoredBundle) -> Path:
    """Copy a bundle's file, unchanged since it was opened, into its folder of versions, unless a copy is there.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    BundleError
        The file was changed since it was opened, or the copy cannot be written.
    """
    if load_bundle(stored.path).sha256 != stored.sha256:
        raise BundleError(
            stored.path, "the file was changed since it was opened", action="open it again, then repeat the change"
        )
    copy = versions_folder(stored.path) / f"{stored.sha256[:16]}{BUNDLE_SUFFIX}"
    if copy.exists() and not _whole(copy, stored.sha256):
        copy.unlink(missing_ok=True)
    if not copy.exists():
        try:
            copy.parent.mkdir(exist_ok=True)
            _copy(stored.path, copy)
        except OSError as error:
            raise BundleError(copy, write_problem(error)) from error
    return copy


def bundle_versions(bundle: Path) -> tuple[BundleVersion, ...]:
    """Return every version of a bundle: the current one first, then the others, last written first.

    Raises
    ------
    BundleError
        The bundle itself cannot be read.
    """
    stored = load_bundle(bundle)
    current = BundleVersion(bundle, stored.sha256, _written_at(bundle), True, stored.manifest)
    kept = [_version(path) for path in sorted(versions_folder(bundle).glob(f"*{BUNDLE_SUFFIX}"))]
    others = (one for one in kept if one.sha256 != stored.sha256)
    return (current, *sorted(others, key=lambda one: (one.written_at, one.sha256), reverse=True))


def restore_version(bundle: Path, sha256: str) -> StoredBundle:
    """Replace the bundle by an earlier version, byte for byte; the current one is kept among the versions.

    Parameters
    ----------
    bundle : Path
        The file.
    sha256 : str
        SHA-256 of the version, or its first digits.

    Raises
    ------
    BundleError
        No version or several match, the version is damaged, or the file cannot be written. The bundle is unchanged.
    """
    found = [one for one in bundle_versions(bundle) if sha256 and one.sha256.startswith(sha256.lower())]
    if len(found) != 1:
        many = "several versions begin like this" if found else "there is no such version"
        raise BundleError(
            bundle, f"{many}: {sha256 or 'no SHA-256 given'}", action="list the versions and give one of theirs"
        )
    if found[0].problem:
        raise BundleError(found[0].path, found[0].problem)
    if found[0].current:
        return load_bundle(bundle)
    keep_version(load_bundle(bundle))
    try:
        _copy(found[0].path, bundle)
    except OSError as error:
        raise BundleError(bundle, write_problem(error)) from error
    return load_bundle(bundle)


def _copy(source: Path, target: Path) -> None:
    written = source.stat()
    check_ordinary(target)
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
        os.utime(temporary, ns=(written.st_atime_ns, written.st_mtime_ns))


def _whole(path: Path, sha256: str) -> bool:
    return _version(path).sha256 == sha256


def _version(path: Path) -> BundleVersion:
    written_at = _written_at(path)
    try:
        stored = load_bundle(path)
    except BundleError as error:
        return BundleVersion(path, path.stem, written_at, False, None, error.sentence)
    return BundleVersion(path, stored.sha256, written_at, False, stored.manifest)


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
