"""A model file, opened for judging."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.errors import BundleCorrupt, BundleError, DetectorError, WeightsError
from inspector.core.guards.guards import Guards
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.storage.bundles.bundle import StoredBundle, load_bundle
from inspector.storage.bundles.signatures import require_signature
from inspector.storage.folders import weights_folder
from inspector.workflows.computer.machine import load_libraries

if TYPE_CHECKING:
    from inspector.engine.detector import Detector

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """A bundle ready to judge.

    Parameters
    ----------
    stored : StoredBundle
        The file's content: path, sha256, manifest, arrays.
    detector : Detector
        The trained detector.
    guards : Guards or None
        Decide which photos must not be judged; None judges every photo of the good ones' size.
    """

    stored: StoredBundle
    detector: Detector
    guards: Guards | None = None

    @property
    def depth(self) -> PixelDepth:
        """The rule that scales every photo before it is judged."""
        return self.stored.manifest.depth


def open_bundle(path: Path, *, device: str = "auto") -> LoadedBundle:
    """Read a bundle and make its detector ready.

    Parameters
    ----------
    path : Path
        The file.
    device : {"auto", "cpu", "cuda"}
        Where to compute.

    Raises
    ------
    BundleError, WeightsError, DetectorError
        With the action.
    """
    from inspector.engine.threads import use_all_cores  # imports torch: seconds

    use_all_cores()
    with _refusals_logged(path):
        return _opened(path, device)


@contextmanager
def _refusals_logged(path: Path) -> Iterator[None]:
    try:
        yield
    except (BundleError, WeightsError, DetectorError) as error:
        log.warning("refused to open %s: %s", path, error.sentence)
        raise


def _opened(path: Path, device: str) -> LoadedBundle:
    from inspector.engine.methods.table import load_detector

    stored = load_bundle(path)  # first, since the libraries take seconds and the file may be no bundle
    require_signature(stored)
    load_libraries()  # their first use would hold up the window
    manifest = stored.manifest
    try:
        detector = load_detector(
            manifest.recipe, manifest.goods.photo_hw, stored.arrays, manifest.backbone.sha256, weights_folder(), device
        )
    except BundleCorrupt as error:
        raise BundleCorrupt(path, error.sentence) from error  # the engine does not know the file
    log.info("opened %s, SHA-256 %s", path, stored.sha256)
    return LoadedBundle(stored, detector, _guards(stored, detector.embedding_width))


def _guards(stored: StoredBundle, width: int) -> Guards | None:
    allowed = stored.manifest.guards
    if allowed is None:
        return None
    try:
        return Guards.restore(allowed, stored.arrays, stored.manifest.goods.photo_hw, width)
    except (LookupError, ValueError, TypeError) as error:
        raise BundleCorrupt(stored.path, "the model lacks data of its guards", action="train again") from error
