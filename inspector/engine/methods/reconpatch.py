"""ReConPatch (arXiv 2305.16713): patches in a linear representation learned by contrast, remembered as by PatchCore."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from inspector.core.arrays import checked
from inspector.core.progress import CancelToken, OnProgress
from inspector.engine.methods.contrastive import ContrastiveSettings, train_representation
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.patchcore_settings import PatchCoreSettings
from inspector.engine.methods.whitening import Counterparts, find_counterparts, half_whitening, residual_whitening


class ReConPatchSettings(PatchCoreSettings):
    """Constants of ReConPatch, and where they come from.

    Parameters
    ----------
    pool_rows, coreset_dim : int
        As for PatchCore, but smaller: the representation is learned from the pool too.
    representation_dim : int
        Output dimensions of f, at most those of the patch features. Paper: 512 for WideResNet-50-2, 384 in its
        ensemble.
    start : {"residual", "whitening", "orthogonal"}
        How f starts; the paper is silent. "residual": evens out, half way, how patches differ from the nearest patch of
        another good photo (`residual_whitening`). "whitening": the same for the patches themselves
        (`half_whitening`). "orthogonal": random orthogonal as in STML. docs/benchmarks/detection.md compares them.
    whitening_floor : float
        Added to the eigenvalues, in units of their mean, before they are evened out.
    steps : int
        Training steps; 0 keeps f as it starts, the baseline to compare with. Paper: 120 epochs, each patch once in
        each.
    anchors, neighbours : int
        A batch holds `anchors` random patches and the `neighbours` nearest of each. Paper: random patches, batch size
        not stated; STML builds batches from neighbourhoods.
    neighbours_from : {"other photos", "all photos"}
        Where an anchor's neighbours are looked for. The paper knows no such choice.
    learning_rate, weight_decay : float
        Of AdamP. Paper: 1e-5 and 1e-2; the higher rate suits the shorter run. 300 steps at 3e-4 were also measured: not
        better in image AUROC, and worse in AUPRO on parts that lie alike.
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
        The place of the loss: on f's output, or, as in the paper, on g(f(p)) with a linear g that is then dropped.
    projection_dim : int
        Output dimensions of g. Paper: not stated.
    """

    pool_rows: int = Field(default=30_000, ge=2)
    coreset_dim: int = Field(default=64, ge=0)
    representation_dim: int = Field(default=512, ge=1)
    start: Literal["residual", "whitening", "orthogonal"] = "residual"
    whitening_floor: float = Field(default=0.01, gt=0.0)
    steps: int = Field(default=100, ge=0)
    anchors: int = Field(default=64, ge=2)
    neighbours: int = Field(default=3, ge=0)
    neighbours_from: Literal["other photos", "all photos"] = "other photos"
    learning_rate: float = Field(default=1e-4, gt=0.0)
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
        """Take f and bank from a bundle."""
        weight = checked(arrays, "f_weight", np.float32, (None, sum(self.backbone.entry.channels)))
        bias = checked(arrays, "f_bias", np.float32, (len(weight),))
        self._weight, self._bias = self._tensor(weight), self._tensor(bias)
        super().restore(arrays)

    def _bank_width(self, arrays: Mapping[str, NDArray[Any]]) -> int:
        return len(arrays["f_weight"])

    def _learn(
        self, pool: Tensor, photos: Tensor, generator: torch.Generator, report: OnProgress, token: CancelToken
    ) -> dict[str, float]:
        mean = pool.mean(dim=0)
        # One scale for all channels: it frees the learning rate from the backbone's units and keeps their ratios.
        scale = (pool - mean).square().mean().sqrt().clamp_min(1e-12)
        normalised = (pool - mean) / scale
        counterparts = self._find_counterparts(normalised, photos, generator, token)
        representation = self._start(normalised, counterparts, generator)
        facts: dict[str, float] = {}
        if self.settings.steps > 0:
            outcome = train_representation(
                normalised, photos, representation, self._contrastive(), generator=generator, report=report, token=token
            )
            facts = {"first_loss": outcome.first_loss, "last_loss": outcome.last_loss, "spread": outcome.spread}
        with torch.no_grad():
            self._weight = representation.weight / scale
            self._bias = representation.bias - self._weight @ mean
        self._mean, self._counterparts = mean, counterparts
        if counterparts is not None:
            self._evened = counterparts.evening(self.settings.whitening_floor)
        return facts

    def _represent_without(self, photos: Sequence[int]) -> Callable[[Tensor], Tensor]:
        if self._counterparts is None:
            # A start that knows no photo: all learning is in the steps, which no fold can leave out without a new
            # training. Scores of good photos are then somewhat too low (`inspector.core.training.held_out_words`).
            return self._represent
        without = self._counterparts.evening(self.settings.whitening_floor, without=photos)
        # The axes and the result of the steps stay; the whitening, which knows the photos, is exchanged.
        weight = (self._weight.double().cpu() @ torch.linalg.solve(self._evened, without)).to(self._weight)
        bias = -weight @ self._mean
        return lambda features: torch.addmm(bias, features, weight.T)

    def _represent(self, features: Tensor) -> Tensor:
        return torch.addmm(self._bias, features, self._weight.T)

    def _find_counterparts(
        self, normalised: Tensor, photos: Tensor, generator: torch.Generator, token: CancelToken
    ) -> Counterparts | None:
        # A single photo has no other one to compare with: then its own patches tell all there is.
        if self.settings.start != "residual" or not bool((photos != photos[0]).any()):
            return None
        return find_counterparts(normalised, photos, generator, token)

    def _start(self, normalised: Tensor, counterparts: Counterparts | None, generator: torch.Generator) -> nn.Linear:
        channels = normalised.shape[1]
        dim = min(self.settings.representation_dim, channels)
        representation = nn.Linear(channels, dim)
        nn.init.zeros_(representation.bias)
        nn.init.orthogonal_(representation.weight, generator=generator)
        floor = self.settings.whitening_floor
        if counterparts is not None:
            representation.weight.data = residual_whitening(normalised, counterparts, dim, floor)
        elif self.settings.start != "orthogonal":
            representation.weight.data = half_whitening(normalised, dim, floor)
        return representation.to(normalised.device)

    def _contrastive(self) -> ContrastiveSettings:
        names = ContrastiveSettings.__dataclass_fields__
        return ContrastiveSettings(**{name: getattr(self.settings, name) for name in names})
