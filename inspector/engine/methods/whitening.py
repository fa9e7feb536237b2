"""Linear maps of patch features that come from their statistics alone: where ReConPatch's f may start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inspector.core.progress import CancelToken

QUERIES = 8_000
"""Patches whose nearest patch in another photo is looked for; more measured no different, and time grows with it."""

CHUNK = 1_000
"""Queries whose distances to all rows are held in memory at once."""


def half_whitening(rows: Tensor, dim: int, floor: float) -> Tensor:
    """Return the map to principal axes whose spread is evened out half way.

    Parameters
    ----------
    rows : Tensor, float32, shape (N, C)
        Centred.
    dim : int
        Axes kept, those of the largest eigenvalues.
    floor : float
        Added to each eigenvalue, in units of their mean, so that axes of mere noise are not blown up.

    Returns
    -------
    Tensor, float32, shape (dim, C)
        On the CPU. Each axis points so that its largest component is positive: an eigenvector's sign is arbitrary.
    """
    # Double precision on the CPU: small and exact, and the same on every device.
    double = rows.double().cpu()
    values, axes = _principal_axes(double.T @ double / len(rows), dim)
    return (axes * (values + floor * double.square().mean()).pow(-0.25)).T.float().contiguous()


@dataclass(frozen=True, slots=True, eq=False)
class Counterparts:
    """Patches beside the nearest patch of another photo: how good parts vary.

    Parameters
    ----------
    differences : Tensor, float32, shape (Q, C)
        Patch minus counterpart.
    photos : Tensor of int64, shape (Q, 2)
        The photo of the patch, and the photo of its counterpart. On the CPU, as `differences`.
    """

    differences: Tensor
    photos: Tensor

    def evening(self, floor: float, without: Sequence[int] = ()) -> Tensor:
        """Return the map that evens out the differences half way.

        Directions in which a patch and its counterpart differ are the variation of good parts: they count less.
        Directions in which they agree count more: what differs there is unusual.

        Parameters
        ----------
        floor : float
            Added to the eigenvalues of the differences' second moments, in units of their mean.
        without : sequence of int
            Photos to leave out: pairs with such a photo on either side are left out. Where nothing would be left (two
            photos), all is taken.

        Returns
        -------
        Tensor, float64, shape (C, C)
            Symmetric, positive definite.
        """
        known = ~torch.isin(self.photos, torch.tensor(without, dtype=torch.int64)).any(dim=1)
        differences = (self.differences[known] if known.any() else self.differences).double()
        values, axes = torch.linalg.eigh(differences.T @ differences / len(differences))
        values = values.clamp_min(0.0)
        evened: Tensor = (axes * (values + floor * values.mean()).pow(-0.25)) @ axes.T
        return evened


def residual_whitening(rows: Tensor, counterparts: Counterparts, dim: int, floor: float) -> Tensor:
    """Return the map that evens out, half way, how good patches differ from their counterparts in other photos.

    Parameters
    ----------
    rows : Tensor, float32, shape (N, C)
        Centred patch features.
    counterparts : Counterparts
        Of these rows; see `Counterparts.evening`.
    dim : int
        Axes kept, the principal ones of the mapped rows.
    floor : float
        As in `half_whitening`, on the eigenvalues of the differences' second moments.

    Returns
    -------
    Tensor, float32, shape (dim, C)
        On the CPU.

    Notes
    -----
    Within-class covariance normalisation with each patch and its counterpart as a class. Not in the ReConPatch paper,
    which is silent on how f starts; the exponent -1/4 instead of -1/2 as in `half_whitening`.
    """
    evened = counterparts.evening(floor)
    double = rows.double().cpu() @ evened
    _, principal = _principal_axes(double.T @ double / len(rows), dim)
    mapped: Tensor = principal.T @ evened
    return mapped.float().contiguous()


def find_counterparts(
    rows: Tensor, photos: Tensor, generator: torch.Generator, token: CancelToken | None = None
) -> Counterparts:
    """Find the nearest patch of another photo for some patches, `QUERIES` at most.

    Parameters
    ----------
    rows : Tensor, float32, shape (N, C)
        Patch features.
    photos : Tensor of int64, shape (N,)
        Which photo each row comes from; two at least.
    generator : torch.Generator
        On the CPU; draws the patches that are compared.
    token : CancelToken or None
        The wish to stop, read before each chunk of patches.
    """
    token = token or CancelToken()
    photos = photos.to(rows.device)
    queries = torch.randperm(len(rows), generator=generator)[:QUERIES].to(rows.device)
    squared_norms = rows.square().sum(dim=1)
    found, pairs = [], []
    for chunk in queries.split(CHUNK):
        token.check()
        ranking = torch.addmm(squared_norms, rows[chunk], rows.T, alpha=-2.0)
        ranking.masked_fill_(photos[chunk, None] == photos[None, :], torch.inf)
        nearest = ranking.argmin(dim=1)
        found.append((rows[chunk] - rows[nearest]).cpu())
        pairs.append(torch.stack([photos[chunk], photos[nearest]], dim=1).cpu())
    return Counterparts(torch.cat(found), torch.cat(pairs))


def _principal_axes(moments: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return the `dim` largest eigenvalues of second moments (C, C), and their axes (C, dim) with settled signs."""
    values, vectors = torch.linalg.eigh(moments)
    values, vectors = values.flip(0)[:dim].clamp_min(0.0), vectors.flip(1)[:, :dim]
    signs = vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True)).sign()
    return values, vectors * signs
