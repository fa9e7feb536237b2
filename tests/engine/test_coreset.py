"""k-centre coresets: mathematical facts, not golden numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inspector.core.progress import Cancelled, CancelToken
from inspector.engine.coreset import coverage_radius, greedy_k_centre


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def rows() -> Tensor:
    return torch.randn(400, 12, generator=generator(9))


def slow_greedy(rows: Tensor, first: int, count: int) -> list[int]:
    chosen = [first]
    while len(chosen) < count:
        distances = torch.cdist(rows.double(), rows[chosen].double()).min(dim=1).values
        chosen.append(int(distances.argmax()))
    return chosen


def test_each_choice_is_the_row_farthest_from_those_before(rows: Tensor) -> None:
    chosen = greedy_k_centre(rows, 40, generator=generator())
    assert chosen.tolist() == slow_greedy(rows, int(chosen[0]), 40)


def test_a_prefix_is_itself_a_coreset(rows: Tensor) -> None:
    long = greedy_k_centre(rows, 60, generator=generator(3))
    short = greedy_k_centre(rows, 25, generator=generator(3))
    assert torch.equal(long[:25], short)


def test_no_row_is_chosen_twice_even_among_copies(rows: Tensor) -> None:
    copies = torch.cat([rows[:5]] * 4)
    assert len(set(greedy_k_centre(copies, 20, generator=generator()).tolist())) == 20


def test_more_rows_than_there_are_gives_all(rows: Tensor) -> None:
    assert sorted(greedy_k_centre(rows, 1000, generator=generator()).tolist()) == list(range(400))


@pytest.mark.parametrize("projection_dim", [0, 8])
def test_it_covers_better_than_random_rows(rows: Tensor, projection_dim: int) -> None:
    chosen = greedy_k_centre(rows, 40, generator=generator(), projection_dim=projection_dim)
    random = torch.randperm(400, generator=generator(1))[:40]
    assert coverage_radius(rows, rows[chosen]) < coverage_radius(rows, rows[random])


def test_coverage_radius_is_the_largest_distance_left(rows: Tensor) -> None:
    assert coverage_radius(rows, rows) == 0.0
    assert coverage_radius(torch.tensor([[0.0], [3.0], [10.0]]), torch.tensor([[1.0]])) == pytest.approx(9.0)


def test_it_stops_when_asked_to(rows: Tensor) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        greedy_k_centre(rows, 200, generator=generator(), report=lambda _progress: token.cancel(), token=token)
