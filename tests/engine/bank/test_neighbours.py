import numpy as np
import pytest
import torch

from inspector.core.progress import Cancelled, CancelToken
from inspector.core.promise.groups import MOST_PHOTOS
from inspector.engine.bank.neighbours import find_neighbours, neighbours_of


def test_the_nearest_photos_are_those_of_a_plain_search() -> None:
    patches = torch.randn(5, 7, 3, generator=torch.Generator().manual_seed(0))
    found = neighbours_of(list(patches), CancelToken())
    assert found is not None
    assert found.photos.shape == found.distances.shape == (5, 7, 4)
    for photo in range(5):
        for query in range(7):
            each = torch.cdist(patches[photo, query][None, None], patches).amin(dim=(1, 2))
            each[photo] = torch.inf
            np.testing.assert_allclose(found.distances[photo, query], each.sort().values[:4], rtol=1e-4)
            assert found.photos[photo, query].tolist() == each.argsort()[:4].tolist()
    assert (found.between.diagonal() == 0.0).all()


def test_too_many_photos_or_one_alone_are_not_compared() -> None:
    assert neighbours_of([torch.zeros(3, 2)], CancelToken()) is None
    origin = torch.arange(MOST_PHOTOS + 1)
    assert find_neighbours(torch.zeros(len(origin), 2), origin, CancelToken()) is None


def test_it_can_be_stopped() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        neighbours_of(list(torch.zeros(4, 3, 2)), token)
