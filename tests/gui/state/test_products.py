"""Two products in one window: results of one are never shown or judged as results of the other."""

import shutil

import cv2
import pytest

from inspector.core.values import Inspection, Limits, Verdict
from inspector.gui.state.state import Step
from inspector.gui.widgets import wording
from inspector.gui.window.rail import DONE
from inspector.workflows.training.train import train
from tests.gui.conftest import QUICK

OK_SIGN = ("mdi6.check-circle", "ok")


@pytest.fixture
def other_good(solar_cells, tmp_path):
    """Good photos of another part: the same number of photos, in a folder of the same name."""
    folder = tmp_path / "other part" / solar_cells.good.name
    folder.mkdir(parents=True)
    for photo in sorted(solar_cells.good.iterdir()):
        cv2.imwrite(str(folder / photo.name), cv2.imread(str(photo))[::-1, :200])
    return folder


def choose_good(window, state, folder, qtbot):
    with qtbot.waitSignal(state.good_changed):
        window.commands.take_good(folder)


def train_here(window, state, target, qtbot):
    state.set_recipe(QUICK)
    state.set_target(target)
    with qtbot.waitSignal(window.workers.judging.opened, timeout=60_000):
        window.actions_table["train"].trigger()


def test_the_promise_of_one_product_is_not_shown_for_the_good_photos_of_another(
    judged, state, solar_cells, other_good, qtbot
):
    choose_good(judged, state, solar_cells.good, qtbot)
    qtbot.waitUntil(lambda: state.product.trained_here)
    state.set_step(Step.TRAIN)
    assert judged.train.bundle.isVisible()
    choose_good(judged, state, other_good, qtbot)
    assert not judged.train.bundle.isVisible()
    assert judged.train.train.isVisible() is judged.train.idle.isVisible() is False  # the first page is shown
    state.set_step(Step.TRAIN)
    assert judged.train.idle.isVisible()
    assert not judged.train.bundle.isVisible()
    assert judged.rail.steps[Step.TRAIN].status == "Not trained yet"
    assert judged.rail.steps[Step.TRAIN].sign is None
    assert len(state.inspections) == 12  # results of the open model stay
    choose_good(judged, state, solar_cells.good, qtbot)
    qtbot.waitUntil(lambda: state.product.trained_here)
    state.set_step(Step.TRAIN)
    assert judged.train.bundle.isVisible()


def test_photos_of_one_product_are_not_judged_with_the_model_of_another(judged, state, other_good, tmp_path, qtbot):
    photos = state.photos
    choose_good(judged, state, other_good, qtbot)
    train_here(judged, state, tmp_path / "other.inspector", qtbot)
    assert state.product.trained_here
    assert not state.work.inspecting
    assert state.photos is photos
    assert not state.inspections
    state.set_step(Step.JUDGE)
    page = judged.judge.empty
    assert (
        page._heading.text()
        == "Judge 12 photos with \N{LEFT DOUBLE QUOTATION MARK}other\N{RIGHT DOUBLE QUOTATION MARK}?"
    )
    assert "chosen for another model" in page._text.text()
    assert judged.rail.steps[Step.JUDGE].status == "12 photos"
    page._anyway.click()
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)


def test_photos_chosen_beside_good_photos_wait_for_their_model(
    window, state, quick_bundle, solar_cells, other_good, tmp_path, qtbot
):
    with qtbot.waitSignal(window.workers.judging.opened, timeout=60_000):
        window.commands.take_bundle(quick_bundle)
    choose_good(window, state, other_good, qtbot)
    with qtbot.waitSignal(state.photos_changed):
        window.commands.take_photos([solar_cells.mixed])
    assert not state.work.inspecting
    assert "was not trained on the chosen good photos" in window.judge.empty._text.text()
    assert window.judge.empty._train.isVisible()
    train_here(window, state, tmp_path / "other.inspector", qtbot)
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)
    assert state.manifest.goods.photo_hw[1] == 200


def test_training_again_judges_the_same_photos_again(judged, state, solar_cells, tmp_path, qtbot):
    choose_good(judged, state, solar_cells.good, qtbot)
    qtbot.waitUntil(lambda: state.product.trained_here)
    state.leave_out([state.good.photos[0]])
    train_here(judged, state, tmp_path / "again.inspector", qtbot)
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)


