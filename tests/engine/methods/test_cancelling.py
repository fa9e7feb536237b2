"""Every long stage reads the wish to stop between pieces of work of bounded size, and ends at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inspector.core.progress import Cancelled, CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.bank import coreset
from inspector.engine.bank.coreset import coresets_without, greedy_k_centre
from inspector.engine.bank.growing import Candidates, grown_bank
from inspector.engine.bank.memory_bank import MemoryBank
from inspector.engine.detector import Detector, Wanted
from inspector.engine.forecast.probe import probe
from inspector.engine.methods import whitening
from inspector.engine.methods.coarse_to_fine import congealing, position_gaussians
from inspector.engine.methods.coarse_to_fine.congealing import congeal, search_image
from inspector.engine.methods.coarse_to_fine.position_gaussians import PlaceSums
from inspector.engine.methods.coarse_to_fine.spatial_transformer import train_image_alignment
from inspector.engine.methods.contrastive import train_representation
from inspector.engine.methods.reconpatch import ReConPatch
from inspector.engine.methods.whitening import find_counterparts
from tests.engine.conftest import NOWHERE, SMALL, small_detector


class CancelAtRead(CancelToken):
    """Is cancelled at the n-th read, and counts the work between reads."""

    def __init__(self, at: int | None = None, work: Callable[[], int] = lambda: 0) -> None:
        super().__init__()
        self.at, self.reads, self._work = at, 0, work
        self.until = [0]

    def check(self) -> None:
        self.reads += 1
        self.until.append(self._work())
        if self.reads == self.at:
            self.cancel()
        super().check()


@dataclass(frozen=True)
class Stage:
    run: Callable[[CancelToken], object]
    fewest_reads: int
    largest_share: float
    """Of all multiplications of the stage, those between two reads at most."""


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=seeded())


ROWS, PHOTOS = drawn(2000, 24), torch.arange(2000) // 100


def choose(token: CancelToken) -> object:
    return greedy_k_centre(ROWS, 200, generator=seeded(), token=token)


def choose_in_folds(token: CancelToken) -> object:
    return list(coresets_without(ROWS, torch.arange(0, 2000, 10), PHOTOS % 5, token))


def pair(token: CancelToken) -> object:
    return find_counterparts(ROWS, PHOTOS, seeded(), token)


def learn(token: CancelToken) -> object:
    settings = small_detector("reconpatch")
    assert isinstance(settings, ReConPatch)
    return train_representation(
        ROWS, PHOTOS, nn.Linear(24, 24), settings._contrastive(),
        generator=seeded(), report=ignore_progress, token=token,
    )  # fmt: skip


def fit_gaussians(token: CancelToken) -> object:
    return PlaceSums(drawn(5, 300, 8)).gaussians(0.1, token=token)


def grow(token: CancelToken) -> object:
    numbers = torch.zeros(2000, dtype=torch.int64)
    bank, far = MemoryBank(ROWS[:10], numbers[:10]), torch.full((2000,), 9.0)
    return grown_bank(bank, Candidates(ROWS, far, numbers, numbers), 1e-6, 200, ignore_progress, token)


def train_poses(token: CancelToken) -> object:
    images = (drawn(6, 3, 32, 32) * 30 + 128).clamp(0, 255)
    return train_image_alignment(
        images, "rotation", generator=seeded(), report=ignore_progress, token=token, steps=6, batch=4
    )


STAGES = {
    "choosing a coreset": Stage(choose, 200, 0.1),
    "choosing for each fold": Stage(choose_in_folds, 100, 0.2),
    "pairing patches": Stage(pair, 8, 0.2),
    "learning a representation": Stage(learn, 20, 0.5),
    "fitting places": Stage(fit_gaussians, 10, 1.0),
    "growing the memory": Stage(grow, 200, 0.2),
    "training poses": Stage(train_poses, 6, 0.5),
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks in proportion to these small inputs, as the real ones are to real inputs."""
    monkeypatch.setattr(coreset, "REFRESHED_VALUES", 2**14)
    monkeypatch.setattr(whitening, "CHUNK", 200)
    monkeypatch.setattr(position_gaussians, "POSITIONS_AT_ONCE", 30)


@pytest.mark.parametrize("name", STAGES)
def test_no_stage_works_long_without_reading_the_wish(name: str) -> None:
    stage = STAGES[name]
    with FlopCounterMode(display=False) as counter:
        token = CancelAtRead(work=counter.get_total_flops)
        stage.run(token)
        total = counter.get_total_flops()
    assert token.reads >= stage.fewest_reads
    longest = max(after - before for before, after in zip(token.until, [*token.until[1:], total], strict=True))
    assert longest <= stage.largest_share * total


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_stage_ends_at_the_read_that_finds_it_cancelled(name: str, share: float) -> None:
    counted = CancelAtRead()
    STAGES[name].run(counted)
    token = CancelAtRead(max(round(share * counted.reads), 1))
    with pytest.raises(Cancelled):
        STAGES[name].run(token)
    assert token.reads == token.at


def whole_fit(detector: Detector, photos: list[ImageRGB]) -> Callable[[CancelToken], object]:
    return lambda token: detector.fit(photos, ignore_progress, token, [0, 0, 1, 1, 2, 2])


@pytest.mark.parametrize("method", SMALL)
def test_training_ends_wherever_it_is_cancelled(method: str, good_photos: list[ImageRGB]) -> None:
    counted = CancelAtRead()
    whole_fit(small_detector(method, size=64), good_photos[:6])(counted)
    for at in (1, counted.reads // 2, counted.reads):
        token = CancelAtRead(at)
        with pytest.raises(Cancelled):
            whole_fit(small_detector(method, size=64), good_photos[:6])(token)
        assert token.reads == at


@pytest.mark.parametrize("method", ["reconpatch", "coarse-to-fine"])
def test_a_forecast_ends_where_it_is_cancelled(method: str, good_photos: list[ImageRGB]) -> None:
    for at in (1, 4):  # how often it reads in all depends on the clock
        token = CancelAtRead(at)
        with pytest.raises(Cancelled):
            probe(small_detector(method, size=64), good_photos[:4], 30, 0, NOWHERE, token)
        assert token.reads == at


def test_feeding_back_ends_where_it_is_cancelled(good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]) -> None:
    detector = small_detector("patchcore", size=64)
    detector.fit(good_photos[:6], ignore_progress, CancelToken())
    wanted = Wanted(new_good_photos[:2], 1e-3, 100, 6)
    counted = CancelAtRead()
    detector.grow(wanted, ignore_progress, counted)
    for at in (1, counted.reads // 2, counted.reads):
        token = CancelAtRead(at)
        with pytest.raises(Cancelled):
            detector.grow(wanted, ignore_progress, token)
        assert token.reads == at


def test_learning_how_parts_lie_ends_where_it_is_cancelled(
    good_photos: list[ImageRGB], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(congealing, "TEMPLATE_ROUNDS", 1)
    monkeypatch.setattr(congealing, "TEMPLATE_STARTS", 1)
    seen = [search_image(photo) for photo in good_photos[:3]]
    counted = CancelAtRead()
    congeal(seen, counted)
    for at in (1, counted.reads):
        token = CancelAtRead(at)
        with pytest.raises(Cancelled):
            congeal(seen, token)
        assert token.reads == at
