"""Counted work and unit costs to a forecast, and its words."""

import pytest

from inspector.core.training.forecast import Forecast, Proposal, Stage, Work, as_json
from inspector.core.training.forecast_words import (
    forecast_words,
    memory_words,
    proposal_words,
    time_words,
    warning_words,
)
from inspector.core.training.plan import Recipe

TOLD = Forecast(30, (Stage("reading", 30, 12.2), Stage("scoring", 30, 9.0, 2.0)), 1130.0, 400.0, 8000.0, 24.6, 2.94)


def test_work_is_priced_by_its_units():
    work = Work("scoring", 30, {"photo": 30, "search": 60}, {"fold": 20})
    assert work.priced({"photo": 0.1, "search": 0.05, "fold": 0.2}) == Stage("scoring", 30, 10.0, 4.0)
    with pytest.raises(KeyError):
        work.priced({"photo": 0.1})


def test_a_forecast_is_one_sentence():
    assert (
        forecast_words(TOLD) == "About 20 s and 1.1 GB of memory on this computer; 25 ms a photo; model about 2.9 MB."
    )
    assert warning_words(TOLD) == ""
    assert TOLD.fits
    assert TOLD.seconds == pytest.approx(21.2)


def test_what_does_not_fit_is_told_with_what_would():
    proposal = Proposal(2400.0, size=512)
    told = Forecast(30, (), 9900.0, 9200.0, 3100.0, proposals=(proposal,))
    assert (told.fits, told.hopeless, told.seconds) == (False, True, None)
    assert forecast_words(told) == ""
    assert warning_words(told) == "Training needs about 9.0 GB more memory, and 3.0 GB is free."
    assert proposal_words(proposal) == "512 pixels instead takes about 2.3 GB."
    assert proposal.apply(Recipe(size=1024, seed=3)) == Recipe(size=512, seed=3)
    assert as_json(told)["proposals"] == [{"size": 512, "settings": {}, "more_memory_mb": 2400.0}]


def test_nearly_all_of_the_memory_is_warned_of_but_not_hopeless():
    told = Forecast(30, TOLD.stages, 3300.0, 2600.0, 3100.0, 24.6, 2.94)
    assert (told.fits, told.hopeless) == (False, False)
    assert warning_words(told) == "Memory is tight: about 2.5 GB more, and 3.0 GB is free."
    assert Forecast(30, TOLD.stages, 3300.0, 2600.0, None).fits


def test_a_cap_leaves_the_other_constants():
    recipe = Recipe(settings={"steps": 5, "pool_rows": 900})
    assert Proposal(1.0, settings={"pool_rows": 450}).apply(recipe).settings == {"steps": 5, "pool_rows": 450}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (8.4, "8 s"), (22.0, "20 s"), (57.0, "55 s"), (58.0, "1 min"), (200, "3 min"), (4900, "1 h 22 min")],
)
def test_time_is_told_as_exactly_as_a_forecast_deserves(seconds, words):
    assert time_words(seconds) == words


@pytest.mark.parametrize(("mb", "words"), [(812.0, "810 MB"), (1126.4, "1.1 GB"), (15_000.0, "15 GB"), (0.0, "0 MB")])
def test_memory_is_told_in_two_digits(mb, words):
    assert memory_words(mb) == words
