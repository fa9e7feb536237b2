"""Training: settings, progress, outcome, and errors."""

import shutil

import pytest

from inspector.core.progress import Cancelled, Progress
from inspector.core.training.plan import Recipe
from inspector.core.training.presets import PRESETS
from inspector.gui.state.state import Step
from inspector.workflows.training.train import train
from tests.gui.conftest import QUICK


@pytest.fixture
def ready(window, state, solar_cells, tmp_path, qtbot):
    """A window with a copy of the good cells and a quick recipe."""
    good = tmp_path / "good cells ä"
    shutil.copytree(solar_cells.good, good)
    window.commands.take_good(good)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_recipe(QUICK)
    state.set_step(Step.TRAIN)
    return window


def test_the_form_edits_the_recipe(window, state):
    form = window.train.form
    form.method.setCurrentIndex(form.method.findData("patchcore"))
    form.method.activated.emit(form.method.currentIndex())
    form.size.setCurrentIndex(form.size.findData(384))
    form.size.activated.emit(form.size.currentIndex())
    form.device.setCurrentIndex(form.device.findData("cpu"))
    form.device.activated.emit(form.device.currentIndex())
    form.seed.setValue(7)
    form.rate.setValue(5.0)
    assert state.recipe == Recipe(method="patchcore", size=384, seed=7, false_alarm_rate=0.05)
    assert state.device == "cpu"


def test_the_form_follows_the_recipe(window, state):
    state.set_recipe(Recipe(method="patchcore", size=448, seed=9))
    state.set_device("cuda")
    form = window.train.form
    assert (form.method.currentData(), form.size.currentData(), form.seed.value()) == ("patchcore", 448, 9)
    assert form.device.currentData() == "cuda"
    assert "baseline" in form.method_text.text()


def choose(box, name):
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def test_a_preset_sets_method_backbone_size_and_constants(window, state):
    form = window.train.form
    form.seed.setValue(7)
    assert form.preset.currentData() == "default"
    choose(form.preset, "reconpatch-lite-ensemble")
    assert state.recipe == Recipe(seed=7, **PRESETS["reconpatch-lite-ensemble"].recipe_fields())
    assert form.preset_text.text() == PRESETS["reconpatch-lite-ensemble"].summary
    assert "tf_efficientnet_lite2" in form.backbone.toolTip() + form.backbone.text()
    choose(form.preset, "default")
    assert state.recipe == Recipe(seed=7)


def test_the_preset_follows_the_recipe_and_says_when_it_is_none(window, state):
    form = window.train.form
    state.set_recipe(Recipe(**PRESETS["reconpatch-wrn50"].recipe_fields()))
    assert form.preset.currentData() == "reconpatch-wrn50"
    assert form.size.currentData() == 224
    choose(form.size, 384)
    assert state.recipe.settings == PRESETS["reconpatch-wrn50"].settings
    assert form.preset.currentText() == "Custom"
    form.preset.activated.emit(form.preset.currentIndex())  # choosing the present choice changes nothing
    assert state.recipe.size == 384
    choose(form.method, "patchcore")
    assert state.recipe.settings == {}  # constants of ReConPatch mean nothing to it
    assert state.recipe.backbone == "wide_resnet50_2"
    choose(form.preset, "default")
    assert form.preset.findText("Custom") == -1


def test_presets_without_weights_are_greyed_and_say_what_to_do(window, state, user_folders):
    form = window.train.form
    state.set_step(Step.TRAIN)
    form.details_button.click()

    def item(name):
        return form.preset.model().item(form.preset.findData(name))

    assert item("default").isEnabled()
    assert item("reconpatch-lite-ensemble").isEnabled()
    missing = item("reconpatch-wrn50")
    assert not missing.isEnabled()
    assert missing.text().endswith("(no weights)")
    assert "inspector weights fetch wide_resnet50_2" in missing.toolTip()
    folder = user_folders / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / "wide_resnet50_2.safetensors").touch()
    form.details_button.click()
    form.details_button.click()
    assert item("reconpatch-wrn50").isEnabled()
    assert item("reconpatch-wrn50").text() == PRESETS["reconpatch-wrn50"].title


def test_details_are_folded_at_first(window, state):
    state.set_step(Step.TRAIN)
    assert not window.train.form.seed.isVisible()
    window.train.form.details_button.click()
    assert window.train.form.seed.isVisible()


