"""The features of an aligned part for the Gaussians: patch features of the backbone, or of fine alignment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.photo.resizing import resize_image
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone
from inspector.engine.features.patches import BATCH, check_features, patch_features
from inspector.engine.methods.coarse_to_fine.fine_alignment import (
    AdaptedBackbone,
    FineAlignmentSettings,
    Heads,
    module_arrays,
    restore_module,
    train_fine_alignment,
)
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings

MOST_PHOTOS = 256
"""Photos that fine alignment trains on; they are held in memory at working size, 50 MB at 256 px."""

ADAPTED, HEADS = "fine.", "fine.heads."


class PartFeatures:
    """Aligned photos to patch features, and how the feature-level transformers moved them.

    Parameters
    ----------
    backbone : Backbone
        Stays as it is.
    working_hw : (int, int)
        Height and width in pixels of the backbone's input.
    settings : CoarseToFineSettings
    """

    def __init__(self, backbone: Backbone, working_hw: tuple[int, int], settings: CoarseToFineSettings) -> None:
        self.working_hw = working_hw
        self._backbone = backbone
        self._settings = settings
        self._adapted: AdaptedBackbone | None = None
        self._heads: Heads | None = None

    def train(
        self, aligned: Sequence[ImageRGB], generator: torch.Generator, report: OnProgress, token: CancelToken
    ) -> dict[str, float]:
        """Train fine alignment on good photos, if the settings ask for it, and return its outcome.

        Parameters
        ----------
        aligned : sequence of ndarray of uint8
            As the backbone is to see them, two at least.
        generator, report, token
            As in `train_fine_alignment`.

        Notes
        -----
        The same photos are scored afterwards. Their scores leave each photo out of the Gaussians, but not out of this
        training, and are a little too low for that.
        """
        if self._settings.fine_steps == 0:
            return {}
        photos = []
        for index in torch.randperm(len(aligned), generator=generator)[:MOST_PHOTOS].tolist():
            token.check()
            photos.append(self._tensor(aligned[index]))
        self._adapted, self._heads, facts = train_fine_alignment(
            self._backbone, photos, self._fine_settings(), generator=generator, report=report, token=token
        )
        moved = {f"feature_angle_spread_{stage}": spread for stage, spread in enumerate(facts.angle_spreads)}
        return moved | {
            "fine_loss_first": facts.first_loss,
            "fine_loss": facts.last_loss,
            "fine_spread": facts.spread,
            "fine_photo_spread_first": facts.photo_spread_before,
            "fine_photo_spread": facts.photo_spread,
        }

    @torch.inference_mode()
    def extract(self, aligned: Sequence[ImageRGB]) -> tuple[Tensor, Tensor | None]:
        """Return features of a few photos.

        Parameters
        ----------
        aligned : sequence of ndarray of uint8, each (H, W, 3)

        Returns
        -------
        features : Tensor, float32, shape (N, h, w, C)
            On the backbone's device.
        moved : Tensor, float32, shape (N, 2, 3), or None
            From the places of these features to the aligned photo's places, in torch's normalised coordinates: the
            transform of the finest stage. None without transformers. A deeper stage's own move is small against its
            patches, and is not undone.

        Raises
        ------
        NotFinite
            If a feature is infinite or not a number.
        """
        images = torch.stack([self._tensor(photo) for photo in aligned]).to(self._device)
        maps, matrices = (self._backbone(images), []) if self._adapted is None else self._adapted(images)
        features = patch_features(maps, self._settings.neighbourhood)
        if self._settings.gaussians_on == "projection":
            assert self._heads is not None
            features = self._heads.projector(features.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        check_features(features, self._backbone)
        return features, matrices[0].cpu() if matrices else None

    def stream(
        self, aligned: Sequence[ImageRGB], stage: str, report: OnProgress, token: CancelToken
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Yield `extract` of one photo after the other, in order and in constant memory."""
        for start in range(0, len(aligned), BATCH):
            token.check()
            stop = min(start + BATCH, len(aligned))
            features, moved = self.extract([aligned[index] for index in range(start, stop)])
            report(Progress(stage, stop, len(aligned)))
            for k in range(stop - start):
                yield features[k], None if moved is None else moved[k]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the trained arrays for the bundle, float32; empty without training."""
        if self._adapted is None or self._heads is None:
            return {}
        trained = self._adapted.arrays(self._settings.fine_trains == "blocks")
        arrays = {ADAPTED + name: array for name, array in trained.items()}
        if self._settings.gaussians_on == "projection":
            arrays |= {HEADS + name: array for name, array in module_arrays(self._heads).items()}
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the trained arrays from a bundle; KeyError for a missing part, ValueError for a wrong shape."""
        if self._settings.fine_steps == 0:
            return
        # The bundle replaces all values drawn here.
        generator, settings = torch.Generator(), self._settings
        self._adapted = AdaptedBackbone(
            self._backbone, settings.feature_family, settings.limits, self.working_hw, generator
        )
        trained = {name.removeprefix(ADAPTED): array for name, array in arrays.items() if name.startswith(ADAPTED)}
        self._adapted.restore(trained, settings.fine_trains == "blocks")
        self._heads = Heads(sum(self._backbone.entry.channels), generator).to(self._device)
        if settings.gaussians_on == "projection":
            heads = {name.removeprefix(HEADS): array for name, array in arrays.items() if name.startswith(HEADS)}
            restore_module(self._heads, heads)
        self._heads.eval().requires_grad_(False)

    @property
    def _device(self) -> torch.device:
        return self._backbone.device

    def _tensor(self, photo: ImageRGB) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(resize_image(photo, self.working_hw))).permute(2, 0, 1)

    def _fine_settings(self) -> FineAlignmentSettings:
        settings = self._settings
        return FineAlignmentSettings(
            trains=settings.fine_trains,
            feature_family=settings.feature_family,
            limits=settings.limits,
            steps=settings.fine_steps,
            batch=settings.fine_batch,
            neighbourhood=settings.neighbourhood,
        )
