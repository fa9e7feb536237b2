"""PatchCore: remember patches of good parts; a new patch is as anomalous as it is far from all of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.arrays import checked
from inspector.core.errors import DetectorError, Message
from inspector.core.judging.explanation import Explanation, RememberedPatch, box_of_cell, cell_to_explain
from inspector.core.progress import CancelToken, OnProgress
from inspector.core.promise.groups import SessionLabels
from inspector.core.training.plan import Recipe, validate_settings
from inspector.core.values import FloatArray, ImageRGB, ScoreMap
from inspector.engine.bank.coreset import coresets_without, greedy_k_centre, project_rows
from inspector.engine.bank.coverage_curve import CoverageCurve
from inspector.engine.bank.folds import Folds, Judge
from inspector.engine.bank.growing import Candidates, grown_bank, joined_candidates, nearer
from inspector.engine.bank.memory_bank import UNKNOWN, MemoryBank
from inspector.engine.bank.neighbours import find_neighbours
from inspector.engine.bank.patch_pool import PatchPool
from inspector.engine.blur import blur_grid
from inspector.engine.detector import Clock, Examined, Fitted, GrownMaps, Wanted
from inspector.engine.device import choose_device
from inspector.engine.features.first_pass import KEPT_BYTES, FirstPass
from inspector.engine.features.fusion import frozen_backbone
from inspector.engine.features.half_precision import halve
from inspector.engine.features.patches import BATCH, PatchExtractor, embedding, sample_patches, stack_embeddings
from inspector.engine.methods.patchcore_settings import PatchCoreSettings
from inspector.engine.methods.turned_photos import TurnedPhotos

POOL_BYTES = 256 * 2**20
"""Most rows of the pool; a large backbone gives fewer rows than requested."""

_REWEIGHTED = Message(
    "setting 'reweight_neighbours': with it, a score may rise when more is remembered, and the threshold's promise "
    "would no longer hold",
    "train again with these photos among the good ones, or with the setting at 0",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Patches of all good photos, as the backbone gives them (N, C) and as the coreset sees them (N, P).

    `origin` (N,) is the photo of each, `chosen` (M,) are those that the bank remembers.
    """

    features: Tensor
    points: Tensor
    origin: Tensor
    chosen: Tensor