def test_training_ends_with_a_promise_and_says_where_the_file_is(ready, state, qtbot):
    ready.train.train.click()
    assert state.work.training
    assert not ready.train.form.size.isEnabled()
    assert not ready.train.form.preset.isEnabled()
    assert not ready.actions_table["choose_good"].isEnabled()
    assert ready.train.stages.isVisible()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    assert state.target.exists()
    assert ready.train.bundle.path.text() == str(state.target)
    assert "false alarms in 100" in ready.train.bundle.promise.text()
    assert "from 30 good photos" in ready.train.bundle.promise.text()
    assert "The aim was 1.0 in 100: it takes 69 more good photos" in ready.train.bundle.promise.text()
    assert len(ready.train.stages.stages) >= 3
    assert ready.train.again.isVisible()
    assert not ready.train.train.isVisible()


def test_replacing_a_bundle_is_asked_first(ready, state, dialogs, quick_bundle):
    shutil.copyfile(quick_bundle, state.target)
    dialogs.replace = False
    ready.train.train.click()
    assert dialogs.asked == ["replace"]
    assert not state.work.training
    assert state.target.read_bytes() == quick_bundle.read_bytes()


def test_a_file_that_is_no_bundle_is_kept_without_asking(ready, state, dialogs):
    state.target.write_text("notes of the line")
    ready.train.train.click()
    assert dialogs.asked == []
    assert not state.work.training
    assert (
        state.problem.sentence == f"{state.target.name}: a file of this name exists and is not a model, so it is kept."
    )
    assert state.problem.advice == "Choose another name."
    assert state.target.read_text() == "notes of the line"


def test_another_place_can_be_chosen(ready, state, dialogs, tmp_path):
    dialogs.target = tmp_path / "line 3"
    ready.actions_table["choose_target"].trigger()
    assert state.target == tmp_path / "line 3.inspector"
    assert ready.train.form.target.text() == str(tmp_path / "line 3.inspector")


def test_unusable_photos_are_listed_at_once_and_can_be_left_out(ready, state, qtbot):
    folder = state.good.folder
    for name in ("a cut.png", "b cut.png"):
        whole = (folder / state.good.photos[0].name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    state.set_good(None)
    ready.commands.take_good(folder)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_recipe(QUICK)
    ready.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: state.problem is not None)
    panel = ready.train.unusable
    assert panel.isVisible()
    assert panel.list.count() == 2
    assert panel.heading.text() == "2 photos cannot be used"
    assert not state.target.exists()
    ready.actions_table["leave_out"].trigger()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    assert state.manifest.goods.count == 30
    assert "2 left out" in ready.source.count.text()
    assert state.problem is None


def test_one_photo_is_too_few(window, state, solar_cells, tmp_path, qtbot):
    (tmp_path / "one").mkdir()
    photo = next(solar_cells.good.glob("*.png"))
    shutil.copy(photo, tmp_path / "one" / "only.png")
    window.commands.take_good(tmp_path / "one")
    qtbot.waitUntil(lambda: state.good is not None)
    window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: state.problem is not None)
    assert "only one" in state.problem.sentence
    assert not state.work.training


def test_a_bug_while_training_reaches_the_excepthook_and_the_window_stays_usable(ready, state, qtbot, monkeypatch):
    caught = []
    monkeypatch.setattr("sys.excepthook", lambda *info: caught.append(info))

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("inspector.gui.training.training.train", broken)
    ready.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError
    assert ready.actions_table["train"].isEnabled()
    monkeypatch.setattr("inspector.gui.training.training.train", train)
    ready.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)


def test_what_is_changed_while_training_does_not_reach_it(ready, state, qtbot, monkeypatch):
    seen = []

    def recorded(*args, token, **kwargs):
        seen.append((args, kwargs))
        while not token.cancelled:
            pass
        raise Cancelled

    monkeypatch.setattr("inspector.gui.training.training.train", recorded)
    ready.actions_table["train"].trigger()
    state.set_recipe(Recipe(size=512))
    qtbot.waitUntil(lambda: bool(seen))
    ready.actions_table["cancel"].trigger()
    qtbot.waitUntil(lambda: not state.work.training)
    assert seen[0][0][2] == QUICK
    assert ready.activity.text.text() == "Training cancelled. No file was written."


def test_a_stage_of_unknown_length_counts_nothing(window):
    window.train.stages.show_progress(Progress("measuring", 0, 0))
    assert window.train.stages.count.text() == ""
    window.train.stages.show_progress(Progress("reading", 1, 24))
    assert window.train.stages.count.text() == "1 of 24"
