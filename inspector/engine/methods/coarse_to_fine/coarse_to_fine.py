"""Coarse-to-fine: align the parts, then model each place of the aligned part by itself.

After Focus Your Distribution (FYD, arXiv 2110.04538): coarse alignment of the photo (ICA) and of feature maps (FCA),
fine alignment of features, and a Gaussian at each place. By default, a search does the coarse alignment
(`inspector.engine.methods.coarse_to_fine.congealing`), which measured better than the paper's trained transformers, and
features stay unchanged. Settings give the paper's form. If the good parts need no alignment (they already lie alike, or
are textures), photos are not turned or cropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.arrays import checked
from inspector.core.errors import DetectorError, Message
from inspector.core.judging.explanation import Explanation, box_of_cell, cell_to_explain
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.promise.groups import SessionLabels
from inspector.core.training.plan import Recipe, validate_settings
from inspector.core.values import FloatArray, ImageRGB, ScoreMap
from inspector.engine.bank.neighbours import COMPARED, neighbours_of, spread
from inspector.engine.detector import Clock, Examined, Fitted, GrownMaps, Wanted
from inspector.engine.device import choose_device
from inspector.engine.features.backbones import load_backbone
from inspector.engine.features.fusion import fuse
from inspector.engine.features.patches import PatchExtractor, embedding, stack_embeddings
from inspector.engine.methods.coarse_to_fine.background import Background, companions_of
from inspector.engine.methods.coarse_to_fine.coarse_alignment import CoarseAlignment
from inspector.engine.methods.coarse_to_fine.coarse_training import learn_coarse_alignment
from inspector.engine.methods.coarse_to_fine.congealing import STILL, Pose
from inspector.engine.methods.coarse_to_fine.geometry import frame_working_hw
from inspector.engine.methods.coarse_to_fine.part_features import PartFeatures
from inspector.engine.methods.coarse_to_fine.photo_scores import PhotoScores
from inspector.engine.methods.coarse_to_fine.position_gaussians import (
    PlaceSums,
    PositionGaussians,
    pack_gaussians,
    scale_of_places,
    unpack_gaussians,
)
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings, refuse_contradictions

_NO_MEMORY = Message(
    "this method remembers no patches, so false alarms cannot be fed back",
    "put the photos among the good ones and train again",
)

STRIDE = 8
"""Pixels of the working size for one place."""

LEAST_SCALE = 1e-7
"""Distances are divided by the scale of their place."""

HOLDING_OUT = "holding out whole sessions"


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
        refuse_contradictions(self.settings, recipe.method)
        self.recipe = recipe.model_copy(update={"settings": self.settings.model_dump()})
        self._device = choose_device(device)
        self.device = self._device.type
        self.backbone = load_backbone(recipe.backbone, weights_folder, self._device)
        if self.settings.fine_steps == 0:  # else its blocks may be trained
            fuse(self.backbone)
        self.photo_hw = photo_hw
        self.working_hw = recipe.working_hw(photo_hw)
        self._whole = PatchExtractor(self.backbone, self.working_hw, self.settings.neighbourhood)
        self._set_alignment(None)
        self._channels: Tensor | None = None
        self._gaussians: PositionGaussians | None = None
        self._place_scale: Tensor | None = None
        self._background: Background | None = None

    # --- fitting ---

    @property
    def embedding_width(self) -> int:
        """Numbers in an embedding: one a channel of the features."""
        return sum(self.backbone.entry.channels)

    def fit(
        self,
        photos: Sequence[ImageRGB],
        report: OnProgress,
        token: CancelToken,
        sessions: SessionLabels = None,
    ) -> Fitted:
        """Learn from good photos; see `inspector.engine.detector.Detector.fit`.

        One photo is enough, but then there is no other to score it by: no good maps are returned. Sessions cost two
        more passes over the photos, and memory for their sums at each place: the Gaussians without a session are fitted
        anew.
        """
        generator = torch.Generator().manual_seed(self.recipe.seed)
        clock = Clock()
        alignment, facts = learn_coarse_alignment(
            photos, self.settings, self.backbone, generator=generator, report=report, token=token
        )
        self._set_alignment(alignment)
        poses = self._find_poses(photos, report, token)
        aligned = _Aligned(self, photos, poses)
        facts |= self._train_features(aligned, generator, report, token)
        clock.lap("fit")
        compared: list[Tensor] | None = [] if callable(sessions) else None
        sums = self._fit_gaussians(aligned, generator, report, token, compared)
        if callable(sessions):
            sessions = sessions(neighbours_of(compared or [], token))
        sums = sums if sessions is not None else PlaceSums(())  # they are twice as large as the Gaussians
        clock.lap("features")
        self._fit_background(photos, poses, generator, report, token)
        clock.lap("coreset")
        rows = torch.arange(len(photos)) if self._background is None else self._background.bank.photos
        companions = companions_of(sessions, rows)
        scored = self._score_goods(aligned, sums, companions, report, token) if len(photos) > 1 else _Scored([], [], [])
        clock.lap("calibrate")
        bank_rows = 0 if self._background is None else len(rows)
        embeddings = stack_embeddings(scored.embeddings, sum(self.backbone.entry.channels))
        return Fitted(scored.maps, embeddings, clock.laps, bank_rows, facts, scored.session_maps)

    def _set_alignment(self, alignment: CoarseAlignment | None) -> None:
        self._alignment = alignment
        hw = self.working_hw if alignment is None else frame_working_hw(alignment.frame, self.recipe.size)
        self._features = PartFeatures(self.backbone, hw, self.settings)
        self._scores = PhotoScores(self.photo_hw, self.working_hw, self.settings.blur_patches, alignment)

    def _find_poses(self, photos: Sequence[ImageRGB], report: OnProgress, token: CancelToken) -> list[Pose]:
        if self._alignment is None:
            return [STILL] * len(photos)
        poses = []
        for index in range(len(photos)):
            token.check()
            poses.append(self._alignment.finder.find(photos[index])[0])
            report(Progress("aligning good photos", index + 1, len(photos)))
        return poses

    def _train_features(
        self, aligned: _Aligned, generator: torch.Generator, report: OnProgress, token: CancelToken
    ) -> dict[str, float]:
        if self.settings.fine_steps > 0 and len(aligned) < 2:
            reason = Message(
                "setting 'fine_steps': one good photo has no other to agree with", "add good photos, or set it to 0"
            )
            raise DetectorError(self.recipe.method, reason)
        return self._features.train(aligned, generator, report, token)

    def _fit_gaussians(
        self,
        aligned: _Aligned,
        generator: torch.Generator,
        report: OnProgress,
        token: CancelToken,
        compared: list[Tensor] | None,
    ) -> PlaceSums:
        """Fit the Gaussians; `compared`, where given, receives patches of each photo to compare photos by."""
        width = sum(self.backbone.entry.channels)
        kept = torch.randperm(width, generator=generator)[: self.settings.channels].sort().values
        self._channels = kept.to(self._device)

        def flat() -> Iterator[Tensor]:
            for features, _ in self._features.stream(aligned, "reading good photos", report, token):
                own = self._flat(features)
                if compared is not None:
                    compared.append(spread(own, COMPARED))
                yield own

        sums = PlaceSums(flat())
        self._gaussians = self._rounded(sums.gaussians(self.settings.ridge, token=token))
        return sums

    def _rounded(self, gaussians: PositionGaussians) -> PositionGaussians:
        # Scoring uses the values that the bundle holds, rounding included: a reopened bundle gives the same scores.
        return unpack_gaussians(pack_gaussians(gaussians), self._device)

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
        self,
        aligned: _Aligned,
        sums: PlaceSums,
        companions: Sequence[Sequence[int]],
        report: OnProgress,
        token: CancelToken,
    ) -> _Scored:
        gaussians = self._trained()
        distances, moves, embeddings = [], [], []
        for features, moved in self._features.stream(aligned, "scoring good photos", report, token):
            left_out = gaussians.leave_one_out(gaussians.distances(self._flat(features)[None]))[0]
            distances.append(left_out.reshape(features.shape[:2]))
            moves.append(moved)
            embeddings.append(embedding(features))
        held_out = self._hold_out(aligned, sums, companions, report, token)
        assert self._channels is not None
        if self.settings.place_quantile > 0.0 and len(aligned) >= 2 * len(self._channels):
            self._place_scale = scale_of_places(torch.stack(distances), self.settings.place_quantile)
        parts, held_out_parts = (
            [self._of_part(*each) for each in zip(one, aligned.poses, moves, strict=False)]
            for one in (distances, held_out)
        )
        besides, held_out_besides = self._beside(aligned, companions, report, token)
        if self._background is not None:
            self._scores.balance(self._background, parts, besides, aligned.poses)
        return _Scored(
            self._joined(parts, besides, aligned), self._joined(held_out_parts, held_out_besides, aligned), embeddings
        )

    def _hold_out(
        self,
        aligned: _Aligned,
        sums: PlaceSums,
        companions: Sequence[Sequence[int]],
        report: OnProgress,
        token: CancelToken,
    ) -> list[Tensor]:
        """Return each photo's distances (h, w) to the Gaussians that were fitted without its session."""
        distances: dict[int, Tensor] = {}
        passes = 2 * len(aligned)
        for members in dict.fromkeys(tuple(one) for one in companions):
            session = aligned.at(members)
            done = 2 * len(distances)
            first, second = (
                self._features.stream(session, HOLDING_OUT, _within(report, start, passes), token)
                for start in (done, done + len(members))
            )
            own = PlaceSums(self._flat(features) for features, _ in first)
            rest = self._rounded(sums.gaussians(self.settings.ridge, without=own, token=token))
            for photo, (features, _) in zip(members, second, strict=True):
                distances[photo] = rest.distances(self._flat(features)[None])[0].reshape(features.shape[:2])
        return [distances[photo] for photo in sorted(distances)]

    def _beside(
        self, aligned: _Aligned, companions: Sequence[Sequence[int]], report: OnProgress, token: CancelToken
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return each photo's distances to the background without its own rows, and without its session's."""
        if self._background is None:
            return [], []
        own, held_out = [], []
        for index, features in self._whole.stream(aligned.photos, "scoring what lies beside the parts", report, token):
            own.append(self._scores.beside(self._background.distances(features, index)))
            if companions:
                held_out.append(self._scores.beside(self._background.distances(features, companions[index])))
        return own, held_out

    def _joined(self, parts: Sequence[Tensor], besides: Sequence[Tensor], aligned: _Aligned) -> list[ScoreMap]:
        each: Sequence[Tensor | None] = besides or [None] * len(parts)
        return [
            self._scores.joined(part, beside, pose, self._background)
            for part, beside, pose in zip(parts, each, aligned.poses, strict=False)
        ]

    # --- scoring ---

    @torch.inference_mode()
    def examine(self, photos: Sequence[ImageRGB]) -> list[Examined]:
        """Score and embed photos; see `inspector.engine.detector.Detector.examine`."""
        return [self._examine_one(photo) for photo in photos]

    def score_maps(self, photos: Sequence[ImageRGB]) -> list[ScoreMap]:
        """Score photos; see `inspector.engine.detector.Detector.score_maps`."""
        return [one.score_map for one in self.examine(photos)]

    def explain(self, photo: ImageRGB, at_xy: tuple[int, int] | None = None) -> Explanation:
        """Explain the score of a place; there is no remembered patch to show beside it."""
        score_map = self.score_maps([photo])[0]
        photo_hw, (rows, columns) = (photo.shape[0], photo.shape[1]), score_map.grid.shape
        cell = cell_to_explain(score_map, photo_hw, at_xy)
        score = float(score_map.grid.flat[cell])
        return Explanation(box_of_cell(cell, (rows, columns), photo_hw), score, score, None)

    def grow(self, wanted: Wanted, report: OnProgress, token: CancelToken) -> tuple[CoarseToFine, GrownMaps]:
        """Refuse: single patches cannot be added to the Gaussians, whose sums are not kept."""
        raise DetectorError(self.recipe.method, _NO_MEMORY)

    def _examine_one(self, photo: ImageRGB) -> Examined:
        gaussians, beside = self._trained(), None
        if self._background is not None:
            beside = self._scores.beside(self._background.distances(self._whole.extract([photo])[0]))
        maps, embeddings = [], []
        for pose in self._poses_to_try(photo):
            features, moved = self._features.extract([self.align(photo, pose)])
            distances = gaussians.distances(self._flat(features[0])[None])[0].reshape(features.shape[1:3])
            part = self._of_part(distances, pose, None if moved is None else moved[0])
            maps.append(self._scores.joined(part, beside, pose, self._background))
            embeddings.append(embedding(features[0]))
        # The best pose's embedding, whichever pose scores lowest: the good photos were embedded in their best pose.
        return Examined(min(maps, key=lambda one: one.score), embeddings[0])

    def align(self, photo: ImageRGB, pose: Pose) -> ImageRGB:
        """Return the backbone's input: the part in the template's pose, or the photo itself without a template."""
        if self._alignment is None:
            return photo
        return self._alignment.crop(photo, pose, self._features.working_hw)

    def _poses_to_try(self, photo: ImageRGB) -> list[Pose]:
        if self._alignment is None:
            return [STILL]
        best, *others = self._alignment.finder.find(photo)
        if self.settings.symmetry == 1.0:
            return [best]
        return [best] + [pose for pose in others if pose.match >= self.settings.symmetry * best.match]

    def _of_part(self, distances: Tensor, pose: Pose, moved: Tensor | None) -> Tensor:
        scaled = distances if self._place_scale is None else distances / self._place_scale
        return self._scores.of_part(scaled, pose, moved)

    def _flat(self, features: Tensor) -> Tensor:
        assert self._channels is not None
        return features.flatten(0, 1)[:, self._channels]

    def _trained(self) -> PositionGaussians:
        if self._gaussians is None:
            raise DetectorError(
                self.recipe.method, "this detector is not trained yet", action="train it or open a bundle first"
            )
        return self._gaussians

    # --- bundle ---

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the trained state: Gaussians, and, where used, alignment, features, scale of places and background."""
        gaussians = pack_gaussians(self._trained())
        assert self._channels is not None
        arrays = gaussians | {"channels": self._channels.cpu().numpy()} | self._features.arrays()
        if self._place_scale is not None:
            arrays["place_scale"] = self._place_scale.cpu().numpy()
        if self._alignment is not None:
            arrays |= self._alignment.arrays()
        if self._background is not None:
            arrays |= self._background.arrays()
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the trained state from a bundle; see `inspector.engine.detector.Detector.restore`."""
        if "template" in arrays:
            self._set_alignment(CoarseAlignment.restore(arrays, self.settings))
        rows, columns = (edge // STRIDE for edge in self._features.working_hw)
        gaussians = unpack_gaussians(arrays, self._device)
        channels = checked(arrays, "channels", np.int64, tuple(gaussians.scale.shape))
        if len(gaussians.mean) != rows * columns or channels.min() < 0 or channels.max() >= self.embedding_width:
            raise ValueError("channels")
        self._channels = torch.from_numpy(channels.copy()).to(self._device)
        if "place_scale" in arrays:
            places = checked(arrays, "place_scale", np.float32, (rows, columns))
            if places.min() < LEAST_SCALE:
                raise ValueError("place_scale")
            self._place_scale = torch.from_numpy(places.copy()).to(self._device)
        self._features.restore(arrays)
        if "background" in arrays:
            self._background = Background.restore(arrays, self.embedding_width, self._device)
        self._gaussians = gaussians


@dataclass(frozen=True, slots=True)
class _Scored:
    """Good photos without their own patches, and without their sessions'; their embeddings."""

    maps: list[ScoreMap]
    session_maps: list[ScoreMap]
    embeddings: list[FloatArray]


def _within(report: OnProgress, start: int, total: int) -> OnProgress:
    return lambda progress: report(Progress(progress.stage, start + progress.done, total))


class _Aligned(Sequence[ImageRGB]):
    """Good photos as the backbone is to see them, one at a time."""

    def __init__(self, detector: CoarseToFine, photos: Sequence[ImageRGB], poses: Sequence[Pose]) -> None:
        self.photos = photos
        self.poses = poses
        self._detector = detector

    def __len__(self) -> int:
        return len(self.photos)

    def at(self, positions: Sequence[int]) -> _Aligned:
        """Return some of them."""
        photos = _Chosen(self.photos, positions)
        return _Aligned(self._detector, photos, [self.poses[position] for position in positions])

    def __getitem__(self, index: Any) -> Any:
        return self._detector.align(self.photos[index], self.poses[index])


class _Chosen(Sequence[ImageRGB]):
    """Some photos of a sequence, none of them kept."""

    def __init__(self, photos: Sequence[ImageRGB], positions: Sequence[int]) -> None:
        self._photos = photos
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, index: Any) -> Any:
        return self._photos[self._positions[index]]
