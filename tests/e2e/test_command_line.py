"""The command line as a person or a script meets it: in a process of its own, from outside.

Same seed, same photos: the same file, bit for bit, from another process. Ctrl-C: nothing half-written.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.storage.photos.photo_list import list_images
from tests.conftest import SolarCells
from tests.workflows.small import SMALL_WORDS, copy_photos

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120

# Runs the command line, then tells on stderr which of the large libraries it loaded.
TELLING = """
import sys
from inspector.cli import main
try:
    main()
finally:
    print("loaded:", *sorted({"torch", "PySide6", "cv2"} & set(sys.modules)), file=sys.stderr)
"""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("QT_QPA_PLATFORM", "DISPLAY")}
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return kept | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"} | more


def inspector(
    *words: str | Path, cwd: Path, program: tuple[str, ...] = ("-m", "inspector"), **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *map(str, words)],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def few_goods(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_photos(list_images(solar_cells.good)[:12], tmp_path_factory.mktemp("few") / "good cells")


def test_the_same_seed_gives_the_same_file_in_another_process(few_goods: Path, tmp_path: Path) -> None:
    hashes = []
    for number in ("1", "2"):
        done = inspector(
            "train",
            few_goods,
            f"--out={number}.inspector",
            "--device=cpu",
            "--json",
            *SMALL_WORDS,
            cwd=tmp_path,
            program=("-c", TELLING),
            PYTHONHASHSEED=number,
        )
        assert done.returncode == 0, done.stderr
        hashes.append(json.loads(done.stdout)["sha256"])
        assert "loaded: cv2 torch\n" in done.stderr  # and no Qt
    assert hashes[0] == hashes[1] == hashlib.sha256((tmp_path / "1.inspector").read_bytes()).hexdigest()
    assert sorted(os.listdir(tmp_path)) == ["1.inspector", "2.inspector"]


def test_a_moved_bundle_finds_the_defects_and_says_so_by_its_exit_code(
    trained_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    bundle = tmp_path / "USB-Stick größe" / "cells.inspector"
    bundle.parent.mkdir()
    shutil.copyfile(trained_bundle, bundle)
    photos = copy_photos(list_images(solar_cells.mixed / "defective"), tmp_path / "neue Fotos 😀", prefix="defective ")
    for photo in list_images(solar_cells.mixed / "good"):
        shutil.copyfile(photo, photos / photo.name)
    done = inspector(
        "inspect",
        "neue Fotos 😀",
        "--model",
        Path("USB-Stick größe", "cells.inspector"),
        "--out=out",
        "--fail-on-ng",
        "--json",
        cwd=tmp_path,
        program=("-c", TELLING),
        PYTHONIOENCODING="ascii",
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "loaded: cv2 torch\n" in done.stderr
    found = json.loads(done.stdout)
    saved = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))["photos"]
    assert len(saved) == found["images"] == found["ok"] + found["ng"] == 12
    ng = [Path(one["path"]).name for one in saved if one["verdict"] == "NG"]
    assert len(ng) == found["ng"]
    assert sum(name.startswith("defective") for name in ng) >= 4
    assert sum(not name.startswith("defective") for name in ng) <= 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "nowhere", "--out=p.inspector"], "nowhere: there is no such file or folder; check the path"),
        (["train", "größe 😀", "--out=no/p.inspector"], "the folder does not exist; create it or choose another"),
        (["report", "nowhere", "--out=r.html"], "nowhere: there is no such file; "),
        (["train"], "; see 'inspector train --help'"),
        (["weights"], "Missing command; see 'inspector weights --help'"),
    ],
)
def test_a_mistake_costs_no_time_and_ends_in_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    done = inspector(*words, cwd=tmp_path, program=("-c", TELLING), PYTHONIOENCODING="ascii:backslashreplace")
    assert (done.returncode, done.stdout) == (2, "")
    answer, loaded = done.stderr.splitlines()
    assert answer.startswith("Error: ")
    assert sentence in answer
    assert "torch" not in loaded
    assert os.listdir(tmp_path) == []


def interrupted_in(stage: str, *words: str | Path, cwd: Path) -> tuple[int, str, str]:
    """Start a command on a terminal, press Ctrl-C as soon as its bar says `stage`; return code, stdout and screen."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "inspector", *map(str, words)],
        cwd=cwd,
        env=environment(TERM="xterm", COLUMNS="120"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    screen, pressed, deadline = b"", False, time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            try:
                screen += os.read(ours, 4096)
            except OSError:  # the terminal's other end was closed: the process ended
                break
            if not pressed and stage.encode() in screen:
                process.send_signal(signal.SIGINT)
                pressed = True
        stdout = process.communicate(timeout=SECONDS)[0]
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert pressed, screen.decode()
    return process.returncode, stdout.decode(), screen.decode()


needs_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")


@needs_a_terminal
def test_ctrl_c_while_training_leaves_the_older_bundle_and_nothing_else(
    few_goods: Path, trained_bundle: Path, tmp_path: Path
) -> None:
    older = tmp_path / "part.inspector"
    shutil.copyfile(trained_bundle, older)
    endless = ["--set", "steps=1000000"]  # so that Ctrl-C surely comes before the end
    code, stdout, screen = interrupted_in(
        "learning", "train", few_goods, "--out", older.name, "--json", *SMALL_WORDS, *endless, cwd=tmp_path
    )
    assert (code, stdout) == (130, "")
    assert "Cancelled. No file was left incomplete." in screen
    assert "Traceback" not in screen
    assert os.listdir(tmp_path) == ["part.inspector"]
    assert older.read_bytes() == trained_bundle.read_bytes()


@needs_a_terminal
def test_ctrl_c_while_inspecting_leaves_the_older_results_and_nothing_else(
    trained_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    out.mkdir()
    (out / "results.json").write_text("older results")
    photo = list_images(solar_cells.good)[0]
    for number in range(3000):  # minutes of work, so that Ctrl-C surely comes before the end
        (photos / f"{number}.png").symlink_to(photo)
    code, stdout, screen = interrupted_in(
        "inspecting photos", "inspect", "photos", "--model", trained_bundle, "--out=out", "--json", cwd=tmp_path
    )
    assert (code, stdout) == (130, "")
    assert "Cancelled. No file was left incomplete." in screen
    assert "Traceback" not in screen
    assert os.listdir(out) == ["results.json"]
    assert (out / "results.json").read_text() == "older results"
