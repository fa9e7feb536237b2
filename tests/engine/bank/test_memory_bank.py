"""Nearest neighbours in the memory bank, on a CPU and by the matrix product of a GPU."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from inspector.engine.bank.memory_bank import MemoryBank


@pytest.fixture
def rows() -> Tensor:
    return torch.randn(200, 16, generator=torch.Generator().manual_seed(0)) * 5 + 3


@pytest.fixture
def queries() -> Tensor:
    return torch.randn(50, 16, generator=torch.Generator().manual_seed(1)) * 5 + 3


@pytest.fixture
def bank(rows: Tensor) -> MemoryBank:
    return MemoryBank(rows, torch.arange(200) // 10)


def test_a_banked_patch_scores_exactly_0(bank: MemoryBank, rows: Tensor) -> None:
    distances, indices = bank.nearest(rows)
    assert distances.tolist() == [0.0] * 200
    assert indices.tolist() == list(range(200))


def test_distances_are_euclidean_to_the_nearest_row(bank: MemoryBank, rows: Tensor, queries: Tensor) -> None:
    expected = torch.cdist(queries.double(), rows.double())
    distances, indices = bank.nearest(queries)
    torch.testing.assert_close(distances.double(), expected.min(dim=1).values)
    assert torch.equal(indices, expected.argmin(dim=1))


def test_the_matrix_product_of_a_gpu_finds_the_same(bank: MemoryBank, queries: Tensor) -> None:
    assert torch.equal(bank._search_product(queries, None), bank.nearest(queries)[1])


def test_rows_of_the_same_photo_are_barred(bank: MemoryBank, rows: Tensor) -> None:
    own = rows[30:40]  # photo 3
    distances, indices = bank.nearest_in_other_photos(own, barred=3)
    others = torch.cat([rows[:30], rows[40:]])
    torch.testing.assert_close(distances, torch.cdist(own, others).min(dim=1).values)
    assert not set(indices.tolist()) & set(range(30, 40))


def test_reweighting_is_the_papers_factor(bank: MemoryBank, rows: Tensor, queries: Tensor) -> None:
    distances, indices = bank.nearest(queries)
    top = int(distances.argmax())
    around = torch.cdist(rows[indices[top]][None], rows)[0].argsort()[:9]
    exponentials = [math.exp(float(torch.dist(queries[top], rows[i]))) for i in around]
    expected = 1.0 - math.exp(float(distances[top])) / sum(exponentials)
    factor = bank.reweighting(queries[top], distances[top], indices[top], neighbours=9)
    assert float(factor) == pytest.approx(expected, rel=1e-4)


def test_reweighting_does_not_overflow_at_large_distances() -> None:
    bank = MemoryBank(torch.tensor([[0.0], [1.0], [2.0]]), torch.arange(3))
    query = torch.tensor([500.0])
    factor = bank.reweighting(query, torch.tensor(498.0), torch.tensor(2), neighbours=3)
    assert 0.0 <= float(factor) <= 1.0
