"""Geometry of aligned parts: the template's frame, the photo's frame, and the way there and back.

Places are (y, x) from the photo's centre in units of its longer edge. A pose takes template to photo:
``v = R(angle) D u + shift``, where D is the pose's deformation, the identity unless a transformer was learned.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inspector.core.photo.resizing import resize_image
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.methods.coarse_to_fine.congealing import FINE_EDGE, Pose

MARGIN = 0.03
"""Margin on each side of the foreground's box, in longer edges: half a patch of context at 256 px."""


@dataclass(frozen=True, slots=True)
class TemplateFrame:
    """The part of the template that is looked at.

    Parameters
    ----------
    centre_yx : (float, float)
    size_hw : (float, float)
    """

    centre_yx: tuple[float, float]
    size_hw: tuple[float, float]

    @property
    def area(self) -> float:
        """In squared longer edges of the photo."""
        return self.size_hw[0] * self.size_hw[1]


def whole_frame(photo_hw: tuple[int, int]) -> TemplateFrame:
    """Return the frame of the whole photo."""
    longest = max(photo_hw)
    return TemplateFrame((0.0, 0.0), (photo_hw[0] / longest, photo_hw[1] / longest))


def foreground_mask(template: Tensor) -> Tensor:
    """Return where the part is in a template: Otsu's threshold on its difference from the border.

    Parameters
    ----------
    template : Tensor, float32, shape (2, FINE_EDGE, FINE_EDGE)

    Returns
    -------
    Tensor of bool, shape (FINE_EDGE, FINE_EDGE)
        Without specks smaller than 3 pixels.
    """
    level = template[0].abs()
    mask = (level > _otsu(level)).float()[None, None]
    eroded = -functional.max_pool2d(-mask, 3, stride=1, padding=1)
    return functional.max_pool2d(eroded, 3, stride=1, padding=1)[0, 0] > 0


def _otsu(values: Tensor) -> float:
    ordered = values.flatten().sort().values.double()
    count = torch.arange(1, len(ordered), dtype=torch.float64)
    below = ordered.cumsum(dim=0)[:-1]
    rest = len(ordered) - count
    gap = below / count - (ordered.sum() - below) / rest
    return float(ordered[int((count * rest * gap.square()).argmax())])


def box_of(mask: Tensor) -> TemplateFrame:
    """Return the frame that holds a mask of shape (FINE_EDGE, FINE_EDGE), with `MARGIN` around it."""
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    top, bottom = int(rows[0]) / FINE_EDGE - 0.5 - MARGIN, (int(rows[-1]) + 1) / FINE_EDGE - 0.5 + MARGIN
    left, right = int(columns[0]) / FINE_EDGE - 0.5 - MARGIN, (int(columns[-1]) + 1) / FINE_EDGE - 0.5 + MARGIN
    return TemplateFrame(((top + bottom) / 2, (left + right) / 2), (bottom - top, right - left))


def frame_working_hw(frame: TemplateFrame, size: int) -> tuple[int, int]:
    """Return the working size of a frame: about ``size * size`` pixels at its aspect ratio."""
    return Recipe(size=size).working_hw((round(frame.size_hw[0] * 10_000), round(frame.size_hw[1] * 10_000)))


def aligned_crop(photo_rgb: ImageRGB, pose: Pose, frame: TemplateFrame, out_hw: tuple[int, int]) -> ImageRGB:
    """Cut the frame out of a photo, turned to the template's pose, from the photo's full resolution.

    Parameters
    ----------
    photo_rgb : ndarray of uint8, shape (H, W, 3)
    pose : Pose
    frame : TemplateFrame
    out_hw : (int, int)

    Returns
    -------
    ndarray of uint8, shape (*out_hw, 3)
        Beyond the photo its border is repeated.
    """
    longest = max(photo_rgb.shape[:2])
    # Shrink by area first: bilinear sampling of a much larger photo would alias.
    factor = min(out_hw[0] / (frame.size_hw[0] * longest), 1.0)
    reduced = resize_image(photo_rgb, (round(photo_rgb.shape[0] * factor), round(photo_rgb.shape[1] * factor)))
    image = torch.from_numpy(reduced).permute(2, 0, 1)[None].float()
    places = _to_photo(_centres(frame, out_hw), pose)
    sampled = _sample(image, places, whole_frame(photo_rgb.shape[:2]), "border")
    return sampled[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).contiguous().numpy()


def to_photo_frame(
    aligned: Tensor,
    pose: Pose,
    frame: TemplateFrame,
    photo_hw: tuple[int, int],
    out_hw: tuple[int, int],
    *,
    padding: str,
    moved: Tensor | None = None,
) -> Tensor:
    """Bring a map of the aligned frame back to the photo's own frame.

    Parameters
    ----------
    aligned : Tensor, float32, shape (h, w)
    pose : Pose
    frame : TemplateFrame
    photo_hw : (int, int)
        Of the photo, for its aspect ratio.
    out_hw : (int, int)
        Of the result, which covers the whole photo.
    padding : {"border", "zeros"}
        The value outside the frame.
    moved : Tensor, shape (2, 3), optional
        How a feature-level transformer sampled the frame before: from the map's places to the frame's, in torch's
        normalised coordinates. It is undone too.

    Returns
    -------
    Tensor, float32, shape `out_hw`
    """
    places = _to_template(_centres(whole_frame(photo_hw), out_hw), pose)
    return _sample(aligned[None, None], places, frame, padding, moved)[0, 0]


def _centres(frame: TemplateFrame, grid_hw: tuple[int, int]) -> Tensor:
    """Return the places (y, x) of the cells' centres of a grid over a frame: shape (h, w, 2)."""
    axes = [
        ((torch.arange(cells) + 0.5) / cells - 0.5) * extent + centre
        for cells, extent, centre in zip(grid_hw, frame.size_hw, frame.centre_yx, strict=True)
    ]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)


def _rotation(angle: float) -> Tensor:
    """Return the matrix that turns row vectors (y, x)."""
    turn = torch.tensor(angle, dtype=torch.float64)
    cos, sin = float(turn.cos()), float(turn.sin())
    return torch.tensor([[cos, -sin], [sin, cos]])


def _to_photo(places: Tensor, pose: Pose) -> Tensor:
    return places @ torch.tensor(pose.deform).T @ _rotation(pose.angle) + torch.tensor(pose.shift_yx)


def _to_template(places: Tensor, pose: Pose) -> Tensor:
    (a, b), (c, d) = pose.deform
    inverse = torch.tensor([[d, -b], [-c, a]]) / (a * d - b * c)
    return (places - torch.tensor(pose.shift_yx)) @ _rotation(pose.angle).T @ inverse.T


def _sample(image: Tensor, places: Tensor, frame: TemplateFrame, padding: str, moved: Tensor | None = None) -> Tensor:
    relative = (places - torch.tensor(frame.centre_yx)) / torch.tensor(frame.size_hw) * 2.0
    relative = relative.flip(-1)
    if moved is not None:
        relative = (relative - moved[:, 2]) @ torch.linalg.inv(moved[:, :2]).T
    return functional.grid_sample(image, relative[None], padding_mode=padding, align_corners=False)
