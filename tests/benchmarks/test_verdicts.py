"""Splits with planted outliers and by group, kept as they are measured, and their tables."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.judgement import verdicts
from benchmarks.judgement.kept_by_content import features_kept
from benchmarks.judgement.verdict_sets import LabelledPhotos, brighter, groups_of, planted
from benchmarks.judgement.verdict_tables import detection_table, group_table, of_attainable
from benchmarks.judgement.verdicts import grouped_split, lay_out, main, measure, read, split_of
from benchmarks.measuring.document import MARKER
from inspector.core.training.plan import Recipe
from inspector.engine.features.patches import PatchExtractor
from inspector.storage.photos.images import encode_png, read_image
from inspector.storage.photos.photo_list import list_images
from tests.conftest import SolarCells

PLACES = ("277500_315", "332500_225", "397500_315", "430000_180")


@pytest.fixture
def photos(tmp_path: Path) -> LabelledPhotos:
    """Two photos of each of four places, as ball screws are named, and three defects; all different."""
    folder = tmp_path / "screws"
    names = [f"01_20082811{number:04d}_{place}_crop_2" for number, place in enumerate(PLACES * 10)]
    rng = np.random.default_rng(0)
    written: dict[str, list[Path]] = {"good": [], "defect": []}
    for kind, stems in (("good", names), ("defect", ["a", "b", "c", "d"])):
        (folder / kind).mkdir(parents=True)
        for stem in stems:
            path = folder / kind / f"{stem}.png"
            path.write_bytes(encode_png(rng.integers(0, 200, (8, 12, 3), dtype=np.uint8)))
            written[kind].append(path)
    return LabelledPhotos(tuple(written["good"]), tuple(written["defect"]))


def test_a_stop_doubles_and_none_changes_nothing() -> None:
    photo = np.array([[[0, 60, 200]]], dtype=np.uint8)
    assert brighter(photo, 1.0).tolist() == [[[0, 120, 255]]]
    assert brighter(photo, 0.0).tolist() == photo.tolist()


def test_planted_outliers_replace_good_photos_and_are_not_judged(photos: LabelledPhotos, tmp_path: Path) -> None:
    split = split_of("ball_screw", photos, 20, 0, 3, tmp_path / "planted")
    assert split.names["kinds"] == ["light", "mirrored", "defect"]
    files = list(split.train.values())
    assert len(files) == len(set(files)) == 20
    assert set(split.train) <= set(photos.goods)
    assert len(split.unseen) == 20
    assert len(split.defects) == 3
    assert not {*files, *split.train} & {*split.unseen, *split.defects}
    strange = [path for path in files if path not in photos.goods]
    assert [path.suffixes for path in strange] == [[".png"]] * 3
    assert sum(path in photos.defects for path in strange) == 1
    again = split_of("ball_screw", photos, 20, 0, 3, tmp_path / "planted")
    assert again == split
    assert split_of("ball_screw", photos, 20, 1, 1, tmp_path / "planted").names["kinds"] == ["mirrored"]


def test_outliers_are_what_they_are_called(photos: LabelledPhotos, tmp_path: Path) -> None:
    good = read_image(photos.goods[0])
    light, mirrored, defect = (
        planted(kind, photos.goods[0], photos.defects[0], tmp_path) for kind in ("light", "mirrored", "defect")
    )
    assert np.array_equal(read_image(light), brighter(good, 1.0))
    assert np.array_equal(read_image(mirrored), good[:, ::-1])
    assert defect == photos.defects[0]


def test_neither_folder_name_nor_time_tells_an_outlier(photos: LabelledPhotos, tmp_path: Path) -> None:
    split = split_of("ball_screw", photos, 20, 0, 3, tmp_path / "planted")
    (tmp_path / "laid out").mkdir()
    laid_out = lay_out(split.train, tmp_path / "laid out")
    assert {path.name: path.stat().st_mtime for path in laid_out} == {
        path.name: path.stat().st_mtime for path in split.train
    }
    assert sorted(path.read_bytes() for path in laid_out) == sorted(path.read_bytes() for path in split.train.values())


def test_photos_of_one_name_are_all_trained_on(tmp_path: Path) -> None:
    folders = [tmp_path / part / "good" for part in ("train", "test")]
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        (folder / "000.png").write_bytes(encode_png(np.full((4, 4, 3), number, dtype=np.uint8)))
    photos = [folder / "000.png" for folder in folders]
    (tmp_path / "laid out").mkdir()
    laid_out = lay_out({path: path for path in photos}, tmp_path / "laid out")
    assert {path.read_bytes() for path in laid_out} == {path.read_bytes() for path in photos}


def test_new_groups_are_whole_and_never_trained_on(photos: LabelledPhotos, tmp_path: Path) -> None:
    groups = groups_of("ball_screw", photos, tmp_path)
    assert set(groups) == set(PLACES)
    split = grouped_split("ball_screw", photos, 3, tmp_path)
    place_of = {path: place for place, paths in groups.items() for path in paths}
    known, new = ({place_of[path] for path in part} for part in (split.train, split.unseen))
    assert len(known) == len(new) == 2
    assert not known & new
    assert (len(split.train), len(split.unseen)) == (20, 20)


def test_lights_of_groups_differ_and_the_names_do_not_tell(photos: LabelledPhotos, tmp_path: Path) -> None:
    groups = groups_of("mvtec_transistor_512", photos, tmp_path)
    assert Counter(map(len, groups.values())) == {12: 3}
    assert [path.name for paths in groups.values() for path in paths][:2] == ["0000.png", "0001.png"]
    stops = [
        round(float(np.log2(read_image(paths[0]).mean() / read_image(photos.goods[12 * place]).mean())), 1)
        for place, paths in enumerate(groups.values())
    ]
    assert sorted(stops) == [-0.3, 0.0, 0.3]


def result(**changes: Any) -> dict[str, Any]:
    return {
        **{"set": "toys", "n": 20, "outliers": 1, "recipe": "small", "split": 0, "kinds": ["light"], "source": "now"},
        "detection": {
            "at_limit": 0.5,
            "at_limit_or_unsure": 0.75,
            "attainable": 1.0,
            "at_fpr_01": 1.0,
            "at_fpr_05": 1.0,
        },
        **{"realised": 0.1, "promised": 0.05, "under": 0.2, "unsure": 0.02, "unsure_stated": 0.03, "unseen": 2},
        **{"refused": {"good": 0.0, "defective": 0.25}, "groups": None, "plain_threshold": 1.0, "threshold": 1.2},
        **{"seconds": {"train": 1.0, "judge": 1.0}, "good_scores": [0.5, 1.0], "scores": [0.9, 1.1, None]},
    } | changes


def test_a_row_is_a_mean_over_splits() -> None:
    worse = {"at_limit": 0.0, "at_limit_or_unsure": 0.25, "attainable": 0.5, "at_fpr_01": 0.0, "at_fpr_05": 0.0}
    found = [result(), result(split=1, detection=worse, realised=0.3, groups={"kind": "name"})]
    assert of_attainable(found) == pytest.approx(1.0 / 1.5)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in detection_table(found).splitlines()]
    shares = ["25.0%", "50.0%", "75.0%", "66.7%", "20.0%", "5.0%", "1 of 2", "3.0%, 2.0%", "0.0%, 25.0%", "1 of 2"]
    assert rows[2] == ["toys", "20, 1", "2", *shares]
    assert rows[3] == ["all", "all, 1", "2", *shares]


def test_the_table_of_groups_tells_the_splits_below_each_number() -> None:
    grouped = {"grouped": True, "known": 5, "new": 5}
    found = [result(**grouped), result(**grouped, split=1, realised=0.0, groups={"kind": "name"})]
    (row,) = group_table(found).splitlines()[2:]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells == [
        "toys", "2", "5, 5", "5.0%", "5.0%", "1 of 2", "20.0%", "2 of 2", "50.0%", "75.0%", "1 of 2"
    ]  # fmt: skip


def test_a_run_goes_on_where_it_was_broken_off_and_other_code_measures_anew(
    photos: LabelledPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[dict[str, Any]] = []

    def canned(split: Any, _recipe: Recipe) -> dict[str, Any]:
        measured.append(split.names)
        return {key: value for key, value in result().items() if key in ("detection", "seconds", "scores")}

    monkeypatch.setattr(verdicts, "measure", canned)
    monkeypatch.setattr(verdicts, "labelled_photos", lambda *_: photos)
    monkeypatch.setattr(verdicts, "source_version", lambda: "now")
    words = ["--data", str(tmp_path), "--out", str(tmp_path / "kept"), "--only", "toy_alien", "--n", "20", "--n", "50"]
    main([*words, "--splits", "1", "--outliers", "0"])
    assert [(one["n"], one["split"]) for one in measured] == [(20, 0)]  # 50 and 8 more are more than there are
    kept = tmp_path / "kept" / "verdicts.jsonl"
    with kept.open("a", encoding="utf-8") as file:
        file.write('{"torn')
    main([*words, "--splits", "2", "--outliers", "0"])
    assert [(one["n"], one["split"]) for one in measured] == [(20, 0), (20, 1)]
    monkeypatch.setattr(verdicts, "source_version", lambda: "later")
    main([*words, "--splits", "1", "--outliers", "0", "--minutes", "0"])
    assert len(measured) == 2
    main([*words, "--splits", "1", "--outliers", "0"])
    assert len(measured) == 3
    assert [one["source"] for one in read(kept)] == ["now", "now", "later"]


def test_what_is_kept_goes_into_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "source_version", lambda: "now")
    (tmp_path / "verdicts.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in (result(), result(source="older", split=9))), encoding="utf-8"
    )
    document = tmp_path / "benchmarks.md"
    tables = ("verdicts-detection", "verdicts-groups")
    document.write_text("".join(f"<!-- table: {name} -->\n<!-- /table -->\n" for name in tables), encoding="utf-8")
    main(["--data", str(tmp_path), "--out", str(tmp_path), "--write", "--document", str(document)])
    bodies = {found["name"]: found["body"] for found in MARKER.finditer(document.read_text(encoding="utf-8"))}
    assert "| toys | 20, 1 | 1 |" in bodies["verdicts-detection"]
    assert "python benchmarks/judgement/verdicts.py --data DIR --out RESULTS" in bodies["verdicts-groups"]


def test_a_split_is_measured_by_the_steps_of_training_and_inspection(
    solar_cells: SolarCells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = list_images(solar_cells.good)
    cells = LabelledPhotos(tuple(goods[:20]), tuple(list_images(solar_cells.mixed / "defective")))
    split = split_of("solar-mono", cells, 12, 0, 1, tmp_path / "planted")
    recipe = Recipe(method="patchcore", size=64, settings={"pool_rows": 600, "bank_rows": 100})
    plain = measure(split, recipe)
    with features_kept(tmp_path / "features"):
        first = measure(split, recipe)
        monkeypatch.setattr(PatchExtractor, "extract", lambda *_: pytest.fail("features were computed twice"))
        kept = measure(split, recipe)
    for key in ("detection", "realised", "refused", "promised"):
        assert kept[key] == first[key] == plain[key]
    assert kept["scores"] == first["scores"] == pytest.approx(plain["scores"], rel=0.01)
    assert len(kept["scores"]) == 8 + 6
    assert plain["unseen"] == 8


def test_cases_come_with_the_first_split_of_everything_first() -> None:
    asked = Namespace(only=["toy_alien", "ball_screw"], groups=False, splits=2, n=[20], outliers=[0, 2])
    found = [(name, case["split"], case["outliers"]) for name, case in verdicts.cases(asked)]
    assert found[:4] == [("toy_alien", 0, 0), ("ball_screw", 0, 0), ("toy_alien", 0, 2), ("ball_screw", 0, 2)]
    assert {split for _, split, _ in found[4:]} == {1}
