"""The command line, called in this process: quick, and any exception that is not meant shows itself."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.testing import CliRunner, Result

from inspector.cli.commands import app
from inspector.core.training.forecast import Forecast, Stage
from tests.workflows.conftest import dataset, few_goods, one_thread, small_bundle

__all__ = ["Run", "dataset", "few_goods", "one_thread", "small_bundle"]

FORECAST = Forecast(12, (Stage("reading good photos", 12, 3.0),), 900.0, 100.0, 8000.0, 20.0, 2.9)
FORECAST_WORDS = "About 3 s and 900 MB of memory on this computer; 20 ms a photo; model about 2.9 MB."

Run: TypeAlias = Callable[..., Result]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a command tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def forecasts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Answer for the probe before each training, which most tests do not need; return its arguments."""
    asked: list[Any] = []

    def forecast(folder: Path, recipe: Any, **named: Any) -> Forecast:
        asked.append((folder, recipe, named))
        return FORECAST

    monkeypatch.setattr("inspector.workflows.training.forecast.forecast_training", forecast)
    return asked


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call ``inspector WORDS`` in the test's own folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str | Path) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    return call


def json_of(result: Result, code: int = 0) -> dict[str, Any]:
    """Return the JSON that a command printed: one object on stdout, and nothing else."""
    assert result.exit_code == code, result.stderr
    value = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert isinstance(value, dict)
    assert result.stdout.isascii()  # any terminal and any pipe can carry it
    return value


def said(result: Result) -> list[str]:
    """Return the lines on stderr without the forecast, which this folder's answers for a probe put there always."""
    return [line for line in result.stderr.splitlines() if line != FORECAST_WORDS]


def sentence_of(result: Result) -> str:
    """Return the sentence that answers a user's mistake."""
    assert result.exit_code == 2, (result.exit_code, result.stdout, result.stderr)
    assert result.stdout == ""
    lines = said(result)
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("Error: ")
    return lines[0].removeprefix("Error: ")
