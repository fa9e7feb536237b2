"""The exact nearest row, against differences of all rows in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from inspector.core.values import ImageRGB
from inspector.engine.bank import nearest_rows
from inspector.engine.bank.nearest_rows import NearestRows
from inspector.engine.features.backbones import load_backbone
from inspector.engine.features.patches import PatchExtractor


@pytest.fixture(scope="session")
def patches(good_photos: Sequence[ImageRGB]) -> Tensor:
    """Patch features of real photos: 12 x 1024 x 152, as PatchCore remembers them."""
    backbone = load_backbone("tf_efficientnet_lite0", Path("no imported weights"), torch.device("cpu"))
    features = PatchExtractor(backbone, (256, 256), 3).extract(good_photos)
    return features.flatten(0, 2).clone()


def differences(queries: Tensor, rows: Tensor) -> Tensor:
    return torch.stack([(query.double() - rows.double()).square().sum(dim=1).sqrt() for query in queries])


def check(queries: Tensor, rows: Tensor, found: Tensor) -> None:
    """The rows found are as near as the nearest ones, to 1 in 10^5."""
    truth = differences(queries, rows)
    of_found = truth[torch.arange(len(queries)), found]
    assert bool((of_found <= truth.min(dim=1).values * (1 + 1e-5)).all())


def test_real_patches_find_their_nearest(patches: Tensor) -> None:
    rows, queries = patches[:4000], patches[-1024::4]
    check(queries, rows, NearestRows(rows).search(queries))


def test_remembered_patches_find_themselves(patches: Tensor) -> None:
    rows = torch.unique(patches[:3000], dim=0)
    assert torch.equal(NearestRows(rows).search(rows), torch.arange(len(rows)))


def test_of_equal_rows_the_first_is_taken(patches: Tensor) -> None:
    rows = torch.unique(patches[:500], dim=0)
    found = NearestRows(rows.repeat(3, 1)).search(rows)
    assert torch.equal(found, torch.arange(len(rows)))


def test_rows_that_differ_by_less_than_the_product_rounds_are_told_apart(patches: Tensor) -> None:
    """Far from the origin, with a distant row that defeats centring, |r|^2 / 2 - q.r alone errs."""
    generator = torch.Generator().manual_seed(0)
    place = patches[0] + 300.0
    rows = torch.cat([place + torch.randn(400, 152, generator=generator) * 1e-2, -place[None] * 50])
    queries = place + torch.randn(100, 152, generator=generator) * 1e-2
    found = NearestRows(rows).search(queries)
    check(queries, rows, found)
    ranking = rows.square().sum(dim=1) / 2 - queries @ rows.T
    with pytest.raises(AssertionError):
        check(queries, rows, ranking.argmin(dim=1))


def test_blocks_and_second_looks_of_any_size_say_the_same(patches: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, queries = patches[:700].repeat(2, 1), patches[600:900]
    whole = NearestRows(rows).search(queries)
    monkeypatch.setattr(nearest_rows, "BLOCK_ROWS", 97)
    monkeypatch.setattr(nearest_rows, "BLOCK_VALUES", 970)
    monkeypatch.setattr(nearest_rows, "SECOND_LOOK_VALUES", 1000)
    assert torch.equal(NearestRows(rows).search(queries), whole)
    check(queries, rows, whole)


def test_barred_rows_do_not_count(patches: Tensor) -> None:
    rows, queries = patches[:1000], patches[:100]
    barred = torch.zeros(1000, dtype=torch.bool)
    barred[:200] = True
    index = NearestRows(rows)
    found = index.search(queries, barred)
    assert int(found.min()) >= 200
    check(queries, rows[200:], found - 200)
    assert torch.equal(index.search(queries), NearestRows(rows).search(queries)), "barring must not stay"


def test_one_row_is_the_nearest_of_everything(patches: Tensor) -> None:
    assert NearestRows(patches[:1]).search(patches[:5]).tolist() == [0] * 5


def test_a_query_that_is_not_a_number_disturbs_no_other(patches: Tensor) -> None:
    rows, queries = patches[:300], patches[-20:].clone()
    expected = NearestRows(rows).search(queries)
    queries[3, 7] = torch.nan
    found = NearestRows(rows).search(queries)
    others = np.arange(20) != 3
    assert torch.equal(found[others], expected[others])
    assert 0 <= int(found[3]) < 300


def test_search_works_after_one_in_inference_mode(patches: Tensor) -> None:
    index = NearestRows(patches[:300])
    with torch.inference_mode():
        within = index.search(patches[-50:])
    assert torch.equal(index.search(patches[-50:]), within)
