"""Take the README's picture: train on a folder of photos, inspect others, and save what the window shows.

The folder is laid out as the data sets in docs/images/README.md: good photos in train/good, photos to inspect in test.

    python docs/screenshots.py FOLDER [--out docs/images] [--size 512]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # the window's typeface comes with it, so any platform will do

from PySide6.QtWidgets import QApplication

from inspector import app as program
from inspector.core.recipe import Recipe
from inspector.gui.main_window import MainWindow
from inspector.gui.session import Step

SIZE = (1440, 900)
PATIENCE_S = 1800


def main() -> int:
    """Take the pictures."""
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["INSPECTOR_HOME"] = home
        application = program.make_application(["inspector"])
        window = program.make_window(application)
        window.resize(*SIZE)
        window.show()
        _train(application, window, arguments.folder, Path(home), arguments.size)
        _inspect(application, window, arguments.folder)
        _take(application, window, arguments.out)
        window.close()
        return program.shut_down(window)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with train/good and test")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--size", type=int, default=512, help="pixels the backbone sees")
    return parser


def _train(application: QApplication, window: MainWindow, folder: Path, home: Path, size: int) -> None:
    session = window.session
    window.commands.take_good(folder / "train" / "good")
    _wait(application, lambda: session.good is not None)
    session.set_target(home / "circuit board.inspector")
    session.set_recipe(Recipe(size=size))
    window.commands.train()
    _wait(application, lambda: session.bundle is not None or session.problem is not None)


def _inspect(application: QApplication, window: MainWindow, folder: Path) -> None:
    session = window.session
    window.commands.take_photos([folder / "test"])
    _wait(application, lambda: bool(session.inspections) and not session.work.inspecting)


def _take(application: QApplication, window: MainWindow, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    table = window.judge.results.table
    window.session.select(table.position_at(min(1, table.rowCount() - 1)))
    for theme, step, name in (("light", Step.JUDGE, "window"), ("dark", Step.JUDGE, "window-dark"),
                              ("light", Step.TRAIN, "train")):  # fmt: skip
        window._theme.choose(theme)
        window.session.set_step(step)
        _wait(application, None, 1.0)
        window.grab().save(str(out / f"{name}.png"))


def _wait(application: QApplication, until: Callable[[], bool] | None, at_least_s: float = 0.2) -> None:
    started = time.monotonic()
    while time.monotonic() - started < at_least_s or (until is not None and not until()):
        application.processEvents()
        time.sleep(0.005)
        if time.monotonic() - started > PATIENCE_S:
            sys.exit("this takes too long; is the machine busy?")


if __name__ == "__main__":
    sys.exit(main())
