from __future__ import annotations

import io
import json
import signal
import sys
from pathlib import Path

import pytest
import typer

from inspector.cli import terminal
from inspector.cli.terminal import ProgressBars, interruptible, plain_ending, print_json
from inspector.core.errors import GoodSetUnusable, ImageUnreadable
from inspector.core.progress import Cancelled, Progress
from tests.cli.conftest import Run, sentence_of


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work_through(stages: list[str]) -> None:
    with ProgressBars() as bars:
        for stage in stages:
            for done in range(1, 4):
                bars(Progress(stage, done, 3))


def test_bars_are_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    work_through(["checking good photos"])
    assert capsys.readouterr() == ("", "")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    work_through(["checking good photos", "learning"])
    assert capsys.readouterr().out == ""
    assert "checking good photos" in screen.getvalue()
    assert "learning" in screen.getvalue()
    assert screen.getvalue().count("3/3") >= 2


def test_json_survives_a_terminal_without_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    bytes_out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes_out, encoding="ascii"))
    value = {"path": "größe 😀.png", "torn": "caf\udce9.png", "folder": Path("out")}
    print_json(value)
    sys.stdout.flush()
    assert json.loads(bytes_out.getvalue()) == value | {"folder": "out"}


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (ImageUnreadable("a.png", "cut short; copy it again"), 2, ["Error: a.png: cut short; copy it again"]),
        (
            GoodSetUnusable("good", "two are in the way", [(Path("a.png"), "empty"), (Path("b.png"), "torn")]),
            2,
            ["Error: good: two are in the way", "  a.png: empty", "  b.png: torn"],
        ),
        (Cancelled(), 130, ["Cancelled. No file was left incomplete."]),
        (KeyboardInterrupt(), 130, ["Cancelled. No file was left incomplete."]),
    ],
)
def test_what_can_go_wrong_ends_in_words_and_a_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, lines: list[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, plain_ending():
        raise error
    assert ended.value.exit_code == code
    assert capsys.readouterr() == ("", "".join(f"{line}\n" for line in lines))


def test_a_bug_keeps_its_own_type() -> None:
    with pytest.raises(ZeroDivisionError), plain_ending():
        raise ZeroDivisionError


def test_one_ctrl_c_asks_and_a_second_one_stops_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as token:
        assert not token.cancelled
        signal.raise_signal(signal.SIGINT)
        assert token.cancelled
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_exit_codes_are_the_contracts() -> None:
    assert (terminal.EXIT_NG, terminal.EXIT_USER, terminal.EXIT_CANCELLED) == (1, 2, 130)


def test_a_command_is_logged_with_its_begin_its_error_and_its_end(run: Run, tmp_path: Path) -> None:
    from inspector.storage.log_file import log_file

    sentence_of(run("threshold", "nowhere.inspector"))
    began, refused, ended = log_file().read_text().splitlines()
    assert " began: inspector " in began
    assert "nowhere.inspector: there is no such file" in refused
    assert ended.endswith(" ended with 2")
