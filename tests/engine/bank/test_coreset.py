"""k-centre coresets: mathematical facts, not golden numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from inspector.core.progress import Cancelled, CancelToken
from inspector.engine.bank.coreset import Farthest, coresets_without, coverage_radius, greedy_k_centre


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


def without_each(rows: Tensor, chosen: Tensor, folds: Tensor) -> list[Tensor]:
    return list(coresets_without(rows, chosen, folds, CancelToken()))


def test_without_a_fold_the_others_are_covered_as_well_as_by_a_coreset_of_their_own(rows: Tensor) -> None:
    folds = torch.arange(400) // 80
    chosen = greedy_k_centre(rows, 60, generator=generator())
    for fold, found in enumerate(without_each(rows, chosen, folds)):
        others = folds != fold
        assert len(set(found.tolist())) == 60
        assert not (folds[found] == fold).any()
        assert set(chosen[folds[chosen] != fold].tolist()) <= set(found.tolist())
        barred = coverage_radius(rows[others], rows[chosen[folds[chosen] != fold]])
        own = coverage_radius(rows[others], rows[others][greedy_k_centre(rows[others], 60, generator=generator())])
        radius = coverage_radius(rows[others], rows[found])
        assert radius < barred
        assert radius < own * 1.1


def test_without_a_fold_the_choice_goes_on_with_the_farthest_rows(rows: Tensor) -> None:
    folds = (torch.arange(400) % 3 == 0).long()
    chosen = greedy_k_centre(rows, 30, generator=generator())
    first, _ = without_each(rows, chosen, folds)
    left = torch.cdist(rows.double(), rows[chosen[folds[chosen] == 1]].double()).min(dim=1).values
    left[folds == 0] = -1.0
    assert int(first[int((folds[chosen] == 1).sum())]) == int(left.argmax())


def test_without_a_fold_no_more_rows_are_chosen_than_the_others_have(rows: Tensor) -> None:
    folds = (torch.arange(400) < 20).long()
    chosen = greedy_k_centre(rows, 50, generator=generator())
    without_most, without_few = without_each(rows, chosen, folds)
    assert sorted(without_most.tolist()) == list(range(20))
    assert len(without_few) == 50


def test_choosing_without_folds_can_be_cancelled(rows: Tensor) -> None:
    token = CancelToken()
    found = coresets_without(rows, torch.arange(9), torch.arange(400) // 200, token)
    next(found)
    token.cancel()
    with pytest.raises(Cancelled):
        next(found)


def test_what_cannot_be_the_farthest_is_not_looked_at_again(rows: Tensor) -> None:
    farthest = Farthest(rows, torch.full((400,), torch.inf), 60, CancelToken())
    farthest.take(7)
    for _ in range(59):
        farthest.take(farthest.next())
    assert farthest.taken().tolist() == slow_greedy(rows, 7, 60)
    assert farthest.looked_at < 0.6 * 60 * 400


def test_each_fold_looks_at_few_rows_again(rows: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Farthest] = []

    class Watched(Farthest):
        def __init__(self, *told: Any) -> None:
            super().__init__(*told)
            made.append(self)

    monkeypatch.setattr("inspector.engine.bank.coreset.Farthest", Watched)
    chosen = greedy_k_centre(rows, 60, generator=generator())
    without_each(rows, chosen, torch.arange(400) // 40)
    assert sum(one.looked_at for one in made[1:]) < 0.6 * 60 * 400
