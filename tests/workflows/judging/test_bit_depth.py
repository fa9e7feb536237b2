"""Values of 12 bits in files of 16 bits, through everything that a model does with photos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import ImageDepthWrong
from inspector.core.live.frames import Frame, NewestFrame
from inspector.core.photo.pixel_depth import DepthBy
from inspector.core.progress import CancelToken
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.bundles.bundle import save_bundle
from inspector.storage.history.records import PartFilter
from inspector.storage.history.store import History
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.storage.reports.content.from_results import report_of_run
from inspector.storage.results.inspection_run import save_results
from inspector.workflows.judging.explain import why_flagged
from inspector.workflows.judging.inspect import inspect_folder, inspect_photo, inspect_photos
from inspector.workflows.judging.limits import score_defects
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.judging.record_results import record_run
from inspector.workflows.live.live_inspection import LiveInspection
from inspector.workflows.live.moments import LivePart, LiveSettings
from inspector.workflows.measuring.trial import measure
from inspector.workflows.review.feedback import propose
from inspector.workflows.review.reviewed_parts import photo_part
from inspector.workflows.training.train import as_json, train
from tests.conftest import SolarCells
from tests.deep_photos import png, tiff, write
from tests.workflows.small import copy_photos, small_recipe


def deepened(photos: Path, folder: Path, bits: int = 12) -> Path:
    """Write each photo with more bits: its own values in the upper 8, noise in the others."""
    random = np.random.default_rng(3)
    for number, path in enumerate(list_images(photos)):
        gray = read_image(path)[..., 0].astype(np.uint16)
        values = (gray << (bits - 8)) | random.integers(0, 1 << (bits - 8), gray.shape, dtype=np.uint16)
        content = png(values) if number % 3 == 0 else tiff(values, "<>"[number % 2])
        write(folder / path.relative_to(photos).with_suffix(".png" if number % 3 == 0 else ".tif"), content)
    return folder


@pytest.fixture(scope="module")
def deep_mixed(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return deepened(solar_cells.mixed, tmp_path_factory.mktemp("mixed") / "mixed")


@pytest.fixture(scope="module")
def deep(few_goods: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    folder = tmp_path_factory.mktemp("deep")
    outcome = train(deepened(few_goods, folder / "good cells"), folder / "deep.inspector", small_recipe())
    assert (as_json(outcome)["depth_bits"], as_json(outcome)["depth_by"]) == (12, "values")
    return open_bundle(outcome.bundle)


@pytest.fixture(scope="module")
def flat(small_bundle: Path) -> LoadedBundle:
    """The model of the same photos with 8 bits."""
    return open_bundle(small_bundle)


def test_a_model_of_12_bits_is_that_of_8_bits(deep: LoadedBundle, flat: LoadedBundle) -> None:
    manifest = deep.stored.manifest
    assert (manifest.depth_bits, manifest.depth_by) == (12, DepthBy.VALUES)
    assert flat.stored.manifest.depth_bits == 8
    np.testing.assert_allclose(sorted(manifest.good_scores), sorted(flat.stored.manifest.good_scores), rtol=1e-5)


def test_photos_score_as_those_of_8_bits(
    deep: LoadedBundle, flat: LoadedBundle, deep_mixed: Path, solar_cells: SolarCells
) -> None:
    found = {one.path.stem: one.score for one in inspect_photos(deep, list_images(deep_mixed)).inspections}
    expected = {one.path.stem: one.score for one in inspect_photos(flat, list_images(solar_cells.mixed)).inspections}
    assert found == pytest.approx(expected, rel=1e-5)
    # and the 12-bit model accepts the saved form of a camera's 12-bit frame
    kept = inspect_photo(deep, list_images(solar_cells.mixed)[0])
    assert kept.score == pytest.approx(expected[kept.path.stem], rel=1e-5)


@pytest.mark.parametrize(("bits", "reason"), [(8, "brightest"), (10, "brightest"), (14, "reach"), (16, "reach")])
def test_a_photo_of_another_depth_is_never_ok(
    deep: LoadedBundle, few_goods: Path, tmp_path: Path, bits: int, reason: str
) -> None:
    photos = deepened(few_goods, tmp_path / "photos", bits)
    found = inspect_folder(photos, deep.stored.path, tmp_path / "out", guards=False)
    for one in found.inspections:
        assert one.verdict(found.limits) is Verdict.UNREADABLE
        assert reason in str(one.error)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_a_model_of_8_bits_takes_no_other_depth(flat: LoadedBundle, few_goods: Path, tmp_path: Path, bits: int) -> None:
    for path in list_images(deepened(few_goods, tmp_path / "photos", bits))[:3]:
        assert "have 8 bits a value" in str(inspect_photo(flat, path).error)


def test_a_model_of_16_bits_takes_no_12_bits(few_goods: Path, deep_mixed: Path, tmp_path: Path) -> None:
    outcome = train(deepened(few_goods, tmp_path / "good", 16), tmp_path / "m.inspector", small_recipe())
    assert outcome.manifest.depth_bits == 16
    loaded = open_bundle(outcome.bundle)
    for path in list_images(deep_mixed)[:3]:
        assert "brightest value is" in str(inspect_photo(loaded, path).error)


def test_a_former_model_keeps_its_rule(deep: LoadedBundle, deep_mixed: Path, tmp_path: Path) -> None:
    fields = deep.stored.manifest.model_dump(exclude={"depth_bits", "depth_floor", "depth_by"}) | {"schema_number": 3}
    former = type(deep.stored.manifest).model_validate(fields)
    save_bundle(tmp_path / "former.inspector", former, dict(deep.stored.arrays))
    loaded = open_bundle(tmp_path / "former.inspector")
    assert loaded.depth.bits == 16
    path = list_images(deep_mixed)[0]
    np.testing.assert_array_equal(read_image(path, loaded.depth), read_image(path, deep.depth) >> 4)
    assert inspect_photo(loaded, path).score is not None


def test_a_chosen_depth_wins(few_goods: Path, tmp_path: Path) -> None:
    goods = deepened(few_goods, tmp_path / "good", 10)
    outcome = train(goods, tmp_path / "m.inspector", small_recipe(), depth_bits=12)
    assert (outcome.manifest.depth_bits, outcome.manifest.depth_by) == (12, DepthBy.HAND)
    loaded = open_bundle(outcome.bundle)
    assert inspect_photo(loaded, list_images(goods)[0]).score is not None


def test_what_follows_a_verdict_reads_by_the_models_depth(deep: LoadedBundle, deep_mixed: Path, tmp_path: Path) -> None:
    photos = list_images(deep_mixed / "defective")
    run = inspect_photos(deep, photos, threshold=1e-3)
    seen = [read_image(path, deep.depth) for path in photos]
    save_results(run, tmp_path / "out", heatmaps=True)
    assert read_image(tmp_path / "out" / "heatmaps" / f"{photos[0].stem}.png").mean() > 0.5 * seen[0].mean()
    report = report_of_run(run)
    parts = {part.path: part for part in report.every()}
    drawn = report.pictures(parts[str(photos[0])])
    assert drawn.photo_rgb.mean() == pytest.approx(seen[0].mean(), rel=0.1)
    with History.open(tmp_path / "history") as history:
        assert record_run(run, history, "a").added == len(photos)
        records = {one.part_id: one for one in history.page(PartFilter())}
        np.testing.assert_array_equal(history.photo(records[photos[0].name].id), seen[0])
    assert len(score_defects(deep, deep_mixed / "defective").scores) == len(photos)
    assert why_flagged(deep, seen[0]) is not None
    preview = propose(deep, [photo_part(path, Decision.FALSE_ALARM, deep.depth) for path in photos]).preview
    assert [part.before for part in preview.parts] == pytest.approx([one.score for one in run.inspections])


def test_a_frame_of_a_camera_is_judged_as_its_file(deep: LoadedBundle, deep_mixed: Path) -> None:
    path = list_images(deep_mixed)[0]
    frames, parts = NewestFrame(), list[LivePart]()
    live = LiveInspection(deep, frames, LiveSettings(deep.stored.manifest.limits), lambda _view: None, parts.append)
    frames.put(Frame(read_image(path, deep.depth), 0, 0.0, path.name))
    live.finish()
    live.run(CancelToken())
    assert [part.inspection.score for part in parts] == [inspect_photo(deep, path).score]
    with pytest.raises(ImageDepthWrong):
        read_image(path, replace(deep.depth, bits=8))


def test_a_labelled_dataset_is_measured_by_the_depth_of_its_good_photos(dataset: Path, tmp_path: Path) -> None:
    from inspector.core.progress import ignore_progress
    from inspector.storage.datasets.labelled_dataset import read_labelled_dataset

    figures = []
    for root in (dataset, tmp_path / "deep"):
        if root != dataset:
            for part in ("train", "test"):
                deepened(dataset / part, root / part)
        found = measure(
            read_labelled_dataset(root), small_recipe(), device="cpu", shots=None, report=ignore_progress,
            token=CancelToken(),
        )  # fmt: skip
        figures.append((found["image_auroc"], found["threshold"]))
    assert figures[0] == pytest.approx(figures[1], rel=1e-5)


def test_a_mixed_set_is_trained_and_told(few_goods: Path, tmp_path: Path) -> None:
    goods = deepened(few_goods, tmp_path / "good")
    copy_photos(list_images(few_goods)[:1], goods / "of 8 bits")
    outcome = train(goods, tmp_path / "m.inspector", small_recipe())
    assert (outcome.found_depth.deep, outcome.found_depth.others) == (12, 1)
    assert len(outcome.near_duplicates) == 1  # the same part, whatever its file
