"""Answers and files that cannot be written: one sentence and exit code 2, for every command."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspector.storage.photos.photo_list import list_images
from tests.cli.conftest import Run, sentence_of
from tests.conftest import SolarCells

CLI = Path(__file__).parents[2] / "inspector" / "cli"
ANSWER = """
from inspector.cli.terminal import plain_ending, print_json
import typer
app = typer.Typer()
@app.command()
def ask():
    with plain_ending():
        print_json({"answer": 42})
app()
"""
QUICK = [["-c", ANSWER], *(["-m", "inspector", *words] for words in (["--version"], ["--help"], ["inspect", "--help"]))]

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
needs_limits = pytest.mark.skipif(os.name == "nt", reason="this system limits no file sizes")


def call(words: list[str], stdout: int | None, close: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    if close:  # as a shell's >&- does: Python then begins without stdout
        command = [sys.executable, "-c", f"import os; os.close(1); os.execv({sys.executable!r}, {command!r})"]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120, check=False)


@needs_full
@pytest.mark.parametrize("words", QUICK, ids=["answer", "version", "help", "a command's help"])
def test_a_full_disk_under_the_answer_is_told_in_one_sentence(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = call(words, full.fileno())
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert done.stderr.startswith("Error: ")
    assert "the disk is full" in done.stderr


def test_a_reader_that_has_gone_is_told_in_one_sentence() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = call(["-c", ANSWER], writing)
    finally:
        os.close(writing)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: standard output: the answer cannot be written: the program that reads it has ended; "
        "let it read to the end\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="handles are inherited in another way")
def test_an_answer_into_a_closed_stdout_is_no_success() -> None:
    done = call(["-m", "inspector", "--version"], None, close=True)
    assert done.returncode == 2
    assert done.stderr == ("Error: standard output: it is closed, so the answer cannot be written; leave it open\n")


def test_messages_that_nobody_can_read_do_not_stop_a_command_nor_get_into_the_answer() -> None:
    code = "import os, sys; os.close(2); os.execv(sys.executable, [sys.executable, '-m', 'inspector', *sys.argv[1:]])"
    words = [sys.executable, "-c", code, "report", "nowhere", "--out", "r.html"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_every_command_prints_its_answer_through_the_one_function_that_tells_when_it_cannot() -> None:
    """`print` alone fails at the interpreter's end, where no message is possible."""
    printing = [
        f"{path.name}:{node.lineno}"
        for path in CLI.glob("*.py")
        if path.name != "terminal.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@needs_limits
@pytest.mark.parametrize("heatmaps", [True, False])
def test_results_that_do_not_fit_on_the_disk(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, heatmaps: bool
) -> None:
    photo = list_images(solar_cells.mixed / "good")[0]
    words = ["inspect", photo, "--model", small_bundle, "--out", "out", "--fail-on", "not-ok", "--json"]
    with files_end_at(500):
        result = run(*words, *(["--heatmaps"] if heatmaps else []))
    sentence = sentence_of(result)
    assert sentence.startswith("out")
    assert ": writing failed (File too large); " in sentence
    assert not (tmp_path / "out" / "results.json").exists()


@needs_limits
@pytest.mark.parametrize(
    "words",
    [
        lambda bundle: ["threshold", bundle, "--to", "1"],
        lambda bundle: ["report", "out", "--out", "report.html"],
        lambda bundle: ["report", "out", "--out", "report.pdf"],
        lambda bundle: ["report", "out", "--out", "table.csv"],
    ],
    ids=["threshold", "html", "pdf", "csv"],
)
def test_other_files_that_do_not_fit_on_the_disk(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, words: Callable[[Path], list[str | Path]]
) -> None:
    bundle = tmp_path / "copy.inspector"
    bundle.write_bytes(small_bundle.read_bytes())
    photo = list_images(solar_cells.mixed / "good")[0]
    assert run("inspect", photo, "--model", bundle, "--out", "out").exit_code == 0
    before = bundle.read_bytes()
    with files_end_at(200):
        sentence = sentence_of(run(*words(bundle)))
    assert "writing failed (File too large); " in sentence
    assert bundle.read_bytes() == before


def test_a_device_is_no_file_to_write(run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    photo = list_images(solar_cells.mixed / "good")[0]
    assert run("inspect", photo, "--model", small_bundle, "--out", "out").exit_code == 0
    pipe = tmp_path / "report.html"
    os.mkfifo(pipe)
    assert "this is a device or a pipe, not a file" in sentence_of(run("report", "out", "--out", pipe))
    assert pipe.is_fifo()
