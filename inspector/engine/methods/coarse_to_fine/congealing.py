"""Coarse alignment by search: how each part is turned and shifted against a template made of the good parts themselves.

The image-level step of Focus Your Distribution (FYD, arXiv 2110.04538, section 3.1) with another engine. FYD trains a
spatial transformer on the pixel-wise difference of pairs. On parts in any rotation it aligned nothing: its gradient
reaches only a few degrees, and the difference is smallest when every part is zoomed into a flat place. Congealing
(Learned-Miller, IEEE TPAMI 2006) searches instead: rotations by brute force, shifts by correlation in the Fourier
domain, then a refinement; the template is the mean of the aligned parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inspector.core.photo.resizing import resize_image
from inspector.core.progress import CancelToken
from inspector.core.values import ImageRGB

COARSE_EDGE, FINE_EDGE = 48, 96
ROTATIONS = 36
MAX_SHIFT = 0.4
"""In edges.

Parts anywhere in the photo need it. With 0.25, 42 % of small parts shifted by up to 0.38 were off by more than 10
degrees; with 0.4 and a centred first template, none.
"""

MIN_TURN_BETWEEN_STARTS = math.radians(25)
STARTS = 2
COARSE_STEPS, FINE_STEPS = 8, 6
TEMPLATE_PHOTOS, TEMPLATE_ROUNDS, TEMPLATE_STARTS = 64, 4, 6


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a part lies.

    Parameters
    ----------
    angle : float
        Radians by which the part is turned against the template, in -pi..pi.
    shift_yx : (float, float)
        Shift of the part's centre from the photo's, in edges of the (square) search image: 0.1 is a tenth of it.
    match : float
        Correlation with the template, at most 1. Sliding out of the photo cannot raise it: it is divided by the length
        of the whole photo, not of the visible part.
    deform : ((float, float), (float, float))
        The transform of template places (y, x), as columns, before the rotation: the identity for a search, which turns
        and shifts; zoom, stretch and shear for a learned transformer of a wider family.
    """

    angle: float
    shift_yx: tuple[float, float]
    match: float
    deform: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.0), (0.0, 1.0))


STILL = Pose(0.0, (0.0, 0.0), 1.0)
"""Of a photo that is taken as it is."""


