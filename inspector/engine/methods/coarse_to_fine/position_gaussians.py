"""One Gaussian per place: the look of good parts there, and the distance of a new part from it (PaDiM, 2011.08785)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inspector.core.arrays import checked
from inspector.core.progress import CancelToken

LEAST_DEVIATION = 1e-12
"""Features are divided by the standard deviation of their channel."""

POSITIONS_AT_ONCE = 256
"""Places whose covariances are factored together; bounds the memory beside the model itself."""


class PositionGaussians:
    """A Gaussian of the features at each place of the grid.

    Parameters
    ----------
    mean : Tensor, float32, shape (P, C)
        Of the standardised features at each of the P places.
    whitener : Tensor, float32, shape (P, C, C)
        Lower triangular: the inverse of the Cholesky factor of each place's covariance.
    scale : Tensor, float32, shape (C,)
        The divisor of raw features, the same at every place.
    count : int
        Good photos that the Gaussians were fitted on.
    """

    def __init__(self, mean: Tensor, whitener: Tensor, scale: Tensor, count: int) -> None:
        self.mean = mean
        self.whitener = whitener
        self.scale = scale
        self.count = count

    def distances(self, features: Tensor) -> Tensor:
        """Return the Mahalanobis distance of each place.

        Parameters
        ----------
        features : Tensor, float32, shape (N, P, C)
            Raw features of N photos.

        Returns
        -------
        Tensor, float32, shape (N, P)
            0 or more; higher is more anomalous.
        """
        offsets = (features / self.scale - self.mean).permute(1, 2, 0)
        return torch.bmm(self.whitener, offsets).square().sum(dim=1).sqrt().T

    def leave_one_out(self, distances: Tensor) -> Tensor:
        """Turn distances of photos that were fitted on into those they would have had if they had not been.

        Parameters
        ----------
        distances : Tensor, float32
            From `distances`, of good photos of the fit.

        Returns
        -------
        Tensor, float32, same shape
            Closed form by the Sherman-Morrison identity: with N photos, ``c = N / (N - 1)^2`` and in-sample distance d,
            the squared distance is ``(N / (N - 1))^2 d^2 / (1 - c d^2)``. Exact without a ridge if the covariance of
            the others is divided by N - 1 too; dividing it by N - 2 would give ``sqrt((N - 2) / (N - 1))`` of it. With
            a ridge it is close.
        """
        n = float(self.count)
        squared = distances.square()
        return (n / (n - 1.0)) * (squared / (1.0 - n / (n - 1.0) ** 2 * squared).clamp_min(1e-6)).sqrt()


class PlaceSums:
    """Sums over photos, from which the Gaussians of all of them follow, or of those outside one session.

    Parameters
    ----------
    features : iterable of Tensor, float32, each (P, C)
        Of good photos; read once. Of a single photo the covariance is the ridge alone. Memory does not grow with the
        number of photos.

    Attributes
    ----------
    count : int
        Photos summed.
    total : Tensor, float64, shape (P, C)
        Their features.
    products : Tensor, float64, shape (P, C, C)
        The outer products of their features.
    """

    def __init__(self, features: Iterable[Tensor]) -> None:
        self.count = 0
        self.total = self.products = torch.empty(0)
        for one in features:
            row = one.double()
            if not self.count:
                self.total = torch.zeros_like(row)
                self.products = torch.zeros(*row.shape, row.shape[1], dtype=torch.float64, device=row.device)
            self.count += 1
            self.total += row
            self.products.baddbmm_(row[:, :, None], row[:, None, :])

    def gaussians(
        self, ridge: float, without: PlaceSums | None = None, token: CancelToken | None = None
    ) -> PositionGaussians:
        """Return the Gaussians.

        Parameters
        ----------
        ridge : float
            Added to the diagonal of each covariance, after each channel is divided by its standard deviation over all
            photos and places. PaDiM adds 0.01 to raw features. An absolute ridge matters: one proportional to each
            place's own variance would make quiet places as loud as the others.
        without : PlaceSums or None
            For a subset of these photos: the Gaussians are then those of the others, as if only they had been summed.
        token : CancelToken or None
            The wish to stop, read before each block of places.
        """
        token = token or CancelToken()
        others = PlaceSums(()) if without is None else without
        count = self.count - others.count
        total = self.total - others.total if others.count else self.total
        diagonal = self.products.diagonal(dim1=1, dim2=2)
        squares = diagonal - others.products.diagonal(dim1=1, dim2=2) if others.count else diagonal
        scale = _channel_scale(total, squares, count)
        mean = total / count
        whitener = torch.empty(self.products.shape, dtype=torch.float32, device=total.device)
        for start in range(0, len(total), POSITIONS_AT_ONCE):
            token.check()
            part = slice(start, start + POSITIONS_AT_ONCE)
            products = self.products[part] - others.products[part] if others.count else self.products[part]
            covariance = products - count * mean[part, :, None] * mean[part, None, :]
            covariance /= max(count - 1, 1) * scale[:, None] * scale[None, :]
            whitener[part] = _inverse_factor(covariance, ridge).float()
        return PositionGaussians((mean / scale).float(), whitener, scale.float(), count)


def _channel_scale(total: Tensor, squares: Tensor, count: int) -> Tensor:
    places = len(total)
    mean = total.sum(dim=0) / (count * places)
    square = squares.sum(dim=0) / (count * places)
    return (square - mean.square()).clamp_min(1e-12).sqrt()


def _inverse_factor(covariance: Tensor, ridge: float) -> Tensor:
    # Cholesky, not torch.linalg.inv: the batched inverse fails on CPUs at large batches.
    covariance.diagonal(dim1=1, dim2=2).add_(ridge)
    factor = torch.linalg.cholesky(covariance)
    identity = torch.eye(covariance.shape[1], dtype=covariance.dtype, device=covariance.device)
    inverse: Tensor = torch.linalg.solve_triangular(factor, identity.expand_as(factor), upper=False)
    return inverse


def scale_of_places(distances: Tensor, quantile: float) -> Tensor:
    """Return the divisor of each place's distances, so that noisy places do not dominate quiet places.

    Parameters
    ----------
    distances : Tensor, float32, shape (N, h, w)
        Leave-one-out distances of the good photos.
    quantile : float
        In 0..1.

    Returns
    -------
    Tensor, float32, shape (h, w)
        That quantile over all photos and a window of 5 x 5 places.
    """
    _, height, width = distances.shape
    windows = functional.unfold(functional.pad(distances[:, None], (2, 2, 2, 2), mode="replicate"), 5)
    flat = windows.permute(2, 0, 1).reshape(height * width, -1)
    rank = max(round(quantile * flat.shape[1]), 1)
    return flat.kthvalue(rank, dim=1).values.reshape(height, width).clamp_min(1e-6)


def pack_gaussians(gaussians: PositionGaussians) -> dict[str, NDArray[Any]]:
    """Return Gaussians as arrays: the whiteners' lower triangles in half precision, a quarter of their size."""
    width = gaussians.mean.shape[1]
    rows, columns = torch.tril_indices(width, width)
    return {
        "mean": gaussians.mean.cpu().numpy(),
        "whitener": gaussians.whitener[:, rows, columns].half().cpu().numpy(),
        "scale": gaussians.scale.cpu().numpy(),
        "count": np.array([gaussians.count]),
    }


def unpack_gaussians(arrays: Mapping[str, NDArray[Any]], device: torch.device) -> PositionGaussians:
    """Return the Gaussians that `pack_gaussians` packed; ValueError if the arrays do not fit together."""
    rows = checked(arrays, "mean", np.float32, (None, None))
    places, width = rows.shape
    half = checked(arrays, "whitener", np.float16, (places, width * (width + 1) // 2))
    deviations = checked(arrays, "scale", np.float32, (width,))
    count = checked(arrays, "count", np.int64, (1,))
    if not (deviations >= LEAST_DEVIATION).all() or not 1 <= count[0] < 2**31:
        raise ValueError("scale")
    mean, packed, scale = (torch.from_numpy(array.copy()) for array in (rows, half, deviations))
    rows, columns = torch.tril_indices(width, width)
    whitener = torch.zeros(places, width, width)
    whitener[:, rows, columns] = packed.float()
    return PositionGaussians(mean.to(device), whitener.to(device), scale.to(device), int(count[0]))
