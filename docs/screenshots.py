"""Take the pictures of README and docs: train on a folder of photos, inspect others, and save what the window shows.

The folder is laid out as the data sets in docs/images/README.md: good photos in train/good, photos to inspect in test.

    python docs/screenshots.py FOLDER [--out docs/images] [--size 640] [--only PREFIX]
        [--threshold 1.0] [--show NAME] [--bundle FILE]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # the window's typeface comes with it, so any platform will do

from PySide6.QtWidgets import QApplication

from inspector import app as program
from inspector.core.training.plan import Recipe
from inspector.gui.state.state import Step
from inspector.gui.window.main_window import MainWindow
from inspector.storage.photos.photo_list import list_images

SIZE = (1440, 900)
PATIENCE_S = 1800
WORTH_SHOWING = 1.1
DECIDED = 3


def main() -> int:
    """Take the pictures."""
    arguments = _parser().parse_args()
    arguments.folder, arguments.out = arguments.folder.resolve(), arguments.out.resolve()
    with tempfile.TemporaryDirectory() as home:
        os.environ["INSPECTOR_HOME"] = home
        os.environ["LOGNAME"] = "Shift 1"  # the reviewer that the pictures name
        application = program.make_application(["inspector"])
        window = program.make_window(application)
        window.resize(*SIZE)
        window.show()
        _choose(application, window, arguments.folder)
        _take_forecast(application, window, arguments)
        if arguments.bundle is None:
            _train(application, window, Path(home), arguments.size)
        else:
            _open(application, window, arguments.bundle)
        _inspect(application, window, arguments.folder, arguments.only)
        window.state.set_relative_threshold(arguments.threshold)
        _take(application, window, arguments.out, arguments.show)
        _take_live(application, window, Path(home), arguments)
        _take_review(application, window, arguments.out)
        window.close()
        return program.shut_down(window)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with train/good and test")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--size", type=int, default=640, help="pixels the backbone sees")
    parser.add_argument("--only", default="", help="how the names of the photos to inspect begin")
    parser.add_argument("--threshold", type=float, default=1.0, help="in units of the trained limit")
    parser.add_argument("--show", default="", help="part of the name of the photo to show; otherwise the worst")
    parser.add_argument("--bundle", type=Path, help="trained before; otherwise it is trained now")
    return parser


def _choose(application: QApplication, window: MainWindow, folder: Path) -> None:
    window.commands.take_good(folder / "train" / "good")
    _wait(application, lambda: window.state.good is not None)


def _take_forecast(application: QApplication, window: MainWindow, arguments: argparse.Namespace) -> None:
    window._theme.choose("light")
    window.state.set_target(Path("parts", "circuit board.inspector"))
    window.state.set_recipe(Recipe(size=arguments.size))
    window.state.set_step(Step.TRAIN)
    _wait(application, lambda: window.workers.forecasting.forecast is not None, 1.0)
    _save(window, arguments.out, "train")


def _train(application: QApplication, window: MainWindow, home: Path, size: int) -> None:
    state = window.state
    state.set_target(home / "circuit board.inspector")
    state.set_recipe(Recipe(size=size))
    window.commands.train()
    _wait(application, lambda: state.bundle is not None or state.problem is not None)


def _open(application: QApplication, window: MainWindow, bundle: Path) -> None:
    window.commands.take_bundle(bundle)
    _wait(application, lambda: window.state.bundle is not None)


def _inspect(application: QApplication, window: MainWindow, folder: Path, only: str) -> None:
    state = window.state
    photos = [path for path in list_images(folder / "test") if path.name.startswith(only)]
    window.commands.take_photos(photos if only else [folder / "test"])
    _wait(application, lambda: bool(state.inspections) and not state.work.inspecting)


def _take(application: QApplication, window: MainWindow, out: Path, show: str) -> None:
    table = window.judge.results.table
    positions = [table.position_at(row) for row in range(table.rowCount())]
    named = [at for at in positions if show in window.state.name_of(window.state.inspections[at])]
    window.state.select((named or positions)[0])
    for theme, name in (("light", "window"), ("dark", "window-dark")):
        window._theme.choose(theme)
        window.state.set_step(Step.JUDGE)
        _wait(application, None, 1.0)
        _save(window, out, name)


def _take_live(application: QApplication, window: MainWindow, home: Path, arguments: argparse.Namespace) -> None:
    """Pass good photos and then the others before the camera, and hold the first that is NG."""
    photos = [path for path in list_images(arguments.folder / "test") if path.name.startswith(arguments.only)]
    os.chdir(home)
    line = Path("line 2")
    line.mkdir()
    for place, path in enumerate(sorted(photos, key=lambda path: (path.parent.name != "good", path.name))):
        shutil.copy(path, line / f"{place:03d}{path.suffix}")
    window._theme.choose("light")
    state = window.state
    state.set_step(Step.LIVE)
    state.live.set_options(replace(state.live.options, address=str(line), hold_on_ng=True))
    window.actions_table["camera_on"].trigger()
    _wait(application, lambda: state.live.held, 1.0)
    while state.live.points[-1].relative < WORTH_SHOWING:
        window.actions_table["acknowledge"].trigger()
        _wait(application, lambda: state.live.held, 1.0)
    _save(window, arguments.out, "live")
    window.actions_table["camera_on"].trigger()
    _wait(application, lambda: not state.live.running, 1.0)


def _take_review(application: QApplication, window: MainWindow, out: Path) -> None:
    """Keep what was judged, decide on the worst parts, and show the next one."""
    review = window.state.review
    window.commands.keep_results()
    _wait(application, lambda: not window.state.work.exporting, 1.0)
    window.state.set_step(Step.REVIEW)
    _wait(application, lambda: review.details is not None, 1.0)
    for _ in range(DECIDED):
        before = review.details
        window.actions_table["confirm_defect"].trigger()
        _wait(application, lambda before=before: review.details not in (before, None), 0.5)
    _wait(application, None, 2.0)
    _save(window, out, "review")


def _save(window: MainWindow, out: Path, name: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
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
