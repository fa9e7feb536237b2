"""The forecast of training, as a command or printed before training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.cli.terminal import say
from inspector.core.training.forecast_words import forecast_words, proposal_words, warning_words

if TYPE_CHECKING:
    from inspector.core.training.forecast import Forecast


def say_forecast(forecast: Forecast) -> None:
    """Print the forecast of training, and settings that fit if memory is short."""
    for words in (forecast_words(forecast), warning_words(forecast)):
        if words:
            say(words)
    for proposal in forecast.proposals:
        say(f"  {proposal_words(proposal)}")


def before_training(good: Path, recipe: Any, *, anyway: bool, **arguments: Any) -> Forecast | None:
    """Forecast, tell, and refuse what would clearly run out of memory; see `forecast_training`.

    Returns
    -------
    Forecast or None
        None where photos are in the way: training lists all of them.
    """
    from inspector.core.errors import GoodSetUnusable
    from inspector.workflows.training.forecast import check_memory, forecast_training

    try:
        forecast = forecast_training(good, recipe, **arguments)
    except GoodSetUnusable:
        return None
    if not anyway:
        check_memory(forecast, good, "; to train anyway, add --anyway")
    say_forecast(forecast)
    return forecast


def forecast_answer(told: Forecast | None) -> dict[str, Any] | None:
    """Return a forecast under the keys of the command line contract; None without a forecast."""
    from inspector.core.training.forecast import as_json

    return None if told is None else as_json(told)
