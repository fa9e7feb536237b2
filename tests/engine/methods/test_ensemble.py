"""Ensembles on real photos: the meaning of joining, and the contract of every detector."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.core.errors import BundleCorrupt, DetectorError, WeightsError
from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB, ScoreMap
from inspector.engine.detector import Detector, Examined, Fitted
from inspector.engine.methods.ensemble import Ensemble, JoinedBackbone, resize_grid, spread
from inspector.engine.methods.table import METHODS, load_detector, make_detector
from tests.engine.conftest import NOWHERE, SMALL

LITE = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")
BOTH = "+".join(LITE)
PHOTO_HW = (300, 300)
GRIDS = {"coarse": np.eye(4) + 1.0, "fine": np.eye(8) + 1.0}


def small_ensemble(method: str = "patchcore", backbone: str = BOTH, **settings: object) -> Ensemble:
    recipe = Recipe(method=method, backbone=backbone, size=64, settings=SMALL[method] | settings)
    made = make_detector(recipe, PHOTO_HW, NOWHERE, "cpu")
    assert isinstance(made, Ensemble)
    return made


@pytest.fixture(scope="module")
def trained(good_photos: list[ImageRGB]) -> tuple[Ensemble, Fitted, list[list[ScoreMap]]]:
    """A trained ensemble, what its training told, and each member's own maps of the good photos."""
    ensemble = small_ensemble()
    own = [member.fit(good_photos, ignore_progress, CancelToken()).good_maps for member in ensemble.members]
    return ensemble, ensemble.fit(good_photos, ignore_progress, CancelToken()), own


Trained = tuple[Ensemble, Fitted, list[list[ScoreMap]]]


@pytest.mark.parametrize("method", METHODS)
def test_any_method_is_joined_in_units_of_the_members_spread_and_comes_back_from_its_arrays(
    method: str, good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]
) -> None:
    ensemble = small_ensemble(method)
    fitted = ensemble.fit(good_photos[:6], ignore_progress, CancelToken())
    scales = [fitted.facts[f"{name}.scale"] for name in LITE]
    joined = ensemble.score_maps(new_good_photos[:3])
    members = [member.score_maps(new_good_photos[:3]) for member in ensemble.members]
    for one, first, second in zip(joined, *members, strict=True):
        np.testing.assert_allclose(one.grid, (first.grid / scales[0] + second.grid / scales[1]) / 2, rtol=1e-5)
        assert one.dense_hw == first.dense_hw
        assert one.grid.min() >= 0.0
        assert one.score > 0.0
    restored = load_detector(
        ensemble.recipe, PHOTO_HW, ensemble.arrays(), ensemble.backbone.weights_sha256, NOWHERE, "cpu"
    )
    assert restored.recipe == ensemble.recipe
    for one, other in zip(joined, restored.score_maps(new_good_photos[:3]), strict=True):
        np.testing.assert_array_equal(one.grid, other.grid)


def test_good_maps_are_joined_from_those_without_their_own_help(trained: Trained, good_photos: list[ImageRGB]) -> None:
    ensemble, fitted, own = trained
    scales = [spread([one.grid for one in maps]) for maps in own]
    for one, first, second in zip(fitted.good_maps, *own, strict=True):
        np.testing.assert_allclose(one.grid, (first.grid / scales[0] + second.grid / scales[1]) / 2, rtol=1e-5)
    assert fitted.bank_rows == sum(len(member.arrays()["bank"]) for member in ensemble.members)
    # Scored with their own help, the same photos lie lower: the threshold is not flattered.
    with_own_help = [one.score for one in ensemble.score_maps(good_photos)]
    assert np.mean([one.score for one in fitted.good_maps]) > np.mean(with_own_help)


def test_subtracting_the_medians_would_only_shift_the_joined_scores(
    trained: Trained, new_good_photos: list[ImageRGB]
) -> None:
    ensemble, _, own = trained
    z_scores = []
    for member, maps in zip(ensemble.members, own, strict=True):
        values = np.concatenate([one.grid.ravel() for one in maps]).astype(np.float64)
        median = np.median(values)
        mad = np.median(np.abs(values - median))
        z_scores.append([(one.grid - median) / (1.4826 * mad) for one in member.score_maps(new_good_photos)])
    shifts = [
        one.grid - (first + second) / 2
        for one, first, second in zip(ensemble.score_maps(new_good_photos), *z_scores, strict=True)
    ]
    np.testing.assert_allclose(shifts, np.mean(shifts), rtol=1e-4)
    assert np.mean(shifts) > 0.0


def test_a_bundle_without_an_array_of_one_member_is_refused(trained: Trained) -> None:
    ensemble = trained[0]
    arrays = {name: array for name, array in ensemble.arrays().items() if name != "member1.bank"}
    with pytest.raises(BundleCorrupt, match="train again"):
        load_detector(ensemble.recipe, PHOTO_HW, arrays, ensemble.backbone.weights_sha256, NOWHERE, "cpu")


def test_scales_that_do_not_fit_are_refused() -> None:
    for scales in (np.ones(3, np.float32), np.zeros(2, np.float32), np.ones(2, np.float64)):
        with pytest.raises(ValueError, match=r"ensemble\.scales"):
            fixed_ensemble().restore({"ensemble.scales": scales})
    with pytest.raises(KeyError):
        fixed_ensemble().restore({})


def test_the_member_whose_weights_differ_is_named(trained: Trained) -> None:
    ensemble = trained[0]
    first, _second = ensemble.backbone.weights_sha256.split("+")
    with pytest.raises(DetectorError, match=f"^{LITE[1]}: .* not those the bundle was trained with"):
        load_detector(ensemble.recipe, PHOTO_HW, ensemble.arrays(), f"{first}+{'0' * 64}", NOWHERE, "cpu")


