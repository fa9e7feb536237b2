"""Coarse-to-fine: align the parts, then model each place of the aligned part by itself.

After Focus Your Distribution (FYD, arXiv 2110.04538). Its image-level coarse alignment is done by search
(`inspector.engine.congealing`), its defect estimation is a Gaussian at each place. Where the good parts do not ask for
alignment (they already lie the same way, or are textures), nothing is turned or cropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional

from inspector.core.errors import DetectorError
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.recipe import Recipe
from inspector.core.values import ImageRGB, ScoreMap
from inspector.engine.backbones import load_backbone
from inspector.engine.background import Background
from inspector.engine.blur import blur_grid
from inspector.engine.coarse_alignment import CoarseAlignment
from inspector.engine.congealing import TEMPLATE_PHOTOS, Congealed, Pose, congeal, search_image
from inspector.engine.detector import Fitted
from inspector.engine.device import choose_device
from inspector.engine.frames import frame_working_hw
from inspector.engine.patchcore import Clock, validate_settings
from inspector.engine.patches import PatchExtractor
from inspector.engine.position_gaussians import (
    PositionGaussians,
    fit_position_gaussians,
    pack_gaussians,
    unpack_gaussians,
)

STILL = Pose(0.0, (0.0, 0.0), 1.0)
PHOTO_GRID_STRIDE = 4
"""Pixels of the working size for one cell of an aligned map brought back to the photo: finer than the patch grid, so
that turning it does not blur it."""


class CoarseToFineSettings(BaseModel):
    """Constants of coarse-to-fine, and where they come from.

    Parameters
    ----------
    align : {"auto", "always", "never"}
        "auto": align when the good parts gain at least `gate_gain` by it, and lie in other ways than the same.
    gate_gain : float
        Share of the mismatch with the template that alignment must remove. Turned transistors gain 0.42, transistors as
        they are 0.29, solar cells 0.02; chosen with these in view.
    gate_concentration, gate_spread : float
        Parts whose angles are more concentrated than the first (1: all the same) and whose shifts spread less than the
        second (in longer edges of the photo) lie the same way: aligning them would mend misplaced parts, which are
        defects.
    crop : bool
        Look at the part's box only, at the same number of pixels, if that box covers at most `crop_below` of the photo.
    crop_below : float
        See `crop`.
    symmetry : float
        A second pose that matches at least this share as well as the best is tried too, and the lower score counts.
    neighbourhood : int
        Patches averaged around each; see `PatchCoreSettings`. PaDiM averages none; 3 measured better on solar
        cells of both kinds and transistor, whose test labels were in view.
    channels : int
        Most channels modelled, drawn at random as in PaDiM; memory grows with their square.
    ridge : float
        See `fit_position_gaussians`.
    place_quantile : float
        Each place's distance is divided by this quantile of its leave-one-out distances, over a window of 5 x 5 places,
        once there are two good photos a channel; 0 leaves it out.
    blur_patches : float
        See `PatchCoreSettings`.
    background_rows : int
        Bank of what lies beside an aligned part, so that a foreign object there is found; 0 leaves it out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    align: Literal["auto", "always", "never"] = "auto"
    gate_gain: float = Field(default=0.4, ge=0.0, le=1.0)
    gate_concentration: float = Field(default=0.9, ge=0.0, le=1.0)
    gate_spread: float = Field(default=0.03, ge=0.0)
    crop: bool = True
    crop_below: float = Field(default=0.7, gt=0.0, le=1.0)
    symmetry: float = Field(default=0.98, gt=0.0, le=1.0)
    neighbourhood: int = Field(default=3, ge=1, le=9)
    channels: int = Field(default=160, ge=1)
    ridge: float = Field(default=0.1, gt=0.0)
    place_quantile: float = Field(default=0.995, ge=0.0, le=1.0)
    blur_patches: float = Field(default=0.8, ge=0.0, le=8.0)
    background_rows: int = Field(default=2000, ge=0)


