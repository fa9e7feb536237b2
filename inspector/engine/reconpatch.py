"""ReConPatch (arXiv 2305.16713): patches in a linear representation learned by contrast, remembered as by PatchCore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from inspector.core.progress import CancelToken, OnProgress
from inspector.engine.contrastive import ContrastiveSettings, train_representation
from inspector.engine.patchcore import PatchCore, PatchCoreSettings


class ReConPatchSettings(PatchCoreSettings):
    """Constants of ReConPatch, and where they come from.

    Parameters
    ----------
    representation_dim : int
        Output dimensions of f, at most those of the patch features. Paper: 512 for WideResNet-50-2, 384 in its
        ensemble.
    start : {"whitening", "orthogonal"}
        How f starts. "whitening": principal axes of the pool, each scaled by (eigenvalue + whitening_floor * mean
        eigenvalue)^(-1/4), that is, half way to full whitening: the paper is silent, and this measured better than a
        random start on the embedded backbone (docs/benchmarks.md). "orthogonal": random orthogonal as in STML.
    whitening_floor : float
        See `start`.
    steps : int
        Training steps; 0 keeps f as it starts, the baseline to compare with. Paper: 120 epochs, each patch once in
        each.
    anchors, neighbours : int
        A batch holds `anchors` random patches and the `neighbours` nearest of each. Paper: random patches, batch size
        not stated; STML builds batches from neighbourhoods.
    learning_rate, weight_decay : float
        Of AdamP. Paper: 1e-5 and 1e-2; the higher rate suits the shorter run.
    ema : float
        gamma, how much the teacher keeps at each step. Paper: not stated; 0.99 for a short run.
    sigma : float
        Bandwidth of the pairwise similarity, on unit-length embeddings. Paper: not stated.
    k : int
        Neighbours in the contextual similarity. 5, STML's default.
    alpha : float
        Share of the pairwise similarity. 0.5, STML's default.
    margin : float
        Of the relaxed contrastive loss. 1, STML's default.
    loss_on : {"representation", "projection"}
        Where the loss is taken: on f's output, or, as in the paper, on g(f(p)) with a linear g that is then dropped.
    projection_dim : int
        Output dimensions of g. Paper: not stated.
    """

    representation_dim: int = Field(default=512, ge=1)
    start: Literal["whitening", "orthogonal"] = "whitening"
    whitening_floor: float = Field(default=0.01, gt=0.0)
    steps: int = Field(default=300, ge=0)
    anchors: int = Field(default=64, ge=2)
    neighbours: int = Field(default=3, ge=0)
    learning_rate: float = Field(default=3e-4, gt=0.0)
    weight_decay: float = Field(default=1e-2, ge=0.0)
    ema: float = Field(default=0.99, ge=0.0, lt=1.0)
    sigma: float = Field(default=1.0, gt=0.0)
    k: int = Field(default=5, ge=1)
    alpha: float = Field(default=0.5, ge=0.0, le=1.0)
    margin: float = Field(default=1.0, gt=0.0)
    loss_on: Literal["representation", "projection"] = "representation"
    projection_dim: int = Field(default=128, ge=1)


class ReConPatch(PatchCore):
    """PatchCore on a learned linear representation f of the patch features.

    After training, f and the pool's mean and scale are folded into one affine map; the projection g and the teacher are
    dropped, as in the paper.
    """

    settings_model: ClassVar[type[PatchCoreSettings]] = ReConPatchSettings
    settings: ReConPatchSettings

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the bank and f: ``f_weight`` float32 (D, C) and ``f_bias`` float32 (D,), for raw patch features."""
        return super().arrays() | {"f_weight": self._weight.cpu().numpy(), "f_bias": self._bias.cpu().numpy()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take bank and f from a bundle."""
        super().restore(arrays)
        weight, bias = arrays["f_weight"], arrays["f_bias"]
        channels = sum(self.backbone.entry.channels)
        fits = bias.shape == weight.shape[:1] == arrays["bank"].shape[1:]
        if weight.dtype != np.float32 or weight.shape[1:] != (channels,) or not fits:
            raise ValueError("f_weight")
        self._weight, self._bias = self._tensor(weight), self._tensor(bias)

    def _learn(
        self, pool: Tensor, generator: torch.Generator, report: OnProgress, token: CancelToken
    ) -> dict[str, float]:
        mean = pool.mean(dim=0)
        # One scale for all channels: it frees the learning rate from the backbone's units and keeps their ratios.
        scale = (pool - mean).square().mean().sqrt().clamp_min(1e-12)
        normalised = (pool - mean) / scale
        representation = self._start(normalised, generator)
        facts: dict[str, float] = {}
        if self.settings.steps > 0:
            outcome = train_representation(
                normalised, representation, self._contrastive(), generator=generator, report=report, token=token
            )
            facts = {"first_loss": outcome.first_loss, "last_loss": outcome.last_loss, "spread": outcome.spread}
        with torch.no_grad():
            self._weight = representation.weight / scale
            self._bias = representation.bias - self._weight @ mean
        return facts

    def _represent(self, features: Tensor) -> Tensor:
        return torch.addmm(self._bias, features, self._weight.T)

    def _start(self, normalised: Tensor, generator: torch.Generator) -> nn.Linear:
        channels = normalised.shape[1]
        dim = min(self.settings.representation_dim, channels)
        representation = nn.Linear(channels, dim)
        nn.init.zeros_(representation.bias)
        nn.init.orthogonal_(representation.weight, generator=generator)
        if self.settings.start == "whitening":
            representation.weight.data = half_whitening(normalised, dim, self.settings.whitening_floor)
        return representation.to(normalised.device)

    def _contrastive(self) -> ContrastiveSettings:
        names = ContrastiveSettings.__dataclass_fields__
        return ContrastiveSettings(**{name: getattr(self.settings, name) for name in names})


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
    values, vectors = torch.linalg.eigh(double.T @ double / len(rows))
    values, vectors = values.flip(0)[:dim].clamp_min(0.0), vectors.flip(1)[:, :dim]
    signs = vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True)).sign()
    scales = (values + floor * double.square().mean()).pow(-0.25)
    axes: Tensor = vectors * signs * scales
    return axes.T.float().contiguous()
