"""The work that a forecast counts is the work that training does."""

from collections import Counter

import pytest
import torch

from inspector.core.progress import CancelToken
from inspector.core.training.plan import Recipe
from inspector.engine.bank.memory_bank import MemoryBank
from inspector.engine.features.patches import PatchExtractor
from inspector.engine.forecast import bank_probe, counted_work
from inspector.engine.forecast.counted_work import BankSizes, bank_work, sessions_held_out
from inspector.engine.forecast.probe import probe
from inspector.engine.forecast.rehearsal import Listener
from inspector.engine.methods import patchcore, reconpatch
from inspector.engine.methods.coarse_to_fine.coarse_training import STAGE as LOOKING
from inspector.engine.methods.table import make_detector
from inspector.storage.folders import weights_folder
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from tests.workflows.small import small_recipe

GOODS = 9


@pytest.fixture(scope="module")
def photos(solar_cells):
    return [read_image(path) for path in list_images(solar_cells.good)[:GOODS]]


def detector_of(recipe, photos):
    return make_detector(recipe, photos[0].shape[:2], weights_folder(), "cpu")


class Counts:
    """Counts what training does, where it does it."""

    def __init__(self, monkeypatch):
        self.done = Counter()
        self._patch = monkeypatch.setattr
        self._count(PatchExtractor, "extract", counted_work.PHOTO, lambda _self, photos: len(photos))
        self._count(MemoryBank, "nearest", counted_work.SCORE, lambda *_: 1)
        self._count(patchcore.CoverageCurve, "add", "coverage asked", lambda *_: 1)
        self._count(patchcore, "project_rows", "pool", lambda rows, *_: len(rows))
        self._count(patchcore, "greedy_k_centre", counted_work.CENTRE, lambda rows, most, **_: min(len(rows), most))
        # Each fold replaces the rows that it leaves out; over all folds, each row is left out once.
        self._count(patchcore, "coresets_without", counted_work.FOLD_CENTRE, lambda _, chosen, *__: len(chosen))
        self._count(patchcore.PatchCore, "_represent_without", counted_work.FOLD, lambda *_: 1)
        self._count(reconpatch.ReConPatch, "_represent_without", counted_work.FOLD, lambda *_: 1)
        self._count(reconpatch, "find_counterparts", counted_work.PAIR, lambda rows, *_: len(rows) ** 2)

    def _count(self, owner, name, unit, amount):
        original = getattr(owner, name)

        def counted(*args, **kwargs):
            self.done[unit] += amount(*args, **kwargs)
            return original(*args, **kwargs)

        self._patch(owner, name, counted)


@pytest.mark.parametrize(
    ("recipe", "sessions"),
    [
        (small_recipe(), None),
        (small_recipe(), [0, 0, 0, 1, 1, 1, 2, 2, 2]),
        (small_recipe("patchcore"), None),
        (small_recipe("patchcore", settings={"pool_rows": 500, "bank_rows": 80, "rotations": 3}), None),
    ],
)
def test_counts_are_those_of_a_real_training(recipe, sessions, photos, monkeypatch):
    detector, heard = detector_of(recipe, photos), Listener()
    counts = Counts(monkeypatch)
    fitted = detector.fit(photos, heard, CancelToken(), sessions)
    held_out = sessions_held_out(sessions)
    sizes = BankSizes.of(detector.settings, GOODS, detector.working_hw, 152, held_out)
    work = bank_work(detector.settings, sizes)
    assert {one.stage: one.steps for one in work} == {name: stage.done for name, stage in heard.stages.items()}
    told = Counter()
    for one in work:
        told.update(one.before)
        told.update(one.counts)
    assert sizes.bank == fitted.bank_rows
    assert told[counted_work.VIEW] + told[counted_work.PHOTO] == counts.done[counted_work.PHOTO]
    assert told[counted_work.SCORE] == counts.done[counted_work.SCORE]
    assert told[counted_work.FOLD] == counts.done[counted_work.FOLD]
    assert told[counted_work.PAIR] == counts.done[counted_work.PAIR]
    assert told[counted_work.CENTRE] == counts.done[counted_work.CENTRE]
    assert told[counted_work.FOLD_CENTRE] == counts.done[counted_work.FOLD_CENTRE]
    assert sizes.pool == counts.done["pool"]


@pytest.mark.parametrize(
    "recipe", [small_recipe(), Recipe(method="coarse-to-fine", size=64, settings={"channels": 20})]
)
def test_a_probe_prices_every_unit_and_names_the_stages_of_training(recipe, photos):
    detector = detector_of(recipe, photos)
    probed = probe(detector, photos[:4], GOODS, 0, weights_folder(), CancelToken())
    stages = [one.priced(probed.costs) for one in probed.work]
    assert all(stage.seconds >= stage.before >= 0.0 for stage in stages)
    assert sum(stage.seconds for stage in stages) > 0.0
    assert probed.photo_s > 0.0
    heard = Listener()
    trained = detector_of(recipe, photos)
    trained.fit(photos, heard, CancelToken())
    assert [stage.name for stage in stages] == list(heard.stages)
    # Where no alignment is asked for, that stage ends before all of its steps.
    assert all(stage.steps == heard.stages[stage.name].done for stage in stages if stage.name != LOOKING)
    assert probed.array_bytes == pytest.approx(sum(one.nbytes for one in trained.arrays().values()), rel=0.01)


def test_the_pool_of_a_probe_is_as_large_as_that_of_training_and_of_as_many_photos(photos):
    detector = detector_of(small_recipe("patchcore"), photos)
    sizes = BankSizes.of(detector.settings, GOODS, detector.working_hw, 152, 0)
    features = list(detector.extractor.extract(photos[:2]))
    pool, origin = bank_probe.made_up_pool(features, sizes, torch.Generator().manual_seed(0))
    assert pool.shape == (sizes.pool, 152)
    assert set(origin.tolist()) == set(range(GOODS))