def test_progress_names_the_member_and_each_can_be_cancelled(good_photos: list[ImageRGB]) -> None:
    seen: list[Progress] = []
    ensemble = small_ensemble()
    ensemble.fit(good_photos[:4], seen.append, CancelToken())
    stages = list(dict.fromkeys(one.stage for one in seen))
    assert stages[0] == "reading good photos (tf_efficientnet_lite0, 1 of 2)"
    assert stages[-1] == "scoring good photos (tf_efficientnet_lite1, 2 of 2)"
    assert len(stages) == 6

    for stage in (stages[1], stages[4]):
        token = CancelToken()

        def report(progress: Progress, stage: str = stage, token: CancelToken = token) -> None:
            if progress.stage == stage:
                token.cancel()

        with pytest.raises(Cancelled):
            ensemble.fit(good_photos[:4], report, token)


def test_an_untrained_ensemble_says_so(good_photos: list[ImageRGB]) -> None:
    with pytest.raises(DetectorError, match="not trained yet"):
        fixed_ensemble().score_maps(good_photos[:1])
    with pytest.raises(DetectorError, match="not trained yet"):
        fixed_ensemble().arrays()


def test_from_one_photo_distances_count_as_they_are_and_identical_photos_score_zero(
    good_photos: list[ImageRGB],
) -> None:
    ensemble = small_ensemble()
    # Zero, so that training refuses them.
    identical = ensemble.fit([good_photos[0]] * 3, ignore_progress, CancelToken())
    assert [one.score for one in identical.good_maps] == [0.0, 0.0, 0.0]
    assert ensemble.fit(good_photos[:1], ignore_progress, CancelToken()).good_maps == []
    np.testing.assert_array_equal(ensemble.arrays()["ensemble.scales"], [1.0, 1.0])
    assert ensemble.score_maps(good_photos[1:2])[0].score > 0.0


@pytest.mark.parametrize("backbone", ["tf_efficientnet_lite0+", f"{BOTH}+tf_efficientnet_lite0", "+"])
def test_a_name_that_is_missing_or_stands_twice_is_refused(backbone: str) -> None:
    with pytest.raises(DetectorError, match="missing or stands twice; join different names"):
        small_ensemble(backbone=backbone)


def test_missing_weights_are_all_named_at_once_before_any_are_loaded() -> None:
    with pytest.raises(WeightsError) as refused:
        small_ensemble(backbone="wide_resnet101_2+tf_efficientnet_lite0+densenet201")
    assert refused.value.subject == "wide_resnet101_2, densenet201"
    assert "no weights for these backbones" in refused.value.sentence
    assert "weights fetch NAME" in refused.value.sentence
    assert "wide_resnet101_2 and densenet201 as NAME" in refused.value.sentence
    with pytest.raises(WeightsError, match="no_such_net: timm knows no backbone"):
        small_ensemble(backbone="resnet18+no_such_net")


def test_spread_is_that_of_a_normal_distribution_and_never_zero() -> None:
    normal = np.random.default_rng(0).normal(5.0, 2.0, (50, 40, 40)).astype(np.float32)
    assert spread(list(normal)) == pytest.approx(2.0, rel=0.02)
    mostly_zero = np.zeros((10, 10), np.float32)
    mostly_zero[:2] = 5.0
    assert spread([mostly_zero]) == pytest.approx(1.2533 * 1.0)
    assert spread([np.full((4, 4), 3.0, np.float32)]) == 1.0
    assert spread([]) == 1.0


class Fixed:
    """A member whose maps are known."""

    def __init__(self, recipe: Recipe, grid: np.ndarray) -> None:
        self.recipe, self.device, self.backbone = recipe, "cpu", None
        self._map = ScoreMap(grid.astype(np.float32), (64, 64))

    def fit(self, photos: list[ImageRGB], *_: object) -> Fitted:
        maps = [one.score_map for one in self.examine(photos)]
        return Fitted(maps, np.zeros((len(photos), 1), np.float32), {"features": 1.0}, 0, {})

    def examine(self, photos: list[ImageRGB]) -> list[Examined]:
        return [Examined(self._map, np.zeros(1, np.float32))] * len(photos)


def fixed_ensemble() -> Ensemble:
    def member(recipe: Recipe) -> Detector:
        made = Fixed(recipe, GRIDS[recipe.backbone])
        made.backbone = JoinedBackbone(recipe.backbone, "", "")
        return made  # type: ignore[return-value]

    return Ensemble(Recipe(backbone="coarse+fine"), member)


def test_members_on_different_grids_are_joined_on_the_finer_one() -> None:
    ensemble = fixed_ensemble()
    photos = [np.zeros((8, 8, 3), np.uint8)] * 2
    fitted = ensemble.fit(photos, ignore_progress, CancelToken())
    (joined, _) = ensemble.score_maps(photos)
    scales = [fitted.facts["coarse.scale"], fitted.facts["fine.scale"]]
    finer = ScoreMap(GRIDS["coarse"].astype(np.float32), (8, 8)).dense()
    np.testing.assert_allclose(joined.grid, (finer / scales[0] + GRIDS["fine"] / scales[1]) / 2, rtol=1e-5)
    assert fitted.seconds == {"features": 2.0}


def test_a_grid_of_the_right_size_is_left_alone() -> None:
    grid = np.ones((4, 4), np.float32)
    assert resize_grid(grid, (4, 4)) is grid


def test_the_manifest_gets_one_backbone_for_several(trained: Trained) -> None:
    joined = trained[0].backbone
    assert joined.name == BOTH
    assert joined.license == "Apache-2.0"
    assert [len(one) for one in joined.weights_sha256.split("+")] == [64, 64]
