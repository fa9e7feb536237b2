import pytest
from pydantic import ValidationError

from inspector.core.training.plan import SIZE_STEP, Recipe


@pytest.mark.parametrize(
    "photo_hw", [(256, 256), (300, 300), (1024, 1024), (480, 640), (640, 480), (1080, 1920), (200, 1000), (3000, 500)]
)
@pytest.mark.parametrize("size", [128, 256, 384, 500])
def test_the_working_size_keeps_area_and_aspect_ratio(photo_hw, size):
    height, width = Recipe(size=size).working_hw(photo_hw)
    assert height % SIZE_STEP == 0
    assert width % SIZE_STEP == 0
    # Each edge is off by half a step at most from the exact one.
    aspect = (photo_hw[0] / photo_hw[1]) ** 0.5
    assert abs(height - size * aspect) <= SIZE_STEP / 2
    assert abs(width - size / aspect) <= SIZE_STEP / 2


def test_a_square_photo_is_seen_at_the_size_itself():
    assert Recipe(size=256).working_hw((1000, 1000)) == (256, 256)


def test_turning_the_photo_turns_the_working_size():
    recipe = Recipe()
    assert recipe.working_hw((480, 640)) == recipe.working_hw((640, 480))[::-1]


def test_only_the_shape_of_the_photo_counts():
    recipe = Recipe()
    assert recipe.working_hw((480, 640)) == recipe.working_hw((4800, 6400))


def test_a_very_long_photo_still_has_a_working_size():
    height, width = Recipe(size=64).working_hw((10, 10_000))
    assert height == SIZE_STEP
    assert width > 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 63},
        {"size": 2049},
        {"seed": -1},
        {"seed": 2**31},
        {"false_alarm_rate": 0.0},
        {"false_alarm_rate": 1.0},
        {"false_alarm_rate": float("nan")},
        {"nonsense": 1},
        {"size": "large"},
    ],
)
def test_an_impossible_recipe_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Recipe(**wrong)


def test_a_recipe_comes_back_from_json_as_it_was():
    recipe = Recipe(method="patchcore", size=320, seed=7, false_alarm_rate=0.02, settings={"bank_rows": 1000})
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().size = 512


def test_two_recipes_do_not_share_their_settings():
    first = Recipe()
    first.settings["k"] = 1
    assert Recipe().settings == {}