def test_a_model_opened_for_other_photos_asks_first(judged, state, other_good, tmp_path, qtbot):
    train(other_good, tmp_path / "other.inspector", QUICK)
    with qtbot.waitSignal(judged.workers.judging.opened, timeout=60_000):
        judged.commands.take_bundle(tmp_path / "other.inspector")
    assert not state.work.inspecting
    assert not state.inspections
    with qtbot.waitSignal(judged.workers.sources.photos_chosen):
        judged.commands.take_photos([state.photos.folder])  # the same photos, chosen for this model now
    assert state.work.inspecting
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)


def test_the_same_model_under_another_name_judges_at_once(judged, state, quick_bundle, tmp_path, qtbot):
    copy = shutil.copy(quick_bundle, tmp_path / "copy.inspector")
    with qtbot.waitSignal(judged.workers.judging.opened, timeout=60_000):
        judged.commands.take_bundle(copy)
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)


def test_photos_chosen_while_a_model_opens_wait_for_it(judged, state, other_good, tmp_path, qtbot):
    train(other_good, tmp_path / "other.inspector", QUICK)
    with qtbot.waitSignal(judged.workers.judging.finished, timeout=60_000):
        judged.commands.take_bundle(tmp_path / "other.inspector")
        judged.commands.take_photos([state.photos.folder / "good"])
    assert state.bundle.stored.path.stem == "other"
    assert len(state.inspections) == 6


def sign_with(judged, state, inspections):
    judged.workers.judging.stop()
    state.clear_results()
    state.add_results(inspections)
    return judged.rail.steps[Step.JUDGE].sign


def test_green_is_for_photos_that_are_all_ok(judged, state):
    def score(path, value):
        return Inspection(path, (300, 300), value * state.own_limit)

    paths = state.photos.photos
    oks = [score(path, 0.5) for path in paths[1:]]
    refused = [Inspection(path, (300, 300), None, refusal="too dark; light it") for path in paths]
    unreadable = Inspection(paths[0], None, None, error="cut short")
    assert sign_with(judged, state, [score(paths[0], 0.5), *oks]) == OK_SIGN
    assert judged.rail.steps[Step.JUDGE].status == "0 NG of 12"
    assert sign_with(judged, state, refused) == ("mdi6.alert", "refused")
    assert judged.rail.steps[Step.JUDGE].status == "0 NG, 12 refused"
    assert sign_with(judged, state, [unreadable, *oks]) == ("mdi6.help-box", "unreadable")
    assert sign_with(judged, state, [score(paths[0], 2.0), *oks]) == ("mdi6.close-octagon", "ng")
    state.set_limits(Limits(state.own_limit, state.own_limit * 0.4))
    assert sign_with(judged, state, [score(paths[0], 0.5), *oks]) == ("mdi6.account-question", "unsure")
    assert sign_with(judged, state, oks) is None  # one photo is not judged yet
    for button in judged.rail.steps.values():
        assert button.sign != OK_SIGN


def test_good_photos_that_stop_training_are_not_ticked(window, state, solar_cells, qtbot):
    choose_good(window, state, solar_cells.good, qtbot)
    assert window.rail.steps[Step.GOOD].sign == DONE
    state.set_unusable([(state.good.photos[0], "cut short")])
    assert window.rail.steps[Step.GOOD].sign is None


def test_what_is_not_ok_is_told_in_few_words():
    none = dict.fromkeys(Verdict, 0)
    assert wording.found(none | {Verdict.OK: 5}) == "0 NG of 5"
    assert wording.found(none | {Verdict.OK: 5, Verdict.NG: 1200}) == "1,200 NG of 1,205"
    assert wording.found(none | {Verdict.NG: 3, Verdict.UNSURE: 2}) == "3 NG, 2 unsure"
    assert wording.found(none | {Verdict.REFUSED: 3, Verdict.UNREADABLE: 2}) == "0 NG, 3 refused, 2 unreadable"


def test_photos_that_were_not_kept_are_counted_in_the_right_number():
    assert wording.kept_run(49, 0, 1).endswith("; 1 photo cannot be opened or was replaced")
    assert wording.kept_run(49, 0, 2).endswith("; 2 photos cannot be opened or were replaced")
