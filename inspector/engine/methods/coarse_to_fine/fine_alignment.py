"""Fine alignment: what lies at one place of all good parts is pulled together, without contrast (FYD's third step).

Focus Your Distribution (FYD, arXiv 2110.04538) trains features densely by a non-contrastive pretext task in the form of
SimSiam (Chen and He, CVPR 2021). No official code exists. Statements on FYD come from public notes on it and from its
derivatives; the heads are those of RegAD (ECCV 2022).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inspector.core.arrays import checked
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.engine.features.backbones import Backbone
from inspector.engine.features.patches import patch_features
from inspector.engine.methods.coarse_to_fine.spatial_transformer import (
    RESTRICTED,
    Family,
    FeatureTransformer,
    TransformRange,
    angle_spread,
    compose_matrices,
    initialise,
)

STAGE = "matching places over good photos"


def dense_similarity_loss(q: Tensor, z: Tensor) -> Tensor:
    """Return how little each photo's predictions agree with the projections of all others (FYD's fine loss).

    Parameters
    ----------
    q : Tensor, float, shape (N, C, H, W)
        Predictions; gradients flow into them.
    z : Tensor, float, shape (N, C, H, W)
        Projections; they are goals, and no gradient flows into them.

    Returns
    -------
    Tensor, scalar
        ``-mean cos(q_a, z_b)`` over all positions and all ordered pairs a != b of photos: -1 if all agree, at most 1.

    Notes
    -----
    With unit vectors, ``sum_{a != b} <q_a, z_b> = <sum_a q_a, sum_b z_b> - sum_a <q_a, z_a>``: all pairs at the cost of
    N. FYD's half of D(q_a, z_b) and half of D(q_b, z_a) for each unordered pair is the same mean.
    """
    count = len(q)
    predicted, goal = functional.normalize(q, dim=1), functional.normalize(z.detach(), dim=1)
    every = (predicted.sum(dim=0) * goal.sum(dim=0)).sum(dim=0)
    same = (predicted * goal).sum(dim=(0, 1))
    return -(every - same).mean() / (count * (count - 1))


class Heads(nn.Module):
    """Projector E and predictor P (RegAD's, which has FYD's): 1x1 convolutions, so that places stay apart.

    Parameters
    ----------
    channels : int
        Of the features, and of everything after them: RegAD keeps the width too.
    generator : torch.Generator
        Draws the weights.
    """

    def __init__(self, channels: int, generator: torch.Generator) -> None:
        super().__init__()
        self.projector = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
        )
        self.predictor = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
        )
        initialise(self, generator)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return predictions q and projections z of features, all (N, C, H, W)."""
        z = self.projector(features)
        return self.predictor(z), z


