"""State: validate, compare, assign, emit once; verdicts are derived."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from inspector.core.promise.threshold import Promise, Threshold
from inspector.core.training.plan import Recipe
from inspector.core.values import Inspection, Limits, Verdict
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.state import Overlay, State, Step
from inspector.storage.bundles.bundle import BackboneRecord, GoodSetRecord, LimitsChange, Manifest, StoredBundle
from inspector.workflows.judging.loaded_bundle import LoadedBundle


def bundle(threshold=2.0):
    manifest = Manifest(
        recipe=Recipe(),
        backbone=BackboneRecord(name="b", sha256="0", license="l"),
        goods=GoodSetRecord(folder="good", count=3, photo_hw=(4, 4), sha256="0"),
        threshold=Threshold(threshold, "made up", Promise(0.25, 0.0, 0.7, 0.95, 3)),
        good_scores=[1.0, 1.5, 2.0],
        bank_rows=1,
        versions={},
    )
    return LoadedBundle(StoredBundle(Path("part.inspector"), "0", manifest, {}), SimpleNamespace(device="cpu"))


def results(*scores):
    return [Inspection(Path(f"{score}.png"), (4, 4), score) for score in scores]


@pytest.fixture
def state(qapp):
    made = State()
    yield made
    made.deleteLater()


@pytest.mark.parametrize(
    ("signal", "act"),
    [
        ("step_changed", lambda s: s.set_step(Step.JUDGE)),
        ("good_changed", lambda s: s.set_good(PhotoSet(Path("g"), (Path("g/1.png"),)))),
        ("left_out_changed", lambda s: s.leave_out([Path("g/1.png")])),
        ("photos_changed", lambda s: s.set_photos(PhotoSet(Path("p"), (Path("p/1.png"),)))),
        ("recipe_changed", lambda s: s.set_recipe(Recipe(size=320))),
        ("recipe_changed", lambda s: s.set_device("cpu")),
        ("filmstrip_changed", lambda s: s.set_filmstrip(True)),
        ("target_changed", lambda s: s.set_target(Path("x.inspector"))),
        ("unusable_changed", lambda s: s.set_unusable([(Path("a"), "broken")])),
        ("overlay_changed", lambda s: s.set_overlay(opacity=0.5)),
        ("work_changed", lambda s: s.set_work(training=True)),
    ],
)
def test_a_change_is_told_once_and_an_equal_value_not_at_all(state, signal, act):
    told = []
    getattr(state, signal).connect(lambda: told.append(signal))
    act(state)
    act(state)
    assert told == [signal]


def test_choosing_good_photos_proposes_a_place_beside_them_and_forgets_what_was_left_out(state, tmp_path):
    state.leave_out([Path("old.png")])
    state.set_good(PhotoSet(tmp_path / "line 2", (tmp_path / "line 2" / "1.png",)))
    assert state.target == tmp_path / "line 2.inspector"
    assert state.left_out == frozenset()


def test_a_target_gets_its_suffix(state):
    state.set_target(Path("part.v2"))
    assert state.target == Path("part.v2.inspector")


def test_a_wrong_device_is_refused(state):
    with pytest.raises(ValueError, match="no such device"):
        state.set_device("abacus")


def test_a_bundle_brings_its_own_limit_and_drops_results(state):
    state.set_bundle(bundle(2.0))
    state.add_results(results(1.0, 3.0))
    state.set_relative_threshold(2.0)
    state.set_bundle(bundle(5.0))
    assert (state.threshold, state.relative_threshold) == (5.0, 1.0)
    assert list(state.inspections) == []
    assert state.selected == -1


def test_a_bundle_written_anew_keeps_the_results_and_the_limits_in_use(state):
    first = bundle(2.0)
    state.set_bundle(first)
    state.add_results(results(1.0, 3.0))
    state.select(1)
    state.set_relative_threshold(0.8)
    told = []
    state.bundle_changed.connect(lambda: told.append("bundle"))
    state.results_reset.connect(lambda: told.append("results"))
    change = LimitsChange(
        changed_at=datetime.now().astimezone(), changed_by="A. Person", before=Limits(2.0), after=state.limits
    )
    manifest = first.stored.manifest.model_copy(update={"changes": [change]})
    stored = replace(first.stored, sha256="1", manifest=manifest)
    state.replace_stored(stored)
    state.replace_stored(stored)
    assert told == ["bundle"]
    assert state.kept_limits == state.limits == Limits(1.6)
    assert (len(state.inspections), state.selected) == (2, 1)
    assert state.run().bundle_sha256 == "1"


def test_verdicts_follow_the_threshold_both_ways(state):
    state.set_bundle(bundle(2.0))
    state.add_results([*results(1.0, 3.0), Inspection(Path("x"), error="cut"), Inspection(Path("y"), refusal="odd")])
    assert state.counts() == dict.fromkeys(Verdict, 1) | {Verdict.UNSURE: 0}
    state.set_relative_threshold(1.6)
    assert state.counts()[Verdict.NG] == 0
    state.set_relative_threshold(0.4)
    assert state.counts()[Verdict.NG] == 2


def test_parts_between_the_lines_are_unsure(state):
    state.set_bundle(bundle(2.0))
    state.add_results(results(1.0, 1.6, 3.0))
    state.set_relative_unsure(0.7)
    assert [one.verdict(state.limits) for one in state.inspections] == [Verdict.OK, Verdict.UNSURE, Verdict.NG]
    state.set_relative_threshold(0.6)  # the lower line is taken along
    assert state.relative_unsure == 0.6
    assert state.counts()[Verdict.UNSURE] == 0
    state.set_relative_unsure(5.0)  # never above the upper one
    assert state.relative_unsure == state.relative_threshold
    state.set_relative_unsure(None)
    assert state.limits.unsure_threshold is None


def test_the_threshold_stays_within_reason_and_needs_a_bundle(state):
    state.set_relative_threshold(3.0)
    assert state.threshold == 1.0
    state.set_bundle(bundle(2.0))
    state.set_relative_threshold(0.0)
    assert state.threshold > 0.0
    state.set_relative_threshold(1e9)
    assert state.relative_threshold == 20.0


def test_the_first_result_of_a_run_is_selected_and_a_choice_is_kept(state):
    state.set_bundle(bundle())
    state.add_results(results(1.0, 3.0))
    assert state.selected == 0
    state.select(1)
    state.add_results(results(4.0))
    assert state.selected == 1
    with pytest.raises(IndexError):
        state.select(3)


def test_the_run_to_export_has_the_present_threshold(state):
    assert state.run() is None
    state.set_bundle(bundle(2.0))
    assert state.run() is None
    state.add_results(results(1.0, 3.0))
    state.set_relative_threshold(1.5)
    run = state.run()
    assert run is not None
    assert run.threshold == 3.0
    assert len(run.inspections) == 2


def test_other_photos_drop_the_results(state):
    state.set_bundle(bundle())
    state.add_results(results(1.0))
    state.set_photos(PhotoSet(Path("p"), (Path("p/1.png"),)))
    assert list(state.inspections) == []


def test_parts_are_named_below_the_folder_inspected(state):
    state.set_photos(PhotoSet(Path("p"), (Path("p/bent/1.png"),)))
    assert state.name_of(Inspection(Path("p/bent/1.png"))) == "bent/1.png"
    assert state.name_of(Inspection(Path("elsewhere/2.png"))) == "2.png"


def test_opacity_is_clamped(state):
    state.set_overlay(opacity=7.0, heatmap=False)
    assert state.overlay == Overlay(heatmap=False, outlines=True, opacity=1.0)
