"""The words that the command line understands, and how misuse is answered. None of this loads torch or Qt."""

from __future__ import annotations

import re

import pytest

from inspector import __version__
from tests.cli.conftest import Run, sentence_of

COMMANDS = {
    "train": ["--out", "--method", "--backbone", "--size", "--seed", "--device", "--json"],
    "inspect": ["--model", "--bundle", "--out", "--threshold", "--heatmaps", "--fail-on", "--fail-on-ng", "--json"],
    "evaluate": ["--method", "--backbone", "--size", "--seed", "--repeats", "--shots", "--baselines", "--json"],
    "report": [
        "--out",
        "--since",
        "--until",
        "--shift",
        "--last-batch",
        "--part",
        "--verdict",
        "--review",
        "--model",
        "--bundle",
    ],
    "demo": ["--no-gui", "--out", "--json"],
    "doctor": ["--json"],
    "history verify": ["--head", "--json"],
    "history start": [],
    "weights list": [],
    "weights import": ["--backbone"],
    "weights fetch": [],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_options(run: Run, command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    found = set(re.findall(r"--[a-z-]+", result.stdout))
    assert set(COMMANDS[command]) <= found


def test_help_names_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"  {command.split()[0]} " in result.stdout


def test_the_version_is_told(run: Run) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("guess", "No such command 'guess'; see 'inspector --help'"),
        ("--guess", "No such option: --guess; see 'inspector --help'"),
        ("weights", "Missing command; see 'inspector weights --help'"),
        ("weights guess", "No such command 'guess'; see 'inspector weights --help'"),
        ("train good", "Missing option '--out'; see 'inspector train --help'"),
        ("inspect photos --out out", "Missing option '--model' / '--bundle'; see 'inspector inspect --help'"),
        ("train good --out p.inspector --guess", "No such option: --guess"),
        ("train good bad --out p.inspector", "bad"),
        ("train good --out p.inspector --size big", "'--size'"),
        ("train good --out p.inspector --seed 1.5", "'--seed'"),
        ("inspect photos --bundle p.inspector --out out --threshold high", "'--threshold'"),
        ("evaluate data --repeats 0", "'--repeats'"),
        ("evaluate data --shots 0", "'--shots'"),
        ("weights import file", "Missing option '--backbone'; see 'inspector weights import --help'"),
    ],
)
def test_misuse_is_answered_in_one_sentence(run: Run, words: str, sentence: str) -> None:
    answer = sentence_of(run(*words.split()))
    assert sentence in answer
    assert re.search(r"; see 'inspector [a-z ]*--help'$", answer)


@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--size 10", "--size 10: input should be greater than or equal to 64; correct it"),
        ("--size 1000000", "--size 1000000: input should be less than or equal to 2048; correct it"),
        ("--seed -1", "--seed -1: input should be greater than or equal to 0; correct it"),
        ("--set steps", "--set steps: write it as NAME=VALUE"),
    ],
)
def test_numbers_out_of_range_are_answered_before_any_file_is_opened(
    run: Run, command: str, words: str, sentence: str
) -> None:
    out = ["--out", "p.inspector"] if command == "train" else []
    assert sentence_of(run(command, "nowhere", *out, *words.split())) == sentence
