"""The settings of PatchCore and ReConPatch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PatchCoreSettings(BaseModel):
    """Constants of PatchCore (arXiv 2106.08265), and where they come from.

    Parameters
    ----------
    neighbourhood : int
        Odd edge of the square of patches that each patch is averaged over. Paper, section 3.1: 3.
    pool_rows : int
        Patches drawn at random from all good photos, evenly, from which the bank is chosen; at most what fits
        `POOL_BYTES`. Bounds memory and time whatever the number of photos. The paper chooses from all patches, and so
        does the default up to 195 photos at 256 px (docs/adr/0019).
    bank_rows : int
        Patches remembered. The paper keeps 1 to 25 % of all; a fixed number keeps inspection equally fast after 100
        good photos and after 10,000.
    coreset_dim : int
        Dimensions of the random projection in which the coreset's distances are measured; 0 measures them exactly.
        The paper projects; measured exactly, the farthest patch of 150 solar cells is 13 % nearer to the bank.
    blur_patches : float
        Standard deviation, in patches, of the Gaussian blur of the score map. The paper blurs the map only (sigma 4 px
        at 224 px, that is 0.5 patches). Here score and regions come from the same blurred map (docs/adr/0009), and 0.8
        measured better than no blur.
    rotations : int
        Number of rotations of each good photo about its centre, evenly over the full circle, to fill the pool; 1 leaves
        the photos unturned. For few good photos of parts that come in any rotation. Not in the paper.
    reweight_neighbours : int
        b of the paper's equation 7, 0 leaves it out. The whole map is scaled, so that score and regions agree; the
        paper scales the score alone. Left out by default, as the official code does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    neighbourhood: int = Field(default=3, ge=1, le=9)
    pool_rows: int = Field(default=200_000, ge=2)
    bank_rows: int = Field(default=4_000, ge=2)
    coreset_dim: int = Field(default=0, ge=0)
    blur_patches: float = Field(default=0.8, ge=0.0, le=8.0)
    rotations: int = Field(default=1, ge=1, le=72)
    reweight_neighbours: int = Field(default=0, ge=0)
