"""The forecast on the Train page: asked when the form settles, dropped when stale, acted on."""

import dataclasses
import shutil

import pytest

from inspector.core.errors import DatasetError
from inspector.core.training.forecast import Forecast, Proposal, Stage
from inspector.core.training.forecast_words import forecast_words
from inspector.core.training.plan import Recipe
from inspector.gui.state.state import Step
from inspector.workflows.training.forecast import forecast_training
from tests.gui.conftest import FORECAST, QUICK

TOO_MUCH = Forecast(30, (), 9900.0, 9200.0, 3100.0, proposals=(Proposal(2400.0, size=64),))


@pytest.fixture
def at_form(window, state, solar_cells, tmp_path, qtbot):
    """The Train page with good photos, before the form has settled."""
    good = tmp_path / "good"
    shutil.copytree(solar_cells.good, good)
    window.commands.take_good(good)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_recipe(QUICK)
    state.set_step(Step.TRAIN)
    return window


def answered(window, qtbot):
    qtbot.waitUntil(lambda: window.workers.forecasting.forecast is not None, timeout=60_000)


def test_the_forecast_of_the_photos_and_the_form_is_shown(at_form, state, qtbot, monkeypatch):
    monkeypatch.setattr("inspector.gui.training.forecasting.forecast_training", forecast_training)
    panel = at_form.train.forecast
    assert panel.text.text() == "Estimating time and memory…"
    answered(at_form, qtbot)
    told = at_form.workers.forecasting.forecast
    assert told.goods == 30
    assert told.seconds > 0.0
    assert panel.text.text() == forecast_words(told)
    assert panel.isVisible()
    assert not panel.warning.isVisible()
    assert not panel.instead.isVisible()


def test_only_what_stands_is_asked_and_a_stale_answer_is_dropped(at_form, state, forecasts, qtbot):
    for size in (192, 256, 320):
        state.set_recipe(QUICK.model_copy(update={"size": size}))
    answered(at_form, qtbot)
    assert [recipe.size for _, recipe, _ in forecasts] == [320]
    state.set_recipe(QUICK.model_copy(update={"size": 384}))
    assert at_form.workers.forecasting.forecast is None
    answered(at_form, qtbot)
    assert forecasts[-1][1].size == 384


def test_another_page_asks_nothing(at_form, state, forecasts, qtbot):
    answered(at_form, qtbot)
    state.set_step(Step.GOOD)
    state.set_recipe(QUICK.model_copy(update={"size": 256}))
    assert not at_form.workers.forecasting.asking
    state.set_step(Step.TRAIN)
    answered(at_form, qtbot)
    assert [recipe.size for _, recipe, _ in forecasts] == [QUICK.size, 256]


def test_what_will_not_fit_is_told_and_one_click_takes_less(at_form, state, qtbot, monkeypatch):
    def too_much(_folder, recipe, **_named):
        return TOO_MUCH if recipe.size > 64 else FORECAST

    monkeypatch.setattr("inspector.gui.training.forecasting.forecast_training", too_much)
    answered(at_form, qtbot)
    panel = at_form.train.forecast
    assert panel.warning.text() == "Training needs about 9.0 GB more memory, and 3.0 GB is free."
    assert panel.instead.text() == "Use 64 pixels"
    assert panel.anyway.isVisible()
    at_form.train.train.click()
    qtbot.waitUntil(lambda: state.problem is not None)
    assert state.problem.title == "Not enough memory for this"
    assert not state.work.training
    panel.instead.click()
    assert state.recipe.size == 64
    answered(at_form, qtbot)
    assert panel.text.text() == forecast_words(FORECAST)
    assert not panel.warning.isVisible()
    assert not panel.anyway.isVisible()


def test_training_goes_on_anyway_where_the_user_says_so(at_form, state, qtbot, monkeypatch):
    monkeypatch.setattr("inspector.gui.training.forecasting.forecast_training", lambda *_, **__: TOO_MUCH)
    answered(at_form, qtbot)
    at_form.train.forecast.anyway.click()
    assert state.work.training
    assert not at_form.train.forecast.isVisible()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=120_000)
    state.set_recipe(Recipe(method="patchcore", size=64))
    assert not at_form.workers.forecasting.anyway


def test_the_time_left_is_that_of_the_whole_training(at_form, state, qtbot, monkeypatch):
    told = dataclasses.replace(FORECAST, stages=(Stage("checking good photos", 30, 40.0),))
    monkeypatch.setattr("inspector.gui.training.training.forecast_training", lambda *_, **__: told)
    words = []
    at_form.workers.training.progressed.connect(lambda _: words.append(at_form.train.stages.left.text()))
    at_form.train.train.click()
    qtbot.waitUntil(lambda: len(words) > 3, timeout=60_000)
    at_form.actions_table["cancel"].trigger()
    qtbot.waitUntil(lambda: not state.work.training, timeout=60_000)
    assert "about 40 s left" in words
    assert not any("this stage" in one for one in words[1:])


def test_photos_in_the_way_are_left_to_training_to_tell(at_form, state, qtbot, monkeypatch):
    def refuse(folder, *_args, **_named):
        raise DatasetError(folder, "no")

    monkeypatch.setattr("inspector.gui.training.forecasting.forecast_training", refuse)
    qtbot.waitUntil(lambda: not at_form.workers.forecasting.asking)
    assert state.problem is None
    assert at_form.train.forecast.text.text() == ""
