"""Starting the program: fast, without torch, and in words where it cannot."""

import os
import subprocess
import sys

import pytest

from inspector import __version__

OPEN_AND_CLOSE = """
import sys
from inspector import app
application = app.make_application(["inspector"])
window = app.make_window(application)
window.show()
application.processEvents()
window.grab()
print(*sys.modules)
window.close()
sys.exit(app.shut_down(window))
"""

NOT_BEFORE_THE_FIRST_PAINT = {
    "torch", "torchvision", "timm", "sqlalchemy", "alembic", "jinja2", "reportlab", "cuda.bindings.runtime", "scipy",
    "pandas", "matplotlib", "OpenGL",
}  # fmt: skip
MOST_MODULES = 635
"""Python, Qt, numpy, pydantic, pyqtgraph and OpenCV; the window's own are light."""


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_window_is_up_before_anything_heavy_is_loaded():
    # Seconds say how busy the computer is; benchmarks/speed/start_up.py measures them.
    finished = python(OPEN_AND_CLOSE, QT_QPA_PLATFORM="offscreen")
    assert finished.returncode == 0, finished.stderr
    loaded = set(finished.stdout.split())
    assert "inspector.gui.window.main_window" in loaded
    assert not loaded & NOT_BEFORE_THE_FIRST_PAINT
    assert len([name for name in loaded if name.partition(".")[0] != "inspector"]) < MOST_MODULES


def test_no_display_is_one_plain_sentence_and_exit_2():
    code = "import sys; from inspector import app; sys.exit(app.run(['inspector']))"
    finished = python(code, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    if sys.platform != "linux":
        pytest.skip("other systems always have a display")
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert "no display" in finished.stderr
    assert finished.stderr.count("\n") == 1


RUN_AND_QUIT = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from inspector import app
real = app.show_at_start
def then_quit(window, *paths):
    real(window, *paths)
    QTimer.singleShot(200, window.close)
app.show_at_start = then_quit
sys.exit(app.run(["inspector"], good=Path(sys.argv[1]) if len(sys.argv) > 1 else None))
"""


def test_run_ends_cleanly_and_writes_a_log(user_folders):
    finished = python(RUN_AND_QUIT, QT_QPA_PLATFORM="offscreen", INSPECTOR_HOME=str(user_folders))
    assert finished.returncode == 0, finished.stderr
    assert "QThread" not in finished.stderr
    written = (user_folders / "logs" / "inspector.log").read_text(encoding="utf-8")
    assert f"the window began: inspector {__version__}" in written
    assert "the window closed" in written
    assert (user_folders / "settings.json").exists()


BUG = """
import sys
from PySide6.QtCore import QTimer
from inspector import app
from inspector.gui.widgets.dialogs import Dialogs
def show_bug(cls, parent, trace):
    print("shown", trace.strip().splitlines()[-1])
    parent.close()
Dialogs.show_bug = classmethod(show_bug)
real = app.show_at_start
def then_fail(window, *paths):
    def fail():
        raise RuntimeError("a bug in a slot")
    QTimer.singleShot(50, window, fail)
app.show_at_start = then_fail
sys.exit(app.run(["inspector"]))
"""


def test_a_bug_is_logged_and_shown_and_does_not_end_the_program(user_folders):
    finished = python(BUG, QT_QPA_PLATFORM="offscreen", INSPECTOR_HOME=str(user_folders))
    assert finished.returncode == 0, finished.stderr
    assert "shown RuntimeError: a bug in a slot" in finished.stdout
    assert "a bug in a slot" in (user_folders / "logs" / "inspector.log").read_text(encoding="utf-8")
