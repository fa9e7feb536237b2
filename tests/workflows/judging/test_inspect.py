from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from inspector.core.errors import (
    BundleCorrupt,
    BundleMissing,
    DetectorError,
    GoodSetUnusable,
    NoImages,
    NotFinite,
    ResultsError,
)
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.values import NO_SCORE, Inspection, Limits, Verdict
from inspector.engine import threads
from inspector.storage.bundles.bundle import load_bundle, save_bundle
from inspector.storage.good_photos.good_set import read_good_set
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from inspector.storage.results.inspection_run import load_results
from inspector.workflows.judging import inspect as workflow
from inspector.workflows.judging.inspect import as_json, inspect_folder, inspect_image, inspect_photo, inspect_photos
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.small import copy_photos, small_recipe


@pytest.fixture
def loaded(small_bundle: Path) -> LoadedBundle:
    return open_bundle(small_bundle)


@pytest.fixture
def photos(solar_cells: SolarCells) -> list[Path]:
    return list_images(solar_cells.mixed)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_results_come_in_order_while_the_work_goes_on(loaded: LoadedBundle, photos: list[Path]) -> None:
    told: list[tuple[str, object]] = []
    run = inspect_photos(
        loaded,
        photos,
        on_inspection=lambda index, inspection: told.append((f"result {index}", inspection)),
        report=lambda progress: told.append((f"step {progress.done}", progress)),
    )
    assert [what for what, _ in told] == [
        what for index in range(len(photos)) for what in (f"result {index}", f"step {index + 1}")
    ]
    assert tuple(value for _, value in told if isinstance(value, Inspection)) == run.inspections
    assert {value.total for _, value in told if isinstance(value, Progress)} == {len(photos)}
    assert [one.path for one in run.inspections] == photos
    assert all(one.ms > 0.0 for one in run.inspections)


def test_a_run_tells_which_bundle_judged_and_at_which_threshold(loaded: LoadedBundle, photos: list[Path]) -> None:
    usual = inspect_photos(loaded, photos[:2])
    assert usual.threshold == loaded.stored.manifest.threshold.value
    assert (usual.bundle_path, usual.bundle_sha256) == (loaded.stored.path, loaded.stored.sha256)
    assert usual.inspected_at.tzinfo is not None
    assert inspect_photos(loaded, photos[:2], threshold=3.5).threshold == 3.5


def test_the_threshold_decides_verdicts_and_never_scores(loaded: LoadedBundle, photos: list[Path]) -> None:
    run = inspect_photos(loaded, photos)
    scores = np.sort([one.score for one in run.inspections])
    for rank, value in enumerate(scores, start=1):
        moved = inspect_photos(loaded, photos, threshold=float(value)) if rank in (1, 7) else None
        counts = (moved or replace(run, limits=Limits(float(value)))).counts()
        assert counts[Verdict.OK] == rank  # a score at the threshold is still OK
        if moved is not None:
            assert [one.score for one in moved.inspections] == [one.score for one in run.inspections]


def test_a_photo_scores_the_same_alone_and_among_others(loaded: LoadedBundle, photos: list[Path]) -> None:
    together = [one.score for one in inspect_photos(loaded, photos[:4]).inspections]
    assert [inspect_photo(loaded, path).score for path in photos[:4]] == together


def test_good_photos_of_training_score_below_the_threshold(loaded: LoadedBundle, few_goods: Path) -> None:
    run = inspect_photos(loaded, list_images(few_goods))
    assert run.counts()[Verdict.OK] == 12
    alone = loaded.stored.manifest.good_scores  # without their own help
    assert all(one.score <= other for one, other in zip(run.inspections, alone, strict=True))


def reshaped(photo: Path, target: Path, height: int, width: int) -> Path:
    image_rgb = np.tile(read_image(photo), (3, 3, 1))[:height, :width]
    write_image(target, np.ascontiguousarray(image_rgb))
    return target


SIZES = [(300, 301), (300, 298), (600, 600), (150, 150), (290, 290), (300, 320), (320, 300), (600, 300)]


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_photo_of_another_size_is_refused_with_the_reason(
    loaded: LoadedBundle, photos: list[Path], tmp_path: Path, height: int, width: int, guarded: bool
) -> None:
    used = loaded if guarded else replace(loaded, guards=None)
    path = reshaped(photos[0], tmp_path / "photo.png", height, width)
    for inspection in (inspect_photo(used, path), inspect_image(used, read_image(path), path)):
        assert inspection.verdict(Limits(1.0)) is Verdict.REFUSED
        assert inspection.score is None
        assert inspection.score_map is None
        assert inspection.photo_hw == (height, width)
        assert inspection.refusal is not None
        assert inspection.refusal.startswith(f"the photo is {width} x {height} pixels, the good photos are 300 x 300: ")
        assert inspection.refusal.endswith("photograph it as the good parts were")


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_training_and_inspection_have_one_rule_for_sizes(
    loaded: LoadedBundle, few_goods: Path, tmp_path: Path, height: int, width: int
) -> None:
    goods = copy_photos(list_images(few_goods), tmp_path / "goods")
    odd = reshaped(list_images(few_goods)[0], goods / "odd.png", height, width)
    with pytest.raises(GoodSetUnusable) as caught:
        read_good_set(goods)
    assert [path for path, _ in caught.value.problems] == [odd]
    assert [one.path for one in inspect_photos(loaded, list_images(goods)).with_verdict(Verdict.REFUSED)] == [odd]


