"""Patches drawn from good photos, in memory that is taken once."""

import torch

from inspector.engine.bank.patch_pool import PatchPool


def test_rows_lie_in_the_order_in_which_they_came_with_their_photo_and_place():
    pool, rows = PatchPool(5, 3, torch.device("cpu")), torch.arange(12.0).reshape(4, 3)
    pool.add(rows[:1], 7, torch.tensor([40]))
    pool.add(rows[1:], 9, torch.tensor([0, 2, 5]))
    assert torch.equal(pool.features, rows)
    assert pool.origin.tolist() == [7, 9, 9, 9]
    assert pool.places.tolist() == [40, 0, 2, 5]


def test_no_memory_is_taken_for_a_photo():
    pool = PatchPool(100, 3, torch.device("cpu"))
    kept = [one.untyped_storage().data_ptr() for one in (pool.features, pool.origin, pool.places)]
    for photo in range(10):
        pool.add(torch.rand(10, 3), photo, torch.arange(10))
    assert [one.untyped_storage().data_ptr() for one in (pool.features, pool.origin, pool.places)] == kept
    assert len(pool.features) == 100
