"""After a restart: the last model with its photos, recent models, and where models are looked for."""

import shutil

import pytest
from PySide6.QtWidgets import QPushButton

from inspector.app import make_window
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.preferences import LastWork, Preferences
from inspector.gui.state.state import Step
from inspector.storage.settings import load_settings


@pytest.fixture
def restarted(qapp):
    """Make the window of the next day."""
    made = []

    def restart():
        window = make_window(qapp)
        made.append(window)
        window.show()
        return window

    yield restart
    for window in made:
        assert window.workers.close(within_ms=60_000)
        window.hide()
        window.deleteLater()


def links(window):
    """The offers of the first page."""
    welcome = window.source.welcome
    return {one.text(): one for one in welcome.findChildren(QPushButton) if one.property("role") == "link"}


def test_the_last_model_its_good_photos_and_its_results_come_back(
    judged, state, solar_cells, quick_bundle, restarted, qtbot
):
    with qtbot.waitSignal(state.good_changed):
        judged.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.product.trained_here)
    scores = [one.score for one in state.inspections]
    assert judged.close()
    again = restarted()
    assert again.state.step == Step.GOOD
    assert again.state.bundle is None
    (name,) = [name for name in links(again) if name.startswith(f"{quick_bundle.stem} with ")]
    assert name.endswith(f"/{solar_cells.mixed.name}")
    links(again)[name].click()
    state = again.state
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)
    assert [one.score for one in state.inspections] == pytest.approx(scores)
    assert state.bundle.stored.path == quick_bundle
    assert state.step == Step.JUDGE
    qtbot.waitUntil(lambda: state.product.trained_here)
    assert state.good.folder == solar_cells.good


def test_recent_models_are_offered_on_the_first_page_the_last_one_first(window, state, quick_bundle, tmp_path, qtbot):
    copies = [shutil.copy(quick_bundle, tmp_path / f"part {number}.inspector") for number in range(3)]
    assert not links(window)
    for copy in copies:
        with qtbot.waitSignal(window.workers.judging.opened, timeout=60_000):
            window.commands.take_bundle(copy)
    copies[1].unlink()
    state.set_step(Step.GOOD)
    window._show_recent()
    names = list(links(window))
    assert names == ["part 2", "part 0"]
    with qtbot.waitSignal(window.workers.judging.opened, timeout=60_000):
        links(window)["part 0"].click()
    assert state.bundle.stored.path == copies[0]


def test_photos_that_another_model_judged_do_not_come_back(judged, state, quick_bundle, tmp_path):
    state.set_photos(PhotoSet(tmp_path, (tmp_path / "1.png",)))
    assert judged.close()
    assert load_settings().last_photos == ""


def test_a_window_in_which_nothing_was_opened_forgets_nothing(judged, restarted, quick_bundle, solar_cells):
    assert judged.close()
    again = restarted()
    assert again.close()
    last = Preferences().last_work
    assert last == LastWork(quick_bundle, None, solar_cells.mixed)


def test_a_model_that_is_gone_is_not_offered(judged, state, quick_bundle, tmp_path, qtbot):
    copy = shutil.copy(quick_bundle, tmp_path / "gone.inspector")
    with qtbot.waitSignal(judged.workers.judging.opened, timeout=60_000):
        judged.commands.take_bundle(copy)
    assert judged.close()
    copy.unlink()
    assert Preferences().last_work is None
    assert copy not in Preferences().recent_models()


def test_models_are_looked_for_in_a_folder_that_holds_some(tmp_path, quick_bundle):
    for name in ("empty", "models", "photos/good"):
        (tmp_path / name).mkdir(parents=True)
    preferences = Preferences()
    preferences.remember("good", tmp_path / "photos" / "good")
    assert preferences.place("bundle") == tmp_path / "photos"
    model = shutil.copy(quick_bundle, tmp_path / "models" / "part.inspector")
    preferences._update(recent_models=(str(model),), bundle_folder=str(tmp_path / "empty"))
    assert preferences.place("bundle") == tmp_path / "models"
    model.unlink()
    assert preferences.place("bundle") == tmp_path / "empty"


def test_a_trained_model_is_remembered(judged, state, quick_bundle, dialogs):
    assert judged._preferences.place("bundle") == quick_bundle.parent


def test_the_proposed_name_identifies_the_part(window, state, solar_cells, tmp_path, qtbot):
    good = tmp_path / "hazelnut" / "train" / "good"
    shutil.copytree(solar_cells.good, good)
    with qtbot.waitSignal(state.good_changed):
        window.commands.take_good(good)
    assert state.target == good.parent / "hazelnut.inspector"