def search_image(photo_rgb: ImageRGB) -> Tensor:
    """Return the images that the search compares: brightness relative to the border, and edges.

    Parameters
    ----------
    photo_rgb : ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
        Gray minus the median of its border, and the gradient's magnitude, each of unit length, so that both count
        alike. A photo that is not square lies in the middle, with zeros beside it.
    """
    longest = max(photo_rgb.shape[:2])
    height, width = (max(round(edge * FINE_EDGE / longest), 1) for edge in photo_rgb.shape[:2])
    gray = torch.from_numpy(resize_image(photo_rgb, (height, width))).float().mean(dim=2)
    border = torch.cat([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    level = gray - border.median()
    dy = functional.pad(gray[2:] - gray[:-2], (0, 0, 1, 1))
    dx = functional.pad(gray[:, 2:] - gray[:, :-2], (1, 1, 0, 0))
    both = torch.stack([level, (dx.square() + dy.square()).sqrt()])
    top, left = (FINE_EDGE - height) // 2, (FINE_EDGE - width) // 2
    both = functional.pad(both, (left, FINE_EDGE - width - left, top, FINE_EDGE - height - top))
    return unit(both)


def unit(both: Tensor) -> Tensor:
    """Return a search image with each of its two channels scaled to unit length."""
    lengths: Tensor = both.flatten(1).norm(dim=1).clamp_min(1e-6)
    return both / lengths[:, None, None]


def _halved(fine: Tensor) -> Tensor:
    return functional.interpolate(fine[None], (COARSE_EDGE, COARSE_EDGE), mode="area")[0]


def warp(images: Tensor, angles: Tensor, shifts_yx: Tensor, *, padding: str = "zeros") -> Tensor:
    """Return images with their parts in the template's pose: each is turned and shifted, with linear interpolation.

    Parameters
    ----------
    images : Tensor, float32, shape (N, C, E, E)
    angles : Tensor, shape (N,)
        Radians.
    shifts_yx : Tensor, shape (N, 2)
        As shares of the image's edge E.
    padding : {"zeros", "border", "reflection"}
        The value outside the image.

    Returns
    -------
    Tensor, float32, shape (N, C, E, E)
    """
    theta = pose_matrices(angles, shifts_yx)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def pose_matrices(angles: Tensor, shifts_yx: Tensor) -> Tensor:
    """Return the maps from template to photo, in torch's normalised coordinates: shape (N, 2, 3)."""
    cos, sin = angles.cos(), angles.sin()
    rows = [torch.stack([cos, -sin, 2 * shifts_yx[:, 1]], dim=1), torch.stack([sin, cos, 2 * shifts_yx[:, 0]], dim=1)]
    return torch.stack(rows, dim=1)


class PoseSearch:
    """Finds a part's pose against a template.

    Parameters
    ----------
    template : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
        In the form of `search_image`.
    """

    def __init__(self, template: Tensor) -> None:
        self.template = template
        self._small = _halved(template)
        angles = torch.arange(ROTATIONS) * (2 * math.pi / ROTATIONS)
        # Turning the part back is warping by its angle; a template turned forward is warped by the negative angle.
        turned = warp(self._small.expand(ROTATIONS, -1, -1, -1), -angles, torch.zeros(ROTATIONS, 2))
        self._angles = angles
        self._spectra = torch.fft.rfft2(turned, s=(2 * COARSE_EDGE, 2 * COARSE_EDGE)).conj()

    def find(self, fine: Tensor) -> list[Pose]:
        """Return up to two poses of the part in a photo, the better first; a symmetric part has two equal matches.

        Parameters
        ----------
        fine : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
            From `search_image`.
        """
        coarse = _halved(fine)
        angles, shifts = self._starts(coarse)
        angles, shifts = _refine(coarse, self._small, angles, shifts, COARSE_STEPS)
        angles, shifts = _refine(fine, self.template, angles, shifts, FINE_STEPS)
        matches = _match(fine, self.template, angles, shifts)
        return [
            Pose(
                math.remainder(float(angles[k]), 2 * math.pi),
                (float(shifts[k, 0]), float(shifts[k, 1])),
                float(matches[k]),
            )
            for k in matches.argsort(descending=True).tolist()
        ]

    def _starts(self, coarse: Tensor) -> tuple[Tensor, Tensor]:
        spectrum = torch.fft.rfft2(coarse, s=(2 * COARSE_EDGE, 2 * COARSE_EDGE))
        correlation = torch.fft.irfft2((spectrum * self._spectra).sum(dim=1))
        reach = round(MAX_SHIFT * COARSE_EDGE)
        offsets = torch.arange(-reach, reach + 1)
        window = correlation[:, offsets][:, :, offsets].flatten(1)
        peaks = window.max(dim=1)
        chosen: list[int] = []
        for index in peaks.values.argsort(descending=True).tolist():
            turns = [abs(math.remainder(float(self._angles[index] - self._angles[k]), 2 * math.pi)) for k in chosen]
            if all(turn > MIN_TURN_BETWEEN_STARTS for turn in turns):
                chosen.append(index)
            if len(chosen) == STARTS:
                break
        places = peaks.indices[chosen]
        span = len(offsets)
        shifts = torch.stack([offsets[places // span], offsets[places % span]], dim=1) / COARSE_EDGE
        return self._angles[chosen], shifts


def _match(image: Tensor, template: Tensor, angles: Tensor, shifts: Tensor) -> Tensor:
    warped = warp(image.expand(len(angles), -1, -1, -1), angles, shifts)
    overlap: Tensor = (warped * template).flatten(1).sum(dim=1)
    return torch.div(overlap, (image.norm() * template.norm()).clamp_min(1e-12))


STEP = (math.radians(0.5), 0.004, 0.004)
"""Finite differences of the refinement: radians, edges, edges."""


def _refine(image: Tensor, template: Tensor, angles: Tensor, shifts: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Move poses uphill by Gauss-Newton on the difference between the warped photo and the scaled template."""
    damping = torch.full((len(angles),), 1e-3)
    best = _match(image, template, angles, shifts)
    for _ in range(steps):
        move = _gauss_newton(image, template, angles, shifts, damping)
        new_angles, new_shifts = angles + move[:, 0], (shifts + move[:, 1:]).clamp(-MAX_SHIFT, MAX_SHIFT)
        match = _match(image, template, new_angles, new_shifts)
        better = match > best
        angles = torch.where(better, new_angles, angles)
        shifts = torch.where(better[:, None], new_shifts, shifts)
        best = torch.where(better, match, best)
        damping = torch.where(better, damping * 0.3, damping * 10.0)
    return angles, shifts


def _gauss_newton(image: Tensor, template: Tensor, angles: Tensor, shifts: Tensor, damping: Tensor) -> Tensor:
    poses = torch.cat([angles[:, None], shifts], dim=1)
    steps = torch.diag(torch.tensor(STEP))
    tried = torch.cat([poses[:, None], poses[:, None] + steps], dim=1).flatten(0, 1)
    warped = warp(image.expand(len(tried), -1, -1, -1), tried[:, 0], tried[:, 1:]).flatten(1)
    warped = warped.reshape(len(poses), 4, -1)
    goal = template.flatten()
    level = (warped[:, 0] @ goal) / goal.square().sum()
    residual = level[:, None] * goal - warped[:, 0]
    slopes = (warped[:, 1:] - warped[:, :1]) / torch.tensor(STEP)[:, None]
    normal = slopes @ slopes.transpose(1, 2)
    diagonal = normal.diagonal(dim1=1, dim2=2)
    normal = normal + torch.diag_embed(diagonal * damping[:, None] + 1e-9)
    move = torch.linalg.solve(normal, (slopes @ residual[:, :, None]))[:, :, 0]
    limit = torch.tensor([math.radians(8), 0.05, 0.05])
    return torch.maximum(torch.minimum(move, limit), -limit)


@dataclass(frozen=True, slots=True)
class Congealed:
    """Good parts aligned to the mean of themselves.

    Parameters
    ----------
    template : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)
        That mean, in the form of `search_image`.
    poses : tuple of Pose
        Of the parts used.
    match_before : float
        Mean correlation of the parts, as they lie, with the mean of the parts as they lie.
    """

    template: Tensor
    poses: tuple[Pose, ...]
    match_before: float

    @property
    def gain(self) -> float:
        """How much of the mismatch alignment removed: 1 all of it, 0 nothing (textures, parts that lie still)."""
        match = sum(pose.match for pose in self.poses) / len(self.poses)
        return (match - self.match_before) / max(1.0 - self.match_before, 1e-6)

    @property
    def concentration(self) -> float:
        """Length of the mean direction of the angles: 1 when all parts lie the same way, near 0 in any rotation."""
        angles = torch.tensor([pose.angle for pose in self.poses])
        return float(torch.hypot(angles.cos().mean(), angles.sin().mean()))

    @property
    def spread(self) -> float:
        """Standard deviation of the shifts, in edges."""
        return float(torch.tensor([pose.shift_yx for pose in self.poses]).std(dim=0, correction=0).norm())


def searches_to_congeal(count: int) -> int:
    """Return how many poses `congeal` searches for in so many photos."""
    return min(count, TEMPLATE_STARTS) * min(count, _trial(count)) + TEMPLATE_ROUNDS * count


def _trial(count: int) -> int:
    return max(count // 4, 8)


def congeal(photos: Sequence[Tensor], token: CancelToken, searched: Callable[[], None] = lambda: None) -> Congealed:
    """Align good parts to the mean of themselves, again and again.

    Parameters
    ----------
    photos : sequence of Tensor, float32, each (2, FINE_EDGE, FINE_EDGE)
        Search images of good parts in random order; the first few are tried as first template.
    token : CancelToken
        The wish to stop.
    searched : callable
        Called after each pose that was searched for; see `searches_to_congeal`.

    Returns
    -------
    Congealed
    """
    trial = photos[: _trial(len(photos))]
    trials = [_round(trial, _centred(first), token, searched) for first in photos[:TEMPLATE_STARTS]]
    template = max(trials, key=lambda one: sum(pose.match for pose in one[1]))[0]
    poses: list[Pose] = []
    for _ in range(TEMPLATE_ROUNDS):
        template, poses = _round(photos, template, token, searched)
    mean = unit(torch.stack(list(photos)).mean(dim=0))
    before = sum(float((photo * mean).sum() / (photo.norm() * mean.norm())) for photo in photos) / len(photos)
    return Congealed(template, tuple(poses), before)


def _centred(image: Tensor) -> Tensor:
    """Move the salient area of a search image to its middle, so that no other part is too far from it."""
    weight = image.square().sum(dim=0)
    weight = weight / weight.sum().clamp_min(1e-12)
    ramp = (torch.arange(FINE_EDGE) + 0.5) / FINE_EDGE - 0.5
    shift = torch.stack([(weight.sum(dim=1) * ramp).sum(), (weight.sum(dim=0) * ramp).sum()])
    return warp(image[None], torch.zeros(1), shift[None])[0]


def _round(
    photos: Sequence[Tensor], template: Tensor, token: CancelToken, searched: Callable[[], None]
) -> tuple[Tensor, list[Pose]]:
    search = PoseSearch(template)
    poses = []
    for photo in photos:
        token.check()
        poses.append(search.find(photo)[0])
        searched()
    aligned = warp(
        torch.stack(list(photos)),
        torch.tensor([pose.angle for pose in poses]),
        torch.tensor([pose.shift_yx for pose in poses]),
    )
    return unit(aligned.mean(dim=0)), poses
