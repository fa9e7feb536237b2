"""A folder that fills over time: watched by a check box, and automatically while it is empty."""

import os
import shutil
from dataclasses import replace

import pytest

from inspector.core.errors import SourceEmpty, SourceError
from inspector.devices.addresses import open_source
from inspector.gui.state.live import LiveOptions
from inspector.gui.state.state import Step
from inspector.storage.photos.images import list_images
from tests.gui.conftest import dialogs, nothing_left, state, window  # noqa: F401

LONG_MS = 60_000


@pytest.fixture
def live(state):  # noqa: F811
    state.set_step(Step.LIVE)
    return state.live


def streaming(live):
    return live.connection is not None and live.connection.kind == "streaming"


def put(path, folder):
    """Move a photo into a folder at once, as a camera's own program should."""
    shutil.copy(path, folder / "part")
    os.replace(folder / "part", folder / path.name)


def stop(window, qtbot):  # noqa: F811
    if window.state.live.running:
        window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: not any(runner.busy for runner in window.workers._runners.values()), timeout=LONG_MS)


def test_an_empty_folder_that_is_chosen_is_watched(window, qtbot, live, dialogs, tmp_path, solar_cells):  # noqa: F811
    dialogs.folder = tmp_path / "incoming"
    dialogs.folder.mkdir()
    (dialogs.folder / "lot").mkdir()
    (dialogs.folder / "readme.txt").write_text("no photo")
    window.actions_table["choose_source_folder"].trigger()
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: streaming(live), timeout=LONG_MS)
    assert window.state.problem is None
    assert live.options.address == f"watch:{dialogs.folder}"
    assert window.live.source.watch.isChecked()
    for path in list_images(solar_cells.good)[:2]:
        put(path, dialogs.folder)
        qtbot.waitUntil(
            lambda p=path: live.picture is not None and live.picture.view.frame.name == p.name, timeout=LONG_MS
        )
    assert live.running
    stop(window, qtbot)


def test_a_folder_with_photos_is_watched_where_that_is_checked(window, qtbot, live, dialogs, tmp_path, solar_cells):  # noqa: F811
    first, second = list_images(solar_cells.good)[:2]
    dialogs.folder = tmp_path / "incoming"
    dialogs.folder.mkdir()
    put(first, dialogs.folder)
    window.actions_table["choose_source_folder"].trigger()
    watch = window.live.source.watch
    assert watch.isVisible()
    assert not watch.isChecked()
    watch.click()
    assert live.options.address == f"watch:{dialogs.folder}"
    assert window.live.source.address.currentText() == f"watch:{dialogs.folder}"
    watch.click()
    assert live.options.address == str(dialogs.folder)
    watch.click()
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: streaming(live), timeout=LONG_MS)
    assert not watch.isEnabled()
    put(second, dialogs.folder)
    qtbot.waitUntil(lambda: live.picture is not None, timeout=LONG_MS)
    assert live.picture.view.frame.name == second.name
    stop(window, qtbot)


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("", False),
        ("camera:0", False),
        ("rtsp://camera/live", False),
        ("http://camera/live", False),
        ("genicam:/opt/a.cti?1", False),
        ("/data/run.MP4", False),
        ("/data/parts", True),
        ("/data/lot 7.2026", True),
        ("parts", True),
        ("watch:/data/parts", True),
    ],
)
def test_watching_is_offered_for_folders_only(window, live, address, offered):  # noqa: F811
    live.set_options(replace(LiveOptions(), address=address))
    assert window.live.source.watch.isVisible() is offered
    assert window.live.source.watch.isChecked() is address.startswith("watch:")


def test_a_folder_that_is_not_there_is_an_error_all_the_same(tmp_path):
    (tmp_path / "empty").mkdir()
    source = open_source(str(tmp_path / "empty"))
    with pytest.raises(SourceEmpty):
        source.open()
    (tmp_path / "empty").rmdir()
    with pytest.raises(SourceError) as told:
        source.open()
    assert not isinstance(told.value, SourceEmpty)
