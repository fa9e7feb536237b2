import numpy as np
import pytest

from inspector.core.good_photos.enough_photos import CoveragePoint, coverage_of, round_up, score_at
from inspector.core.good_photos.enough_words import coverage_words


def curve(goods: int, floor: float, height: float) -> list[CoveragePoint]:
    counts = np.unique(np.geomspace(max(goods / 8, 1), goods, 7).round().astype(int)).tolist()
    return [CoveragePoint(count, floor + height * count**-0.5) for count in counts]


def test_a_curve_that_has_flattened_out_is_enough() -> None:
    coverage = coverage_of(curve(200, 10.0, 5.0))
    assert coverage is not None
    assert coverage.enough
    assert coverage.drop < 0.01
    assert coverage_words(coverage.points).startswith(
        "The good photos cover the variation of good parts. Half as many more"
    )


def test_what_is_asked_for_is_what_then_is_enough() -> None:
    first = coverage_of(curve(40, 10.0, 4.0))
    assert first is not None
    assert first.more is not None
    assert first.more > 0
    assert f"About {first.more} more good photos would cover the variation" in coverage_words(first.points)
    then = coverage_of(curve(40 + first.more, 10.0, 4.0))
    assert then is not None
    assert then.enough
    too_few = coverage_of(curve(40 + first.more // 2, 10.0, 4.0))
    assert too_few is not None
    assert not too_few.enough


def test_a_curve_without_an_end_in_sight_asks_for_many_and_names_no_number() -> None:
    coverage = coverage_of(curve(40, 0.0, 20.0))
    assert coverage is not None
    assert coverage.more is None
    assert coverage.drop == pytest.approx(1.0 - 1.5**-0.5)
    assert coverage_words(coverage.points).startswith("Many more good photos would cover the variation")


def test_the_curve_is_followed_beyond_its_end() -> None:
    points = curve(50, 8.0, 12.0)
    assert score_at(points, 50) == pytest.approx(8.0 + 12.0 * 50**-0.5)
    assert score_at(points, 100) == pytest.approx(8.0 + 12.0 * 100**-0.5)


def test_a_rising_or_level_curve_asks_for_nothing() -> None:
    for last in (5.0, 6.0):
        coverage = coverage_of([CoveragePoint(5, 5.0), CoveragePoint(10, 5.0), CoveragePoint(20, last)])
        assert coverage is not None
        assert coverage.enough


def test_too_few_photos_tell_nothing() -> None:
    assert coverage_of(curve(8, 10.0, 5.0)) is None
    assert coverage_of(curve(40, 10.0, 5.0)[-2:]) is None
    assert coverage_words([]) == ""


@pytest.mark.parametrize(("more", "said"), [(0.0, 0), (0.4, 5), (41.0, 45), (50.0, 50), (51.0, 60), (230.0, 250)])
def test_numbers_are_as_exact_as_a_forecast_deserves(more: float, said: int) -> None:
    assert round_up(more) == said