class AdaptedBackbone(nn.Module):
    """A backbone's own copy that may be trained on, with a transformer after each used stage if asked for.

    Parameters
    ----------
    backbone : Backbone
        Stays as it is.
    family : str or None
        Of the feature-level transformers (FYD's FCA); None: there are none.
    limits : TransformRange
        How far they may go.
    working_hw : (int, int)
        Height and width of the photos in pixels, multiples of 32.
    generator : torch.Generator
        Draws the transformers' weights.

    Notes
    -----
    As in FYD, the output of a stage's transformer is the input of the next stage. The transformers start as the
    identity, and then the maps are the backbone's own.
    """

    def __init__(
        self,
        backbone: Backbone,
        family: Family | None,
        limits: TransformRange,
        working_hw: tuple[int, int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.backbone = copy.deepcopy(backbone)
        self.transformers = nn.ModuleList()
        self._found: list[Tensor] = []
        if family is not None:
            for channels, stride in zip(backbone.entry.channels, _strides(backbone), strict=True):
                hw = (working_hw[0] // stride, working_hw[1] // stride)
                self.transformers.append(FeatureTransformer(channels, hw, family, limits, generator))
            self.transformers.to(backbone.device)
            for stage, transformer in zip(_stage_modules(self.backbone), self.transformers, strict=True):
                stage.register_forward_hook(lambda _stage, _inputs, maps, one=transformer: self._align(one, maps))
        self.eval().requires_grad_(False)

    def forward(self, images_rgb: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Extract aligned feature maps.

        Parameters
        ----------
        images_rgb : Tensor of uint8 or float32 in 0..255, shape (N, 3, H, W)

        Returns
        -------
        maps : list of Tensor, float32
            As `Backbone` gives them, aligned.
        matrices : list of Tensor, float32, each (N, 2, 3)
            For each stage, the map from its places to those of the photo, in torch's normalised coordinates: its own
            transformer and those before it. Empty without transformers.
        """
        self._found = []
        maps: list[Tensor] = self.backbone(images_rgb)
        found, self._found = self._found, []
        return maps, found

    def _align(self, transformer: nn.Module, maps: Tensor) -> Tensor:
        aligned, matrices = transformer(maps)
        self._found.append(compose_matrices(self._found[-1], matrices) if self._found else matrices)
        assert isinstance(aligned, Tensor)
        return aligned

    def block_parameters(self) -> dict[str, nn.Parameter]:
        """Return the trained part of the backbone: all parameters from the first used stage on, by name."""
        named = list(self.backbone.network.named_parameters())
        first = next(_stage_modules(self.backbone)[0].parameters())
        start = next(index for index, (_, parameter) in enumerate(named) if parameter is first)
        return dict(named[start:])

    def arrays(self, blocks: bool) -> dict[str, NDArray[Any]]:
        """Return the trained state for the bundle, float32; the blocks only if they were trained."""
        arrays = {f"transformers.{name}": array for name, array in module_arrays(self.transformers).items()}
        if blocks:
            for name, parameter in self.block_parameters().items():
                arrays[f"blocks.{name}"] = parameter.detach().cpu().contiguous().numpy()
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]], blocks: bool) -> None:
        """Take the state from `arrays`; KeyError if a part is missing, ValueError if its shape does not fit."""
        prefix = "transformers."
        own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        restore_module(self.transformers, own)
        for name, parameter in self.block_parameters().items() if blocks else ():
            array = checked(arrays, f"blocks.{name}", np.float32, tuple(parameter.shape))
            parameter.data.copy_(torch.from_numpy(array.copy()))


def _stage_modules(backbone: Backbone) -> list[nn.Module]:
    network = backbone.network
    names: list[str] = network.feature_info.module_name()  # type: ignore[operator, union-attr]
    known = dict(network.named_modules())
    # timm flattens some models, and then joins the names with "_".
    return [known[name] if name in known else known[name.replace(".", "_")] for name in names]


def _strides(backbone: Backbone) -> list[int]:
    strides: list[int] = backbone.network.feature_info.reduction()  # type: ignore[operator, union-attr]
    return strides


@dataclass(frozen=True, slots=True)
class FineAlignmentSettings:
    """Constants of the training.

    Parameters
    ----------
    trains : {"heads", "blocks"}
        Heads alone on frozen features, or the backbone's blocks from the first used stage on as well. FYD trains the
        whole network.
    feature_family : str or None
        Transformers after each used stage (FCA), trained along; None: none.
    limits : TransformRange
        Of those transformers.
    steps, batch : int
        FYD's are not known; its public derivatives take batches of 32 for 50 epochs.
    learning_rate : float
        Of SGD with momentum 0.9 and a cosine schedule, for everything that is trained. Derivatives: 1e-4 over many more
        steps.
    neighbourhood : int
        Edge of the square of patches that each patch is averaged over before the heads, as in the density model.
    """

    trains: Literal["heads", "blocks"] = "blocks"
    feature_family: Family | None = None
    limits: TransformRange = RESTRICTED
    steps: int = 100
    batch: int = 16
    learning_rate: float = 0.01
    neighbourhood: int = 3


@dataclass(frozen=True, slots=True)
class FineAlignmentFacts:
    """The outcome of training.

    Parameters
    ----------
    first_loss, last_loss : float
        Mean of the first and last tenth of the steps, in -1..1.
    spread : float
        Standard deviation of unit-length projections over places and photos, mean over channels, in units of
        ``1 / sqrt(channels)`` (SimSiam, section 4.1), last tenth of the steps: 1 is the most, 0 is collapse.
    photo_spread_before, photo_spread : float
        The same over the photos at one place, first and last tenth. Near 0 while `spread` is not: the projections
        encode the place and ignore its content; a defect would not be farther from it.
    angle_spreads : tuple of float
        For each feature-level transformer, how much its angle differs between the photos of the last batch: standard
        deviation, degrees. Near 0: it turns all alike, and aligns nothing.
    """

    first_loss: float
    last_loss: float
    spread: float
    photo_spread_before: float
    photo_spread: float
    angle_spreads: tuple[float, ...]


def train_fine_alignment(
    backbone: Backbone,
    photos: Sequence[Tensor],
    settings: FineAlignmentSettings,
    *,
    generator: torch.Generator,
    report: OnProgress,
    token: CancelToken,
) -> tuple[AdaptedBackbone, Heads, FineAlignmentFacts]:
    """Train features so that they agree at each place of all good parts (FYD's fine alignment).

    Parameters
    ----------
    backbone : Backbone
        Where to start from; it stays as it is.
    photos : sequence of Tensor of uint8, each (3, H, W)
        Good photos, coarsely aligned, two at least; H and W multiples of 32. Only a batch is read at a time.
    settings : FineAlignmentSettings
        Constants.
    generator : torch.Generator
        On the CPU; draws weights and batches.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    adapted : AdaptedBackbone
        In evaluation mode, frozen, as are the heads.
    heads : Heads
    facts : FineAlignmentFacts

    Notes
    -----
    Deviations: the heads see the features of all used stages, averaged over the neighbourhood and resized to the finest
    grid. RegAD's heads see the last stage alone. So every feature that is modelled afterwards is trained. The
    backbone's batch statistics stay as they were: good photos of one part are no sample to take them from.
    """
    working_hw = (photos[0].shape[1], photos[0].shape[2])
    adapted = AdaptedBackbone(backbone, settings.feature_family, settings.limits, working_hw, generator)
    heads = Heads(sum(backbone.entry.channels), generator).to(backbone.device)
    optimizer = _optimizer(adapted, heads, settings)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=settings.steps)
    rows: list[tuple[float, float, float]] = []
    angles: tuple[float, ...] = ()
    for step in range(settings.steps):
        token.check()
        chosen = torch.randperm(len(photos), generator=generator)[: settings.batch].tolist()
        images = torch.stack([photos[index] for index in chosen])
        maps, matrices = adapted(images.to(next(heads.parameters()).device))
        q, z = heads(patch_features(maps, settings.neighbourhood).permute(0, 3, 1, 2))
        loss = dense_similarity_loss(q, z)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        rows.append((float(loss.detach()), *projection_spreads(z)))
        angles = tuple(float(np.degrees(angle_spread(one.detach()))) for one in matrices)
        report(Progress(STAGE, step + 1, settings.steps))
    adapted.eval().requires_grad_(False)
    heads.eval().requires_grad_(False)
    return adapted, heads, _facts(rows, angles)


def _optimizer(adapted: AdaptedBackbone, heads: Heads, settings: FineAlignmentSettings) -> torch.optim.Optimizer:
    # Only the heads and transformers take batch statistics; the backbone stays in evaluation mode.
    heads.train()
    adapted.transformers.train().requires_grad_(True)
    trained = [*heads.parameters(), *adapted.transformers.parameters()]
    if settings.trains == "blocks":
        blocks = list(adapted.block_parameters().values())
        for parameter in blocks:
            parameter.requires_grad_(True)
        trained += blocks
    return torch.optim.SGD(trained, lr=settings.learning_rate, momentum=0.9)


@torch.no_grad()
def projection_spreads(z: Tensor) -> tuple[float, float]:
    """Return how much unit-length projections (N, C, H, W) vary: over places and photos, and over photos at one place.

    Each is the mean over channels of the standard deviation, times ``sqrt(C)``: at most 1, and 0 if they are all equal.
    """
    unit = functional.normalize(z, dim=1)
    root = unit.shape[1] ** 0.5
    everywhere = unit.transpose(0, 1).flatten(1).std(dim=1, correction=0).mean()
    at_one_place = unit.var(dim=0, correction=0).mean(dim=(1, 2)).sqrt().mean()
    return float(everywhere) * root, float(at_one_place) * root


def _facts(rows: Sequence[tuple[float, float, float]], angles: tuple[float, ...]) -> FineAlignmentFacts:
    tenth = max(len(rows) // 10, 1)
    first, last = np.mean(rows[:tenth], axis=0), np.mean(rows[-tenth:], axis=0)
    return FineAlignmentFacts(
        first_loss=float(first[0]),
        last_loss=float(last[0]),
        spread=float(last[1]),
        photo_spread_before=float(first[2]),
        photo_spread=float(last[2]),
        angle_spreads=angles,
    )


def module_arrays(module: nn.Module) -> dict[str, NDArray[Any]]:
    """Return a trained module's state for the bundle: parameters and batch statistics by name, float32."""
    return {name: tensor.cpu().numpy() for name, tensor in _stored(module).items()}


def restore_module(module: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Take the state from `module_arrays`; KeyError if a part is missing, ValueError if its shape does not fit."""
    for name, tensor in _stored(module).items():
        array = checked(arrays, name, np.float32, tuple(tensor.shape))
        if name.endswith("running_var") and array.min() < 0.0:
            raise ValueError(name)
        tensor.copy_(torch.from_numpy(array.copy()))


def _stored(module: nn.Module) -> dict[str, Tensor]:
    # The count of batches seen matters only to training that goes on.
    return {name: tensor.detach() for name, tensor in module.state_dict().items() if tensor.is_floating_point()}
