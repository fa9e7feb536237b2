"""Learned coarse alignment: spatial transformers on the photo and on feature maps.

This is the published form of the first two steps of Focus Your Distribution (FYD, arXiv 2110.04538). Image-level coarse
alignment (ICA) is a spatial transformer (Jaderberg et al., NeurIPS 2015) trained on the pixel-wise difference of pairs
of good photos. Feature-level coarse alignment (FCA) is a transformer behind each used stage of the backbone; the later
losses train it. FYD has no official code: its details come from public summaries, and the localisation net is that of
RegAD (ECCV 2022), which builds on the same idea. `congealing` aligns by search instead, and gives its poses in the same
coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.core.progress import CancelToken, OnProgress, Progress

STAGE = "learning how parts are turned"

Family = Literal[
    "rotation", "translation", "rotation+translation", "rotation+scale", "rotation+scale+translation", "affine"
]

FREEDOMS: dict[Family, tuple[str, ...]] = {
    "rotation": ("angle",),
    "translation": ("shift_y", "shift_x"),
    "rotation+translation": ("angle", "shift_y", "shift_x"),
    "rotation+scale": ("angle", "scale"),
    "rotation+scale+translation": ("angle", "shift_y", "shift_x", "scale"),
    "affine": ("angle", "shift_y", "shift_x", "scale", "aspect", "shear"),
}
"""The freedom of each family; each is a part of "affine"."""


@dataclass(frozen=True, slots=True)
class TransformRange:
    """How far a transformer may go from the identity, to either side.

    Parameters
    ----------
    angle : float
        Radians.
    shift : float
        In edges of the image: 0.25 is a quarter of it.
    scale, aspect : float
        Natural logarithms of the zoom and of the stretch of width against height.
    shear : float
        Slope.

    Notes
    -----
    Deviation: FYD states no limits. Without them the pixel-wise loss zooms into whatever place is flat.
    """

    angle: float = math.pi
    shift: float = 0.25
    scale: float = math.log(1.25)
    aspect: float = math.log(1.25)
    shear: float = 0.25


RESTRICTED = TransformRange()
"""Any rotation, and modest changes otherwise."""

UNRESTRICTED = TransformRange(angle=100.0, shift=100.0, scale=100.0, aspect=100.0, shear=100.0)
"""In effect no limit, as in the paper; to show the effect of the limits."""


class LocalisationNet(nn.Module):
    """Looks at an image or a feature map and says how to transform it (RegAD's localisation net).

    Parameters
    ----------
    channels : int
        Of the input.
    hw : (int, int)
        Height and width of the input.
    outputs : int
        Degrees of freedom.
    generator : torch.Generator
        Draws the weights.

    Notes
    -----
    Convolution 3x3 to 64 and to 16 channels, each with batch normalisation, ReLU and 3x3 maximum at stride 2, then two
    fully connected layers, the last one zero: exactly the identity at the start. Deviation: 256 hidden units where
    RegAD has 1024; the inputs here are smaller, and the bundle carries the weights.
    """

    def __init__(self, channels: int, hw: tuple[int, int], outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        height, width = (math.ceil(math.ceil(edge / 2) / 2) for edge in hw)
        self.look = nn.Sequential(
            nn.Conv2d(channels, 64, 3, padding=1),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
            nn.Conv2d(64, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
            nn.Flatten(),
            nn.Linear(16 * height * width, 256),
            nn.ReLU(),
        )
        self.tell = nn.Linear(256, outputs)
        initialise(self, generator)
        nn.init.zeros_(self.tell.weight)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, outputs)."""
        told: Tensor = self.tell(self.look(inputs))
        return told


class SpatialTransformer(nn.Module):
    """Image-level coarse alignment (FYD's ICA, the transformer h_T).

    Parameters
    ----------
    edge : int
        Edge in pixels of the square images it looks at.
    family : str
        One of `FREEDOMS`.
    limits : TransformRange
        How far it may go.
    generator : torch.Generator
        Draws the weights.
    """

    def __init__(self, edge: int, family: Family, limits: TransformRange, generator: torch.Generator) -> None:
        super().__init__()
        self.edge = edge
        self.family: Family = family
        self.limits = limits
        self.localisation = LocalisationNet(3, (edge, edge), len(FREEDOMS[family]), generator)

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps from template to photo.

        Parameters
        ----------
        images : Tensor, float32, shape (N, 3, H, W)
            Square photos, 0..255.

        Returns
        -------
        Tensor, float32, shape (N, 2, 3)
            In torch's normalised coordinates, as `congealing.pose_matrices`: `warp_by` brings the parts to one pose.
        """
        seen = images
        if images.shape[-1] != self.edge:
            seen = functional.interpolate(images, (self.edge, self.edge), mode="bilinear", antialias=True)
        return transform_matrices(self.localisation(seen / 127.5 - 1.0), self.family, self.limits)


class FeatureTransformer(nn.Module):
    """Feature-level coarse alignment (FYD's FCA): turns a stage's maps, driven by the fine loss alone.

    Parameters
    ----------
    channels : int
        Of the stage.
    hw : (int, int)
        Height and width of the stage's maps.
    family, limits, generator
        As for `SpatialTransformer`.

    Notes
    -----
    The maps are standardised per channel (batch normalisation without weights) first, since a backbone's channels
    differ in scale. Deviation from RegAD, which looks at them as they are.
    """

    def __init__(
        self, channels: int, hw: tuple[int, int], family: Family, limits: TransformRange, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.family: Family = family
        self.limits = limits
        self.standardise = nn.BatchNorm2d(channels, affine=False)
        self.localisation = LocalisationNet(channels, hw, len(FREEDOMS[family]), generator)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the aligned maps (N, C, H, W), and how they were sampled: matrices (N, 2, 3) for `warp_by`."""
        matrices = transform_matrices(self.localisation(self.standardise(maps)), self.family, self.limits)
        return warp_by(maps, matrices), matrices


def transform_matrices(raw: Tensor, family: Family, limits: TransformRange) -> Tensor:
    """Turn a localisation net's outputs into matrices.

    Parameters
    ----------
    raw : Tensor, float, shape (N, number of freedoms of the family)
        Any real numbers; 0 is the identity, exactly.
    family, limits
        Which freedoms, and how far each goes: ``limit * tanh(raw / limit)``, of slope 1 at 0.

    Returns
    -------
    Tensor, float, shape (N, 2, 3)
        ``rotation(angle) * zoom * [[stretch, shear], [0, 1 / stretch]]`` and twice the shift (x, y), from template to
        image, in torch's normalised coordinates (-1..1 over the image's edge).

    Notes
    -----
    Any affine map with a positive determinant can be written so, and each factor limited by itself. Deviation: RegAD's
    "rotation + scale" has two scales. Here it has one, so that a part keeps its proportions unless "affine" is chosen.
    """
    values = dict.fromkeys(FREEDOMS["affine"], raw.new_zeros(len(raw)))
    for name, column in zip(FREEDOMS[family], raw.unbind(dim=1), strict=True):
        limit: float = getattr(limits, name.removesuffix("_x").removesuffix("_y"))
        values[name] = limit * torch.tanh(column / limit)
    cos, sin = values["angle"].cos(), values["angle"].sin()
    zoom, stretch, shear = values["scale"].exp(), values["aspect"].exp(), values["shear"]
    along = torch.stack([cos * stretch, sin * stretch], dim=1)
    across = torch.stack([cos * shear - sin / stretch, sin * shear + cos / stretch], dim=1)
    shift = torch.stack([values["shift_x"], values["shift_y"]], dim=1)
    return torch.stack([zoom[:, None] * along, zoom[:, None] * across, 2.0 * shift], dim=2)


def compose_matrices(outer: Tensor, inner: Tensor) -> Tensor:
    """Return ``outer after inner``, each (N, 2, 3): warping by it is warping by `outer`, then that by `inner`."""
    linear = outer[:, :, :2] @ inner[:, :, :2]
    return torch.cat([linear, outer[:, :, :2] @ inner[:, :, 2:] + outer[:, :, 2:]], dim=2)


def warp_by(images: Tensor, matrices: Tensor, padding: str = "reflection") -> Tensor:
    """Sample each image or map (N, C, H, W) where its matrix (N, 2, 3) sends the output's pixels, bilinearly.

    Reflection at the border as in RegAD; "zeros" and "border" as torch knows them.
    """
    grid = functional.affine_grid(matrices.to(images.dtype), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def alignment_loss(images: Tensor) -> Tensor:
    """Return how far the photos of a batch differ, pixel by pixel (FYD's L_ICA).

    Parameters
    ----------
    images : Tensor, float, shape (N, C, H, W)
        Two at least; gradients flow into all of them.

    Returns
    -------
    Tensor, scalar
        Mean over all ordered pairs of different photos and all pixels of the squared Euclidean norm of the difference
        of two pixels' colours: 0 if all photos are equal.

    Notes
    -----
    Deviation: FYD writes the norm itself and sums. Its square has a closed form, ``2 / (N - 1)`` times the sum of
    squared differences from the mean photo, which costs N and not N^2 differences; its gradient is 0, not undefined,
    where two photos agree. The mean instead of the sum frees the learning rate from batch and photo size.
    """
    offsets = images - images.mean(dim=0)
    return 2.0 / (len(images) - 1) * offsets.square().sum(dim=(0, 1)).mean()


def guarded_alignment_loss(images: Tensor, matrices: Tensor, offset: int) -> Tensor:
    """Return the alignment loss of warped photos against that of the same windows on the wrong photos.

    Parameters
    ----------
    images : Tensor, float, shape (N, C, H, W)
        Before warping.
    matrices : Tensor, float, shape (N, 2, 3)
        One for each photo.
    offset : int
        1..N - 1: how far the matrices are moved along the batch for the comparison.

    Returns
    -------
    Tensor, scalar
        Loss of photo k warped by matrix k, divided by the loss of photo k warped by matrix k - offset. 1 at the
        identity, and for any transform that is the same for all photos; below 1 only if each photo's own transform fits
        it.

    Notes
    -----
    Not in the paper, whose loss is smallest if every part is zoomed into a flat place. Such a zoom lowers both losses
    alike, and gains nothing here.
    """
    aligned = alignment_loss(warp_by(images, matrices))
    crossed = alignment_loss(warp_by(images, matrices.roll(offset, dims=0)))
    return aligned / crossed.clamp_min(1e-12)


def common_drift(matrices: Tensor) -> Tensor:
    """Return the common shift and zoom of matrices (N, 2, 3): squared mean shift plus squared mean log zoom.

    Not in the paper. The guarded loss ignores the common transform and would let the parts drift out of the window; a
    common rotation does not do that.
    """
    shift = matrices[:, :, 2].mean(dim=0)
    zoom = torch.linalg.det(matrices[:, :, :2]).log().mean() / 2.0
    drift: Tensor = shift.square().sum() + zoom.square()
    return drift


@dataclass(frozen=True, slots=True)
class ImageAlignmentFacts:
    """The outcome of training the image-level transformer, over all its photos.

    Parameters
    ----------
    loss_before, loss_after : float
        `alignment_loss` of the photos (0..1) as they are, and warped.
    relative_before, relative_after : float
        The same, divided by the loss of two random pixels of the same windows: below 1 to the extent that the photos
        agree, and not lowered by zooming into a flat place. If it did not fall, the net must not be used: the guarded
        loss lets photos that agreed already drift apart.
    scale : float
        Geometric mean of the zoom; below 1 a part of the photo fills the window.
    angle_spread : float
        Standard deviation of the angles in degrees. Near 0: the net turns all photos alike, that is, aligns nothing.
    """

    loss_before: float
    loss_after: float
    relative_before: float
    relative_after: float
    scale: float
    angle_spread: float


def train_image_alignment(
    images: Tensor,
    family: Family,
    *,
    generator: torch.Generator,
    report: OnProgress,
    token: CancelToken,
    guard: bool = True,
    limits: TransformRange = RESTRICTED,
    steps: int = 1000,
    batch: int = 16,
    learning_rate: float = 0.001,
) -> tuple[SpatialTransformer, ImageAlignmentFacts]:
    """Train the image-level transformer on good photos (FYD's ICA).

    Parameters
    ----------
    images : Tensor, float32, shape (N, 3, E, E)
        Good photos, 0..255, two at least. 32 px are enough; a step costs about 30 ms there on one core.
    family : str
        One of `FREEDOMS`.
    generator : torch.Generator
        On the CPU; draws weights and batches.
    report, token
        Progress, and the wish to stop.
    guard : bool
        Whether to minimise `guarded_alignment_loss` plus `common_drift` in place of the paper's loss.
    limits : TransformRange
        The freedom of the transformer.
    steps, batch, learning_rate
        Of SGD with momentum 0.9 and a cosine schedule, as in FYD's public derivatives; FYD's number of steps is not
        known. Deviation: a tenth of their rate of 0.01. That
        rate drives the net to its limits in a few steps, where its gradient is 0 and every photo is transformed alike.

    Returns
    -------
    transformer : SpatialTransformer
        In evaluation mode, frozen.
    facts : ImageAlignmentFacts

    Notes
    -----
    Deviation: FYD sums this loss and the fine one with weights that are not public. Here the transformer is trained
    first, alone, as its loss depends on nothing else. The net learns a few hundred photos by heart, and aligns new ones
    worse than those.
    """
    transformer = SpatialTransformer(images.shape[-1], family, limits, generator).to(images.device)
    transformer.train()
    optimizer = torch.optim.SGD(transformer.parameters(), lr=learning_rate, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    for step in range(steps):
        token.check()
        chosen = images[torch.randperm(len(images), generator=generator)[:batch].to(images.device)]
        matrices = transformer(chosen)
        if guard:
            offset = int(torch.randint(1, len(chosen), (1,), generator=generator))
            loss = guarded_alignment_loss(chosen / 255.0, matrices, offset) + common_drift(matrices)
        else:
            loss = alignment_loss(warp_by(chosen / 255.0, matrices))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        report(Progress(STAGE, step + 1, steps))
    transformer.eval().requires_grad_(False)
    return transformer, _facts(transformer, images)


@torch.no_grad()
def _facts(transformer: SpatialTransformer, images: Tensor) -> ImageAlignmentFacts:
    matrices = transformer(images)
    before, after = images / 255.0, warp_by(images / 255.0, matrices)
    return ImageAlignmentFacts(
        loss_before=float(alignment_loss(before)),
        loss_after=float(alignment_loss(after)),
        relative_before=_relative_loss(before),
        relative_after=_relative_loss(after),
        scale=float(torch.linalg.det(matrices[:, :, :2]).abs().log().mean().div(2.0).exp()),
        angle_spread=math.degrees(angle_spread(matrices)),
    )


def _relative_loss(images: Tensor) -> float:
    contrast = (images - images.mean(dim=(0, 2, 3), keepdim=True)).square().sum(dim=1).mean()
    return float(alignment_loss(images) / (2.0 * contrast).clamp_min(1e-12))


def angle_spread(matrices: Tensor) -> float:
    """Return the circular standard deviation of the rotations, in radians: ``sqrt(-2 log |mean direction|)``."""
    angles = torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0])
    concentration = torch.hypot(angles.cos().mean(), angles.sin().mean()).clamp(1e-12, 1.0)
    return math.sqrt(max(-2.0 * math.log(float(concentration)), 0.0))


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of all convolutions and linear layers (He et al., ICCV 2015, normal); biases start at zero."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