class PatchCore:
    """The memory-bank detector; `ReConPatch` derives from it and learns the representation that is remembered.

    Parameters
    ----------
    recipe : Recipe
    photo_hw : (int, int)
        Height and width of the good photos in pixels.
    weights_folder : Path
        Where imported backbone weights lie.
    device : {"auto", "cpu", "cuda"}
    """

    settings_model: ClassVar[type[PatchCoreSettings]] = PatchCoreSettings

    def __init__(self, recipe: Recipe, photo_hw: tuple[int, int], weights_folder: Path, device: str) -> None:
        self.settings = validate_settings(recipe, self.settings_model)
        # The bundle keeps every constant, not only those that differ from today's defaults: those may change.
        self.recipe = recipe.model_copy(update={"settings": self.settings.model_dump()})
        self._device = choose_device(device)
        self.device = self._device.type
        self.backbone = frozen_backbone(recipe.backbone, weights_folder, self._device)
        self.photo_hw = photo_hw
        self.working_hw = recipe.working_hw(photo_hw)
        self.extractor = PatchExtractor(self.backbone, self.working_hw, self.settings.neighbourhood)
        self._bank: MemoryBank | None = None

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
        """Learn from good photos; see `inspector.engine.detector.Detector.fit`."""
        generator = torch.Generator().manual_seed(self.recipe.seed)
        clock = Clock()
        # Where photos are turned, the second pass sees others than the first.
        passes = FirstPass(self.extractor, KEPT_BYTES if self.settings.rotations == 1 else 0)
        drawn = self._draw_pool(passes, photos, generator, report, token)
        pool, origin = drawn.features, drawn.origin
        clock.lap("features")
        facts = self._learn(pool, origin, generator, report, token)
        represented = self._represent(pool)
        clock.lap("fit")
        points = project_rows(represented, self.settings.coreset_dim, generator)
        chosen = greedy_k_centre(points, self.settings.bank_rows, generator=generator, report=report, token=token)
        self._bank = MemoryBank(represented[chosen.to(represented.device)], origin[chosen], drawn.places[chosen])
        clock.lap("coreset")
        coverage = CoverageCurve(self._bank, len(photos), self._score_of, self.recipe.seed)

        def judges(groups: Sequence[int]) -> list[Judge]:
            """Return for each good photo a scorer without its group, if there are several groups."""
            return self._judges(_Pool(pool, points, origin, chosen), groups, token)

        if callable(sessions):
            sessions = sessions(find_neighbours(points, origin, token))
        own, companions = judges(range(len(photos))), judges(sessions or [0])
        streamed = passes.again(photos, "scoring good photos", report, token)
        # A single photo has no other one to be compared with.
        goods = self._score_goods(streamed, own, companions, coverage) if len(photos) > 1 else []
        clock.lap("calibrate")
        embeddings = stack_embeddings([one.embedding for one, _ in goods], pool.shape[1])
        held_out = [held_out for _, held_out in goods if held_out is not None]
        maps = [one.score_map for one, _ in goods]
        return Fitted(maps, embeddings, clock.laps, len(chosen), facts, held_out, coverage.points())

    def examine(self, photos: Sequence[ImageRGB]) -> list[Examined]:
        """Score and embed photos; see `inspector.engine.detector.Detector.examine`."""
        judge, examined = Judge(self._represent, self._trained_bank()), []
        for start in range(0, len(photos), BATCH):
            extracted = self.extractor.extract(photos[start : start + BATCH])
            examined += [Examined(self._score_map(features, judge), embedding(features)) for features in extracted]
        return examined

    def score_maps(self, photos: Sequence[ImageRGB]) -> list[ScoreMap]:
        """Score photos; see `inspector.engine.detector.Detector.score_maps`."""
        return [one.score_map for one in self.examine(photos)]

    @torch.inference_mode()
    def explain(self, photo: ImageRGB, at_xy: tuple[int, int] | None = None) -> Explanation:
        """Explain a place of a photo; see `inspector.engine.detector.Detector.explain`."""
        bank = self._trained_bank()
        features = self.extractor.extract([photo])[0]
        score_map = self._score_map(features, Judge(self._represent, bank))
        photo_hw = (photo.shape[0], photo.shape[1])
        cell = cell_to_explain(score_map, photo_hw, at_xy)
        distance, nearest = bank.nearest(self._represent(features.flatten(0, 1)[cell : cell + 1]))
        row = int(nearest[0])
        remembered = self._remembered(int(bank.photos[row]), None if bank.places is None else int(bank.places[row]))
        box = box_of_cell(cell, self._grid_hw, photo_hw)
        return Explanation(box, float(score_map.grid.flat[cell]), float(distance[0]), remembered)

    @torch.inference_mode()
    def grow(self, wanted: Wanted, report: OnProgress, token: CancelToken) -> tuple[PatchCore, GrownMaps]:
        """Remember patches of false alarms too; see `inspector.engine.detector.Detector.grow`."""
        if self.settings.reweight_neighbours > 0:
            raise DetectorError(self.recipe.method, _REWEIGHTED)
        bank, known, found = self._trained_bank(), [], []
        for index, queries in self._stream_represented(wanted.photos, "reading false alarms", report, token):
            distances, _ = bank.nearest(queries)
            known.append(distances)
            beyond = (distances > wanted.reach).nonzero()[:, 0]
            photos = torch.full((len(beyond),), wanted.first_number + index)
            found.append(Candidates(queries[beyond], distances[beyond], photos, beyond.cpu()))
        grown, after, unaided = copy.copy(self), [], []
        grown._bank = more = grown_bank(bank, joined_candidates(found), wanted.reach, wanted.most_rows, report, token)
        added, origin = more.rows[len(bank.rows) :], more.photos[len(bank.rows) :]
        for index, queries in self._stream_represented(wanted.photos, "scoring false alarms", report, token):
            own = origin == wanted.first_number + index
            by_others = nearer(known[index], queries, added[~own])
            unaided.append(self._blurred(by_others))
            after.append(self._blurred(nearer(by_others, queries, added[own])))
        before = [self._blurred(distances) for distances in known]
        rows = [int((more.photos == wanted.first_number + index).sum()) for index in range(len(after))]
        return grown, GrownMaps(before, after, unaided, rows)

    def _stream_represented(
        self, photos: Sequence[ImageRGB], stage: str, report: OnProgress, token: CancelToken
    ) -> Iterator[tuple[int, Tensor]]:
        for index, features in self.extractor.stream(photos, stage, report, token):
            yield index, self._represent(features.flatten(0, 1))

    def _remembered(self, photo: int, place: int | None) -> RememberedPatch:
        if place is None or place == UNKNOWN:
            return RememberedPatch(photo, None)
        view, cell = divmod(place, self._grid_hw[0] * self._grid_hw[1])
        box = box_of_cell(cell, self._grid_hw, self.photo_hw)
        return RememberedPatch(photo, box, 360.0 * view / self.settings.rotations)

    @property
    def _grid_hw(self) -> tuple[int, int]:
        return self.working_hw[0] // 8, self.working_hw[1] // 8

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return ``bank`` float32 (M, D), ``bank_photos`` int64 (M,) and, where known, ``bank_places`` int64 (M,).

        They are a `MemoryBank`'s rows, the photo that each came from, and where in it.
        """
        bank = self._trained_bank()
        arrays: dict[str, NDArray[Any]] = {"bank": bank.rows.cpu().numpy(), "bank_photos": bank.photos.cpu().numpy()}
        return arrays if bank.places is None else arrays | {"bank_places": bank.places.numpy()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the bank from a bundle; older ones do not know the places of its rows."""
        rows = checked(arrays, "bank", np.float32, (None, self._bank_width(arrays)))
        photos, places = checked(arrays, "bank_photos", np.int64, (len(rows),)), arrays.get("bank_places")
        if photos.min() < 0:
            raise ValueError("bank_photos")
        if places is not None:
            checked(arrays, "bank_places", np.int64, (len(rows),))
            if places.min() < UNKNOWN or places.max() >= self.settings.rotations * math.prod(self._grid_hw):
                raise ValueError("bank_places")
        known = None if places is None else torch.from_numpy(places.copy())
        self._bank = MemoryBank(self._tensor(rows), torch.from_numpy(photos.copy()), known)
        self._restored()

    def _bank_width(self, arrays: Mapping[str, NDArray[Any]]) -> int:
        """Return how wide the rows of a bundle's bank must be."""
        return sum(self.backbone.entry.channels)

    def _restored(self) -> None:
        """Once all is taken from a bundle: make it faster where that changes no score."""
        if self._device.type == "cuda":
            halve(self.extractor, lambda probe: self.score_maps([probe])[0], self.photo_hw)
        else:
            # Parts that compile for a size, and are compared with torch, do so now and not at the first photo.
            self.backbone(torch.zeros(1, 3, *self.working_hw, dtype=torch.uint8))

    def _learn(
        self, pool: Tensor, photos: Tensor, generator: torch.Generator, report: OnProgress, token: CancelToken
    ) -> dict[str, float]:
        """Learn a representation from the pool, whose rows come from `photos` (N,); plain PatchCore learns none."""
        return {}

    def _represent(self, features: Tensor) -> Tensor:
        """Map patch features (..., C) to remembered rows (..., D); plain PatchCore remembers them unchanged."""
        return features

    def _draw_pool(
        self,
        passes: FirstPass,
        photos: Sequence[ImageRGB],
        generator: torch.Generator,
        report: OnProgress,
        token: CancelToken,
    ) -> PatchPool:
        turned = TurnedPhotos(photos, self.photo_hw, self.settings.rotations)
        pool_rows = min(self.settings.pool_rows, POOL_BYTES // (4 * sum(self.backbone.entry.channels)))
        each = max(pool_rows // len(turned), 1)
        most_rows = min(each, self._grid_hw[0] * self._grid_hw[1]) * len(turned)
        drawn = PatchPool(most_rows, sum(self.backbone.entry.channels), self.backbone.device)
        for index, features in passes.stream(turned, "reading good photos", report, token):
            seen = torch.from_numpy(turned.seen(index, (features.shape[0], features.shape[1])))
            rows, among_seen = sample_patches(features[seen.to(features.device)], each, generator)
            view = index % self.settings.rotations
            places = view * seen.numel() + seen.flatten().nonzero()[:, 0][among_seen]
            # A turned copy comes from the same part: it must not help when that part's own score is taken.
            drawn.add(rows, turned.photo_of(index), places)
        return drawn

    def _represent_without(self, photos: Sequence[int]) -> Callable[[Tensor], Tensor]:
        """Return `_represent` as it would be, had it not learned from some of the good photos."""
        return self._represent

    def _judges(self, pool: _Pool, groups: Sequence[int], token: CancelToken) -> list[Judge]:
        folds = Folds(groups)
        if len(folds) < 2:
            return []
        coresets = coresets_without(pool.points, pool.chosen, folds.of_rows(pool.origin), token)
        judges = []
        for fold, rows in enumerate(coresets):
            represent = self._represent_without(folds.photos(fold))
            bank = MemoryBank(represent(pool.features[rows.to(pool.features.device)]), pool.origin[rows])
            judges.append(Judge(represent, bank))
        return [judges[fold] for fold in folds.of_photo]

    def _score_goods(
        self,
        streamed: Iterator[tuple[int, Tensor]],
        judges: Sequence[Judge],
        companions: Sequence[Judge],
        coverage: CoverageCurve,
    ) -> list[tuple[Examined, ScoreMap | None]]:
        """Examine each photo without its own patches, and, where it has a session, score it without its session's."""
        scored = []
        # Taken once, as in `PatchPool`: each photo's small map would otherwise stand between large ones that go.
        grids = np.empty((len(judges), 2, *self._grid_hw), dtype=np.float32)
        for index, features in streamed:
            coverage.add(index, self._represent(features.flatten(0, 1)))
            own = Examined(_laid(self._score_map(features, judges[index]), grids[index, 0]), embedding(features))
            held_out = _laid(self._score_map(features, companions[index]), grids[index, 1]) if companions else None
            scored.append((own, held_out))
        return scored

    @torch.inference_mode()
    def _score_map(self, features: Tensor, judge: Judge) -> ScoreMap:
        queries, bank = judge.represent(features.flatten(0, 1)), judge.bank
        distances, nearest = bank.nearest(queries)
        if self.settings.reweight_neighbours > 0:
            top = distances.argmax()
            distances = distances * bank.reweighting(
                queries[top], distances[top], nearest[top], self.settings.reweight_neighbours
            )
        return self._blurred(distances)

    def _blurred(self, distances: Tensor) -> ScoreMap:
        grid = distances.reshape(self._grid_hw)
        return ScoreMap(blur_grid(grid, self.settings.blur_patches).cpu().numpy(), self.working_hw)

    def _score_of(self, distances: Tensor) -> float:
        return self._blurred(distances).score

    def _trained_bank(self) -> MemoryBank:
        if self._bank is None:
            raise DetectorError(
                self.recipe.method, "this detector is not trained yet", action="train it or open a bundle first"
            )
        return self._bank

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.array(array)).to(self._device)


def _laid(score_map: ScoreMap, grid: FloatArray) -> ScoreMap:
    """Return the same map, its scores in `grid`."""
    grid[:] = score_map.grid
    return ScoreMap(grid, score_map.dense_hw)
