"""Detectors on real photos: the contract of every method, and the meaning of leave-one-image-out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.core.errors import BundleCorrupt, DetectorError
from inspector.core.photo.turning import turn_image
from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector
from inspector.engine.methods.coarse_to_fine.coarse_to_fine import CoarseToFine
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.reconpatch import ReConPatch
from inspector.engine.methods.table import METHODS, load_detector, make_detector
from inspector.engine.methods.turned_photos import TurnedPhotos
from tests.engine.conftest import NOWHERE, small_detector

PHOTO_HW = (300, 300)


def fit(detector: Detector, photos: list[ImageRGB]) -> Detector:
    detector.fit(photos, ignore_progress, CancelToken())
    return detector


@pytest.fixture(scope="module", params=METHODS)
def fitted(request: pytest.FixtureRequest, good_photos: list[ImageRGB]) -> Detector:
    return fit(small_detector(request.param), good_photos)


def test_defective_cells_score_above_new_good_ones(
    fitted: Detector, new_good_photos: list[ImageRGB], defective_photos: list[ImageRGB]
) -> None:
    good = [one.score for one in fitted.score_maps(new_good_photos)]
    defective = [one.score for one in fitted.score_maps(defective_photos)]
    assert np.median(defective) > np.median(good)


def test_maps_cover_the_photo_at_the_working_size(fitted: Detector, new_good_photos: list[ImageRGB]) -> None:
    (score_map,) = fitted.score_maps(new_good_photos[:1])
    assert score_map.dense().shape == (128, 128)
    assert score_map.grid.shape == (16, 16)
    assert score_map.grid.dtype == np.float32
    assert not score_map.grid.flags.writeable


def test_scores_do_not_depend_on_the_photos_beside(fitted: Detector, new_good_photos: list[ImageRGB]) -> None:
    together = fitted.score_maps(new_good_photos)
    alone = [fitted.score_maps([photo])[0] for photo in new_good_photos]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one.grid, other.grid, rtol=1e-3, atol=1e-3)


def test_a_restored_detector_gives_the_same_maps(fitted: Detector, new_good_photos: list[ImageRGB]) -> None:
    restored = load_detector(fitted.recipe, PHOTO_HW, fitted.arrays(), fitted.backbone.weights_sha256, NOWHERE, "cpu")
    for one, other in zip(fitted.score_maps(new_good_photos), restored.score_maps(new_good_photos), strict=True):
        np.testing.assert_array_equal(one.grid, other.grid)


def test_a_bundle_trained_with_other_weights_is_refused(fitted: Detector) -> None:
    with pytest.raises(DetectorError, match="not those the bundle was trained with"):
        load_detector(fitted.recipe, PHOTO_HW, fitted.arrays(), "0" * 64, NOWHERE, "cpu")


def test_a_bundle_without_its_arrays_is_refused(fitted: Detector) -> None:
    for lost in fitted.arrays().keys() - {"bank_places"}:  # which older bundles lack
        arrays = {name: array for name, array in fitted.arrays().items() if name != lost}
        with pytest.raises(BundleCorrupt, match="train again"):
            load_detector(fitted.recipe, PHOTO_HW, arrays, fitted.backbone.weights_sha256, NOWHERE, "cpu")


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_arrays_and_another_seed_others(method: str, good_photos: list[ImageRGB]) -> None:
    more = {"align": "auto"} if method == "coarse-to-fine" else {}
    made = (small_detector(method, seed, size=64, **more) for seed in (3, 3, 4))
    first, again, other = (fit(one, good_photos[:6]).arrays() for one in made)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    assert any(not np.array_equal(array, other[name]) for name, array in first.items())


def test_training_scores_are_those_of_photos_whose_own_patches_are_missing(good_photos: list[ImageRGB]) -> None:
    """With every patch in the bank, a photo scores 0 with its own patches.

    Without them, it scores as if it had not been trained on.
    """
    everything = {"pool_rows": 16 * 16 * len(good_photos), "bank_rows": 16 * 16 * len(good_photos), "blur_patches": 0.0}
    detector = small_detector("patchcore", **everything)
    good_maps = detector.fit(good_photos, ignore_progress, CancelToken()).good_maps
    without_first = fit(small_detector("patchcore", **everything), good_photos[1:])
    np.testing.assert_allclose(detector.score_maps(good_photos[:1])[0].grid, 0.0, atol=1e-2)
    expected = without_first.score_maps(good_photos[:1])[0]
    np.testing.assert_allclose(good_maps[0].grid, expected.grid, rtol=1e-3, atol=1e-3)
    assert good_maps[0].score > 1.0


def test_reweighting_scales_score_and_map_alike(good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]) -> None:
    plain = fit(small_detector("patchcore"), good_photos).score_maps(new_good_photos)
    weighted = fit(small_detector("patchcore", reweight_neighbours=9), good_photos).score_maps(new_good_photos)
    for one, other in zip(plain, weighted, strict=True):
        ratio = other.grid / one.grid
        np.testing.assert_allclose(ratio, ratio.mean(), rtol=1e-4)
        assert 0.0 <= float(ratio.mean()) <= 1.0


def test_untrained_f_is_the_start_and_training_changes_it(good_photos: list[ImageRGB]) -> None:
    untrained = fit(small_detector("reconpatch", steps=0), good_photos).arrays()["f_weight"]
    trained = fit(small_detector("reconpatch"), good_photos).arrays()["f_weight"]
    assert untrained.shape == trained.shape == (152, 152)
    assert not np.array_equal(untrained, trained)


def test_representation_dim_bounds_what_is_remembered(good_photos: list[ImageRGB]) -> None:
    arrays = fit(small_detector("reconpatch", representation_dim=24), good_photos).arrays()
    assert arrays["bank"].shape == (200, 24)
    assert arrays["f_weight"].shape == (24, 152)


def test_progress_names_every_stage_and_ends_full(good_photos: list[ImageRGB]) -> None:
    seen: list[Progress] = []
    fitted = small_detector("reconpatch").fit(good_photos, seen.append, CancelToken())
    stages = list(dict.fromkeys(one.stage for one in seen))
    assert stages == [
        "reading good photos",
        "learning what belongs together",
        "choosing the patches to remember",
        "scoring good photos",
    ]
    for stage in stages:
        last = [one for one in seen if one.stage == stage][-1]
        assert last.done == last.total
    assert set(fitted.seconds) == {"features", "fit", "coreset", "calibrate"}
    assert len(fitted.good_maps) == len(good_photos)
    assert fitted.bank_rows == 200


@pytest.mark.parametrize(
    "stage", ["reading good photos", "learning what belongs together", "choosing the patches to remember", "scoring"]
)
def test_training_can_be_cancelled_in_every_stage(stage: str, good_photos: list[ImageRGB]) -> None:
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.stage.startswith(stage):
            token.cancel()

    with pytest.raises(Cancelled):
        small_detector("reconpatch").fit(good_photos, report, token)


def test_an_untrained_detector_says_so(good_photos: list[ImageRGB]) -> None:
    with pytest.raises(DetectorError, match="not trained yet"):
        small_detector("patchcore").score_maps(good_photos[:1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "guess"}, "choose one of: reconpatch, coarse-to-fine, patchcore"),
        ({"settings": {"bank_row": 5}}, "'bank_row': there is no setting of this name; there are: .*bank_rows"),
        ({"settings": {"bank_rows": 0}}, "'bank_rows': .*greater than or equal to 2"),
    ],
)
def test_a_wrong_recipe_is_refused_with_what_to_do(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DetectorError, match=message):
        make_detector(Recipe(**changes), PHOTO_HW, NOWHERE)  # type: ignore[arg-type]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a GPU")
def test_a_gpu_that_is_not_there_is_never_replaced_silently() -> None:
    with pytest.raises(DetectorError, match="no GPU"):
        make_detector(Recipe(), PHOTO_HW, NOWHERE, "cuda")


def test_photos_of_any_shape_keep_their_aspect_ratio(good_photos: list[ImageRGB]) -> None:
    wide = [np.ascontiguousarray(photo[:150]) for photo in good_photos]
    settings = {"pool_rows": 1000, "bank_rows": 100}
    detector = make_detector(Recipe(method="patchcore", size=128, settings=settings), (150, 300), NOWHERE)
    (score_map,) = fit(detector, wide).score_maps(wide[:1])
    assert score_map.dense().shape == (96, 192)


def test_methods_are_classes_that_fit_the_table() -> None:
    for name, kind in {"patchcore": PatchCore, "reconpatch": ReConPatch, "coarse-to-fine": CoarseToFine}.items():
        assert METHODS[name].target == f"{kind.__module__}:{kind.__name__}"


@pytest.mark.parametrize("method", ["patchcore", "reconpatch"])
def test_one_good_photo_trains_a_bank_and_justifies_no_threshold(
    method: str, good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]
) -> None:
    detector = small_detector(method)
    fitted = detector.fit(good_photos[:1], ignore_progress, CancelToken())
    assert fitted.good_maps == []
    assert fitted.bank_rows > 0
    assert detector.score_maps(new_good_photos[:1])[0].score > 0.0


def test_turned_copies_of_the_good_photos_bring_turned_parts_nearer(
    good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]
) -> None:
    turned = [turn_image(photo, 90.0) for photo in new_good_photos]
    scores = {}
    for rotations in (1, 4):
        detector = fit(small_detector("patchcore", rotations=rotations), good_photos)
        scores[rotations] = np.median([one.grid for one in detector.score_maps(turned)])
    assert scores[4] < scores[1]


def test_a_part_is_not_helped_by_its_own_turned_copies(good_photos: list[ImageRGB]) -> None:
    detector = small_detector("patchcore", rotations=4, bank_rows=1000)
    fitted = detector.fit(good_photos, ignore_progress, CancelToken())
    assert set(detector.arrays()["bank_photos"]) <= set(range(len(good_photos)))
    for own, left_out in zip(detector.score_maps(good_photos), fitted.good_maps, strict=True):
        assert left_out.grid.mean() > own.grid.mean()


def test_turned_photos_are_made_in_order_and_know_their_photo(good_photos: list[ImageRGB]) -> None:
    views = TurnedPhotos(good_photos[:2], PHOTO_HW, 4)
    assert len(views) == 8
    assert [views.photo_of(index) for index in range(8)] == [0, 0, 0, 0, 1, 1, 1, 1]
    np.testing.assert_array_equal(views[4], good_photos[1])
    np.testing.assert_array_equal(views[5], np.rot90(good_photos[1]))
    assert len(views[2:5]) == 3
    assert views.seen(5, (10, 10)).all()