def test_the_size_is_that_of_the_photo_as_it_was_seen(few_goods: Path, tmp_path: Path) -> None:
    """A turned camera writes the same pixels with another orientation: the seen size counts in training and after."""
    seen = [read_image(path)[:200] for path in list_images(few_goods)]
    (tmp_path / "goods").mkdir()
    for number, image_rgb in enumerate(seen):
        write_image(tmp_path / "goods" / f"{number}.png", np.ascontiguousarray(image_rgb))
    train(tmp_path / "goods", tmp_path / "p.inspector", small_recipe())
    wide = open_bundle(tmp_path / "p.inspector")
    exif = Image.Exif()
    exif[0x0112] = 6
    turned, upright = tmp_path / "turned.png", tmp_path / "upright.png"
    Image.fromarray(np.ascontiguousarray(np.rot90(seen[0]))).save(turned, exif=exif)
    Image.fromarray(np.ascontiguousarray(np.rot90(seen[0]))).save(upright)
    assert inspect_photo(wide, turned).score == inspect_photo(wide, tmp_path / "goods" / "0.png").score
    assert "its size differs" in str(inspect_photo(wide, upright).refusal)


def test_an_unreadable_photo_is_a_result_and_the_others_are_judged(
    loaded: LoadedBundle, photos: list[Path], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(photos[0].read_bytes()[:2000])
    run = inspect_photos(loaded, [photos[0], torn, tmp_path / "gone.png", photos[1]])
    verdicts = [one.verdict(run.limits) for one in run.inspections]
    assert verdicts[1:3] == [Verdict.UNREADABLE] * 2
    assert {verdicts[0], verdicts[3]} <= {Verdict.OK, Verdict.NG}
    assert [one.error is None for one in run.inspections] == [True, False, False, True]
    assert "cut short" in (run.inspections[1].error or "")
    assert "no such file" in (run.inspections[2].error or "")


def test_a_decoded_photo_is_judged_as_the_file_is(loaded: LoadedBundle, photos: list[Path]) -> None:
    direct = inspect_image(loaded, read_image(photos[0]), photos[0])
    assert (direct.score, direct.path) == (inspect_photo(loaded, photos[0]).score, photos[0])


def test_cancelling_midway_stops_at_the_next_photo(loaded: LoadedBundle, photos: list[Path]) -> None:
    token, seen = CancelToken(), []

    def stop_at_the_third(index: int, _inspection: Inspection) -> None:
        seen.append(index)
        if index == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        inspect_photos(loaded, photos, on_inspection=stop_at_the_third, token=token)
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("stage", ["inspecting photos", "writing heatmaps"])
def test_cancelling_leaves_earlier_results_as_they_were(
    small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, stage: str
) -> None:
    inspect_folder(solar_cells.mixed / "good", small_bundle, tmp_path / "out", heatmaps=True)
    before = contents(tmp_path)
    token = CancelToken()

    def cancel(progress: Progress) -> None:
        if (progress.stage, progress.done) == (stage, 2):
            token.cancel()

    with pytest.raises(Cancelled):
        inspect_folder(
            solar_cells.mixed, small_bundle, tmp_path / "out", threshold=1.0, heatmaps=True, report=cancel, token=token
        )
    after = contents(tmp_path)
    assert {name: after[name] for name in before if "heatmaps" not in name} == {
        name: content for name, content in before.items() if "heatmaps" not in name
    }
    assert not [name for name in after if name.endswith(".tmp")]
    assert len(load_results(tmp_path / "out").inspections) == 6


def test_cancelling_a_first_run_writes_no_results(small_bundle: Path, photos: list[Path], tmp_path: Path) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        inspect_folder(
            photos[0].parent, small_bundle, tmp_path / "out", report=lambda _progress: token.cancel(), token=token
        )
    assert os.listdir(tmp_path) == []


def test_saved_results_are_the_run(small_bundle: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    run = inspect_folder(solar_cells.mixed, small_bundle, tmp_path / "new" / "out")
    again = load_results(tmp_path / "new" / "out")
    assert again.counts() == run.counts()
    assert [one.score for one in again.inspections] == [one.score for one in run.inspections]
    fields = as_json(run, tmp_path / "new" / "out")
    assert [fields[name] for name in ("images", "ok", "ng", "refused", "unreadable")] == [
        len(run.inspections),
        *(run.counts()[verdict] for verdict in (Verdict.OK, Verdict.NG, Verdict.REFUSED, Verdict.UNREADABLE)),
    ]
    assert 0.0 < fields["ms_per_image"]["p50"] <= fields["ms_per_image"]["p95"]
    assert Path(fields["results"]).is_file()


def test_a_bundle_alone_is_enough(few_goods: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    goods = copy_photos(list_images(few_goods), tmp_path / "goods")
    bundle = tmp_path / "part.inspector"
    train(goods, bundle, small_recipe())
    photo = list_images(solar_cells.mixed)[0]
    before = inspect_photo(open_bundle(bundle), photo).score
    moved = tmp_path / "other größe" / "renamed.inspector"
    moved.parent.mkdir()
    shutil.move(bundle, moved)
    shutil.rmtree(goods)
    assert inspect_photo(open_bundle(moved), photo).score == before


@pytest.mark.parametrize("threshold", [0.0, -0.0, -3.0, float("nan"), float("inf"), -float("inf"), 1e-320])
def test_impossible_thresholds_are_refused_before_anything_is_done(
    small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, threshold: float
) -> None:
    with pytest.raises(DetectorError, match="is no raw score; give a number above 0"):
        inspect_folder(solar_cells.mixed, small_bundle, tmp_path / "out", threshold=threshold)
    assert os.listdir(tmp_path) == []


def read_only_disk(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("file", "a part of the path is a file, not a folder"),
        ("file/deeper/out", "a part of the path is a file, not a folder"),
        ("new/out", "the disk is read-only; choose another folder"),
    ],
)
def test_a_results_folder_that_cannot_be_written_is_told_before_photos_are_judged(
    small_bundle: Path,
    solar_cells: SolarCells,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    out: str,
    sentence: str,
) -> None:
    (tmp_path / "file").write_text("kept")
    monkeypatch.setattr(workflow, "open_bundle", lambda *_, **__: pytest.fail("the bundle was opened"))
    if out == "new/out":
        monkeypatch.setattr(Path, "touch", read_only_disk)
    with pytest.raises(ResultsError, match=sentence) as caught:
        inspect_folder(solar_cells.mixed, small_bundle, tmp_path / out)
    assert caught.value.subject == str(tmp_path / out)
    assert contents(tmp_path) == {"file": b"kept"}


def test_missing_photos_and_bundles_are_named(small_bundle: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    with pytest.raises(NoImages, match=r"photos: there is no such file or folder"):
        inspect_folder(tmp_path / "photos", small_bundle, tmp_path / "out")
    with pytest.raises(BundleMissing, match=r"part\.inspector: there is no such file"):
        inspect_folder(solar_cells.mixed, tmp_path / "part.inspector", tmp_path / "out")
    assert os.listdir(tmp_path) == []


Change = Callable[[Any, dict[str, Any]], tuple[Any, dict[str, Any]]]


def other_weights(manifest: Any, arrays: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    backbone = manifest.backbone.model_copy(update={"sha256": "00" * 32})
    return manifest.model_copy(update={"backbone": backbone}), arrays


def lacking(manifest: Any, arrays: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    return manifest, {name: array for name, array in arrays.items() if name != "bank"}


def misshapen(manifest: Any, arrays: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    return manifest, arrays | {"f_weight": arrays["f_weight"][:-1]}


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (other_weights, DetectorError, "weights of this backbone on this computer are not those .* was trained with"),
        (lacking, BundleCorrupt, "the bundle lacks what this method needs; train again"),
        (misshapen, BundleCorrupt, "the bundle lacks what this method needs; train again"),
    ],
)
def test_a_sound_file_that_does_not_fit_is_refused(
    small_bundle: Path, tmp_path: Path, change: Change, error: type[Exception], sentence: str
) -> None:
    stored = load_bundle(small_bundle)
    save_bundle(tmp_path / "odd.inspector", *change(stored.manifest, stored.arrays))
    with pytest.raises(error, match=sentence):
        open_bundle(tmp_path / "odd.inspector")


def test_guards_beside_the_detector_say_the_same(trained_bundle: Path, solar_cells: SolarCells) -> None:
    loaded = open_bundle(trained_bundle)
    photos = [read_image(path) for path in list_images(solar_cells.mixed)]
    photos.append(cv2.GaussianBlur(photos[0], (0, 0), 4.0))  # refused
    with ThreadPoolExecutor(1) as beside:
        for photo in photos:
            one = inspect_image(loaded, photo, Path("a"))
            other = inspect_image(loaded, photo, Path("a"), beside)
            assert (one.score, one.refusal, one.readings) == (other.score, other.refusal, other.readings)
    assert one.refusal is not None
    assert one.score is not None


def test_a_refused_photo_has_the_score_that_it_has_without_guards(
    trained_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    loaded = open_bundle(trained_bundle)
    limits = loaded.stored.manifest.limits
    folder = tmp_path / "blurred"
    folder.mkdir()
    for path in list_images(solar_cells.mixed):
        blurred = cv2.GaussianBlur(cv2.imread(str(path)), (0, 0), 6.0)
        cv2.imwrite(str(folder / f"{path.parent.name} {path.name}"), blurred)
    run = inspect_folder(folder, trained_bundle, tmp_path / "out", heatmaps=True)
    free = inspect_folder(folder, trained_bundle, tmp_path / "free", guards=False)
    for refused, judged in zip(run.inspections, free.inspections, strict=True):
        assert refused.verdict(limits) is Verdict.REFUSED
        assert refused.score == judged.score
        assert refused.would_be(limits) is judged.verdict(limits)
        assert refused.score_map is not None
        assert judged.score_map is not None
        assert (refused.score_map.grid == judged.score_map.grid).all()
        assert run.regions(refused) == free.regions(judged)
    told = as_json(run, tmp_path / "out")
    assert told["refused"] == told["images"] == len(run.inspections)
    assert told["refused_and_ng"] == free.counts()[Verdict.NG] > 0
    assert len(list((tmp_path / "out" / "heatmaps").iterdir())) == len(run.inspections)


def test_guards_refuse_with_their_reason_where_scores_are_not_finite_too(
    trained_bundle: Path, solar_cells: SolarCells, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = open_bundle(trained_bundle)
    cell = read_image(list_images(solar_cells.mixed)[0])

    def broken(*_: object) -> None:
        raise NotFinite("score", NO_SCORE)

    monkeypatch.setattr(loaded.detector, "examine", broken)
    blurred, sound = (inspect_image(loaded, one, Path("a")) for one in (cv2.GaussianBlur(cell, (0, 0), 6.0), cell))
    assert blurred.refusal not in (None, NO_SCORE)
    assert sound.refusal == NO_SCORE
    for one in (blurred, sound):
        assert one.score is one.score_map is one.would_be(loaded.stored.manifest.limits) is None


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_photos_judged_at_once_give_the_results_of_one_by_one(
    loaded: LoadedBundle, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(threads, "photos_at_once", lambda _most: at_once)
    several = [photos[0], tmp_path / "gone.png", *photos[1:]]
    alone = [inspect_photo(loaded, path) for path in several]
    found = inspect_photos(loaded, several).inspections
    assert [(one.path, one.score, one.error, one.readings) for one in found] == [
        (one.path, one.score, one.error, one.readings) for one in alone
    ]
    for one, other in zip(found, alone, strict=True):
        if one.score_map is not None and other.score_map is not None:
            assert np.array_equal(one.score_map.grid, other.score_map.grid)


def test_each_photo_is_decoded_once_and_few_are_at_a_time(
    loaded: LoadedBundle, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts the cost of a folder: decodings, photos in memory, results ahead of the delivered result."""
    monkeypatch.setattr(threads, "photos_at_once", lambda _most: 2)
    begun, told, lock = [], [], threading.Lock()
    running = most = 0

    def watched(loaded: LoadedBundle, path: Path, limit: float | None = None) -> Inspection:
        nonlocal running, most
        with lock:
            begun.append(path)
            running += 1
            most = max(most, running)
        found = inspect_photo(loaded, path)
        with lock:
            running -= 1
        return found

    def tell(index: int, _inspection: Inspection) -> None:
        with lock:
            assert len(begun) <= index + 2 * workflow.AHEAD
        told.append(index)

    monkeypatch.setattr(workflow, "inspect_photo", watched)
    inspect_photos(loaded, photos, on_inspection=tell)
    assert sorted(begun) == sorted(photos)
    assert told == list(range(len(photos)))
    assert most == 2


def test_after_a_cancel_photos_that_wait_are_not_begun(
    loaded: LoadedBundle, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "photos_at_once", lambda _most: 2)
    begun, token = [], CancelToken()
    monkeypatch.setattr(
        workflow, "inspect_photo", lambda _, path, limit: begun.append(path) or Inspection(path, ms=1.0)
    )
    with pytest.raises(Cancelled):
        inspect_photos(loaded, photos, on_inspection=lambda *_: token.cancel(), token=token)
    assert len(begun) <= 2 * workflow.AHEAD