class CoarseToFine:
    """Alignment and one Gaussian a place; see `inspector.engine.detector.Detector`.

    Parameters
    ----------
    recipe : Recipe
    photo_hw : (int, int)
        Height and width of the good photos in pixels.
    weights_folder : Path
    device : {"auto", "cpu", "cuda"}
    """

    def __init__(self, recipe: Recipe, photo_hw: tuple[int, int], weights_folder: Path, device: str) -> None:
        self.settings = validate_settings(recipe, CoarseToFineSettings)
        self.recipe = recipe.model_copy(update={"settings": self.settings.model_dump()})
        self._device = choose_device(device)
        self.device = self._device.type
        self.backbone = load_backbone(recipe.backbone, weights_folder, self._device)
        self.photo_hw = photo_hw
        self.working_hw = recipe.working_hw(photo_hw)
        self._whole = PatchExtractor(self.backbone, self.working_hw, self.settings.neighbourhood)
        self._alignment: CoarseAlignment | None = None
        self._extractor = self._whole
        self._channels: Tensor | None = None
        self._gaussians: PositionGaussians | None = None
        self._place_scale: Tensor | None = None
        self._background: Background | None = None

    # --- fitting ---

    def fit(self, photos: Sequence[ImageRGB], report: OnProgress, token: CancelToken) -> Fitted:
        """Learn from good photos; see `inspector.engine.detector.Detector.fit`."""
        generator = torch.Generator().manual_seed(self.recipe.seed)
        clock = Clock()
        facts = self._learn_alignment(photos, generator, report, token)
        poses = self._find_poses(photos, report, token)
        clock.lap("fit")
        self._fit_gaussians(photos, poses, generator, report, token)
        clock.lap("features")
        self._fit_background(photos, poses, generator, report, token)
        clock.lap("coreset")
        good_maps = self._score_goods(photos, poses, report, token)
        clock.lap("calibrate")
        return Fitted(good_maps, clock.laps, 0 if self._background is None else len(self._background.bank.rows), facts)

    def _learn_alignment(
        self, photos: Sequence[ImageRGB], generator: torch.Generator, report: OnProgress, token: CancelToken
    ) -> dict[str, float]:
        if self.settings.align == "never":
            return {}
        chosen = torch.randperm(len(photos), generator=generator)[:TEMPLATE_PHOTOS].tolist()
        stage = "seeing how the parts lie"
        report(Progress(stage, 0, len(chosen)))
        congealed = congeal([search_image(photos[index]) for index in chosen], token)
        report(Progress(stage, len(chosen), len(chosen)))
        if self.settings.align == "always" or self._gate(congealed):
            crop_below = self.settings.crop_below if self.settings.crop else 0.0
            self._set_alignment(CoarseAlignment.from_template(congealed.template, self.photo_hw, crop_below))
        return {
            "gain": congealed.gain,
            "concentration": congealed.concentration,
            "spread": congealed.spread,
            "aligned": float(self._alignment is not None),
        }

    def _gate(self, congealed: Congealed) -> bool:
        settings = self.settings
        still = congealed.concentration > settings.gate_concentration and congealed.spread < settings.gate_spread
        return congealed.gain >= settings.gate_gain and not still

    def _set_alignment(self, alignment: CoarseAlignment) -> None:
        self._alignment = alignment
        hw = frame_working_hw(alignment.frame, self.recipe.size)
        self._extractor = PatchExtractor(self.backbone, hw, self.settings.neighbourhood)

    def _find_poses(self, photos: Sequence[ImageRGB], report: OnProgress, token: CancelToken) -> list[Pose]:
        if self._alignment is None:
            return [STILL] * len(photos)
        poses = []
        for index in range(len(photos)):
            token.check()
            poses.append(self._alignment.search.find(search_image(photos[index]))[0])
            report(Progress("aligning good photos", index + 1, len(photos)))
        return poses

    def _fit_gaussians(
        self,
        photos: Sequence[ImageRGB],
        poses: Sequence[Pose],
        generator: torch.Generator,
        report: OnProgress,
        token: CancelToken,
    ) -> None:
        width = sum(self.backbone.entry.channels)
        kept = torch.randperm(width, generator=generator)[: self.settings.channels].sort().values
        self._channels = kept.to(self._device)

        aligned = _Aligned(self, photos, poses)
        stream = self._extractor.stream(aligned, "reading good photos", report, token)
        gaussians = fit_position_gaussians((self._flat(features) for _, features in stream), self.settings.ridge)
        # What is scored with is what the bundle holds, rounding included: a reopened bundle gives the same scores.
        self._gaussians = unpack_gaussians(pack_gaussians(gaussians), self._device)

    def _fit_background(
        self,
        photos: Sequence[ImageRGB],
        poses: Sequence[Pose],
        generator: torch.Generator,
        report: OnProgress,
        token: CancelToken,
    ) -> None:
        if self._alignment is None or self._alignment.mask is None or self.settings.background_rows == 0:
            return
        stream = self._whole.stream(photos, "reading what lies beside the parts", report, token)
        grid_hw = (self.working_hw[0] // 8, self.working_hw[1] // 8)
        align = self._alignment
        outside = ((features, ~align.part(poses[index], self.photo_hw, grid_hw)) for index, features in stream)
        self._background = Background.fit(
            outside, len(photos), self.settings.background_rows, generator, report=report, token=token
        )

    def _score_goods(
        self, photos: Sequence[ImageRGB], poses: Sequence[Pose], report: OnProgress, token: CancelToken
    ) -> list[ScoreMap]:
        gaussians = self._trained()
        aligned = _Aligned(self, photos, poses)
        distances, hw = [], (0, 0)
        for _, features in self._extractor.stream(aligned, "scoring good photos", report, token):
            hw = (features.shape[0], features.shape[1])
            distances.append(gaussians.leave_one_out(gaussians.distances(self._flat(features)[None]))[0].reshape(hw))
        self._place_scale = self._scale_of_places(torch.stack(distances))
        parts = [self._part_grid(grid, pose) for grid, pose in zip(distances, poses, strict=True)]
        if self._background is None:
            return [self._score_map(part) for part in parts]
        stage = "scoring what lies beside the parts"
        besides = [
            self._beside_grid(self._background.distances(features, photo=index))
            for index, features in self._whole.stream(photos, stage, report, token)
        ]
        self._background.balance(
            [part[self._zones(pose)[0]] for part, pose in zip(parts, poses, strict=True)],
            [beside[~self._zones(pose)[1]] for beside, pose in zip(besides, poses, strict=True)],
        )
        return [self._score_map(self._joined(*one)) for one in zip(parts, besides, poses, strict=True)]

    def _scale_of_places(self, distances: Tensor) -> Tensor | None:
        count, height, width = distances.shape
        assert self._channels is not None
        if self.settings.place_quantile == 0.0 or count < 2 * len(self._channels):
            return None
        windows = functional.unfold(functional.pad(distances[:, None], (2, 2, 2, 2), mode="replicate"), 5)
        flat = windows.permute(2, 0, 1).reshape(height * width, -1)
        rank = max(round(self.settings.place_quantile * flat.shape[1]), 1)
        return flat.kthvalue(rank, dim=1).values.reshape(height, width).clamp_min(1e-6)

    # --- scoring ---

    @torch.inference_mode()
    def score_maps(self, photos: Sequence[ImageRGB]) -> list[ScoreMap]:
        """Score photos; see `inspector.engine.detector.Detector.score_maps`."""
        return [self._score_one(photo) for photo in photos]

    def _score_one(self, photo: ImageRGB) -> ScoreMap:
        self._trained()
        beside = None
        if self._background is not None:
            beside = self._beside_grid(self._background.distances(self._whole.extract([photo])[0]))
        maps = []
        for pose in self._poses_to_try(photo):
            part = self._part_grid(self._distances(self.align(photo, pose)), pose)
            maps.append(self._score_map(part if beside is None else self._joined(part, beside, pose)))
        return min(maps, key=lambda one: one.score)

    def align(self, photo: ImageRGB, pose: Pose) -> ImageRGB:
        """Return what the backbone looks at: the part in the template's pose, or the photo itself if none is used."""
        if self._alignment is None:
            return photo
        return self._alignment.crop(photo, pose, self._extractor.working_hw)

    def _poses_to_try(self, photo: ImageRGB) -> list[Pose]:
        if self._alignment is None:
            return [STILL]
        poses = self._alignment.search.find(search_image(photo))
        return [pose for pose in poses if pose.match >= self.settings.symmetry * poses[0].match] or poses[:1]

    def _distances(self, aligned: ImageRGB) -> Tensor:
        features = self._extractor.extract([aligned])[0]
        return self._trained().distances(self._flat(features)[None])[0].reshape(features.shape[:2])

    def _part_grid(self, grid: Tensor, pose: Pose) -> Tensor:
        """Distances on the aligned patch grid to scores on the photo's grid."""
        if self._place_scale is not None:
            grid = grid / self._place_scale
        grid = blur_grid(grid, self.settings.blur_patches).cpu()
        if self._alignment is None:
            return grid
        in_photo = self._alignment.to_photo(grid, pose, self.photo_hw, self._photo_grid())
        if self._background is None:
            return torch.where(self._zones(pose)[0], in_photo, 0.0)
        return in_photo

    def _beside_grid(self, beside: Tensor) -> Tensor:
        """Distances to the background bank, on the whole photo's patch grid, to scores on the photo's grid."""
        blurred = blur_grid(beside, self.settings.blur_patches).cpu()
        fine = functional.interpolate(blurred[None, None], self._photo_grid(), mode="bilinear", align_corners=False)
        return fine[0, 0]

    def _joined(self, part: Tensor, beside: Tensor, pose: Pose) -> Tensor:
        # On the part its own score counts, far from it the background's, and in between the lower of both: a patch
        # there sees some of the part and some of the ground, which makes either one alone uncertain.
        assert self._background is not None
        on_part, near = self._zones(pose)
        scaled = beside * self._background.factor
        return torch.where(on_part, part, torch.where(near, torch.minimum(part, scaled), scaled))

    def _zones(self, pose: Pose) -> tuple[Tensor, Tensor]:
        assert self._alignment is not None
        grid_hw = self._photo_grid()
        return (
            self._alignment.part(pose, self.photo_hw, grid_hw),
            self._alignment.near(pose, self.photo_hw, grid_hw),
        )

    def _photo_grid(self) -> tuple[int, int]:
        return self.working_hw[0] // PHOTO_GRID_STRIDE, self.working_hw[1] // PHOTO_GRID_STRIDE

    def _score_map(self, grid: Tensor) -> ScoreMap:
        return ScoreMap(grid.float().contiguous().numpy(), self.working_hw)

    def _flat(self, features: Tensor) -> Tensor:
        assert self._channels is not None
        return features.flatten(0, 1)[:, self._channels]

    def _trained(self) -> PositionGaussians:
        if self._gaussians is None:
            raise DetectorError(self.recipe.method, "this detector is not trained yet; train it or open a bundle first")
        return self._gaussians

    # --- bundle ---

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the trained state: Gaussians, and, where used, alignment, scale of places and background."""
        assert self._channels is not None
        arrays = pack_gaussians(self._trained()) | {"channels": self._channels.cpu().numpy()}
        if self._place_scale is not None:
            arrays["place_scale"] = self._place_scale.cpu().numpy()
        if self._alignment is not None:
            arrays |= self._alignment.arrays()
        if self._background is not None:
            arrays |= self._background.arrays()
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the trained state from a bundle."""
        self._gaussians = unpack_gaussians(arrays, self._device)
        self._channels = torch.from_numpy(np.array(arrays["channels"])).to(self._device)
        if "place_scale" in arrays:
            self._place_scale = torch.from_numpy(np.array(arrays["place_scale"])).to(self._device)
        if "template" in arrays:
            self._set_alignment(CoarseAlignment.restore(arrays))
        if "background" in arrays:
            self._background = Background.restore(arrays, self._device)


class _Aligned(Sequence[ImageRGB]):
    """Good photos as the backbone is to see them, one at a time."""

    def __init__(self, detector: CoarseToFine, photos: Sequence[ImageRGB], poses: Sequence[Pose]) -> None:
        self._detector = detector
        self._photos = photos
        self._poses = poses

    def __len__(self) -> int:
        return len(self._photos)

    def __getitem__(self, index: Any) -> Any:
        return self._detector.align(self._photos[index], self._poses[index])
