import csv
import errno
import hashlib
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from inspector.core.errors import ResultsError
from inspector.core.judging.heatmap import draw_heatmap
from inspector.core.judging.regions import find_regions
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.values import Inspection, Limits, Verdict
from inspector.storage.photos.images import read_image
from inspector.storage.results.heatmap_pictures import picture_names
from inspector.storage.results.inspection_run import InspectionRun, load_results, save_results
from inspector.storage.results.results_csv import write_table
from tests.storage.conftest import CELLS, judged

REFUSED = Inspection(Path("wide.png"), (300, 500), refusal="the photo is 500 x 300 pixels", ms=1.0)
UNREADABLE = Inspection(Path("torn.png"), error="the photo is cut short; copy it again")


@pytest.fixture
def run(make_run: Callable[..., InspectionRun], cells: list[Path]) -> InspectionRun:
    return make_run(cells, REFUSED, UNREADABLE)


@pytest.fixture
def folder(run: InspectionRun, tmp_path: Path) -> Path:
    return save_results(run, tmp_path / "out" / "größe").parent


def test_counts_and_order(run: InspectionRun) -> None:
    counts = run.counts()
    assert counts[Verdict.NG] > 3
    assert counts[Verdict.OK] > 3
    assert (counts[Verdict.REFUSED], counts[Verdict.UNREADABLE]) == (1, 1)
    assert sum(counts.values()) == 42
    scores = [one.score for one in run.with_verdict(Verdict.NG)]
    assert scores == sorted(scores, reverse=True)
    for one in run.inspections:
        assert bool(run.regions(one)) == (one.verdict(run.limits) is Verdict.NG)


@pytest.mark.parametrize("name", ["", "results.json"])
def test_everything_comes_back(run: InspectionRun, folder: Path, name: str) -> None:
    again = load_results(folder / name)
    assert replace(again, inspections=()).manifest == run.manifest
    for field in ("bundle_path", "bundle_sha256", "threshold", "inspected_at"):
        assert getattr(again, field) == getattr(run, field)
    assert again.inspected_at.utcoffset() == run.inspected_at.utcoffset()
    assert again.counts() == run.counts()
    for old, new in zip(run.inspections, again.inspections, strict=True):
        assert new.path == old.path.absolute()
        assert (new.photo_hw, new.score, new.refusal, new.error, new.ms) == (
            old.photo_hw,
            old.score,
            old.refusal,
            old.error,
            old.ms,
        )
        assert (new.score_map is None) == (old.score_map is None)
        if old.score_map is not None and new.score_map is not None:
            np.testing.assert_array_equal(new.score_map.grid, old.score_map.grid)
            assert new.score_map.dense_hw == old.score_map.dense_hw
        assert again.regions(new) == run.regions(old)


def test_json_has_the_promised_keys(run: InspectionRun, folder: Path) -> None:
    document = json.loads((folder / "results.json").read_text())
    assert document["schema_number"] == 3
    assert document["bundle"] == {"path": str(run.bundle_path), "sha256": run.bundle_sha256}
    assert document["threshold"] == run.threshold
    assert document["inspected_at"] == "2026-03-05T14:30:00+01:00"
    assert document["counts"] == {verdict.lower(): count for verdict, count in run.counts().items()}
    assert document["manifest"]["recipe"]["seed"] == 7
    photos = document["photos"]
    worst = max(photos[:40], key=lambda photo: photo["score"])
    assert worst["verdict"] == "NG"
    assert worst["relative_score"] == worst["score"] / run.threshold > 1
    assert set(worst["regions"][0]) == {"x", "y", "w", "h", "area_px", "peak"}
    assert worst["regions"][0]["peak"] == pytest.approx(worst["score"])
    assert worst["error"] is None
    assert Path(photos[40]["path"]).is_absolute()
    assert (photos[40]["verdict"], photos[40]["error"]) == ("REFUSED", REFUSED.refusal)
    assert (photos[41]["verdict"], photos[41]["error"]) == ("UNREADABLE", UNREADABLE.error)
    assert photos[41]["score"] is photos[41]["relative_score"] is None


@pytest.fixture
def with_refused(make_run: Callable[..., InspectionRun], cells: list[Path]) -> InspectionRun:
    """Ten cells, each judged and refused, between two limits."""
    refused = [replace(judged(cell), refusal="too dark; check the light") for cell in cells[:10]]
    scores = sorted(one.score for one in refused if one.score is not None)
    return replace(make_run(cells[:10], *refused, REFUSED, UNREADABLE), limits=Limits(scores[-3], scores[-6]))


def test_scores_of_refused_photos_come_back(with_refused: InspectionRun, tmp_path: Path) -> None:
    run = with_refused
    again = load_results(save_results(run, tmp_path / "out"))
    assert again.counts() == run.counts()
    assert again.counts()[Verdict.REFUSED] == 11
    assert len(again.refused_and_ng()) == len(run.refused_and_ng()) == 2
    for old, new in zip(run.inspections[10:20], again.inspections[10:20], strict=True):
        assert (new.score, new.refusal, new.would_be(run.limits)) == (old.score, old.refusal, old.would_be(run.limits))
        assert old.score_map is not None
        assert new.score_map is not None
        np.testing.assert_array_equal(new.score_map.grid, old.score_map.grid)
        assert again.regions(new) == run.regions(old)


def test_rows_of_refused_photos_tell_score_regions_and_the_verdict_they_would_have_had(
    with_refused: InspectionRun, tmp_path: Path
) -> None:
    save_results(with_refused, tmp_path / "out")
    document = json.loads((tmp_path / "out" / "results.json").read_text())
    photos = document["photos"]
    assert document["refused_and_ng"] == 2
    for judged_row, refused_row in zip(photos[:10], photos[10:20], strict=True):
        assert (refused_row["verdict"], refused_row["would_be"]) == ("REFUSED", judged_row["verdict"])
        assert judged_row["would_be"] is None
        for key in ("score", "relative_score", "regions"):
            assert refused_row[key] == judged_row[key]
    assert [photo["would_be"] for photo in photos[20:]] == [None, None]
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["would_be"] for row in rows] == [photo["would_be"] or "" for photo in photos]
    assert {row["would_be"] for row in rows} == {"", "OK", "UNSURE", "NG"}


def test_results_of_a_former_release_open(run: InspectionRun, folder: Path) -> None:
    file = folder / "results.json"
    document = json.loads(file.read_text())
    document.pop("sha256")
    document["schema_number"] = 2
    document.pop("refused_and_ng")
    for photo in document["photos"]:
        photo.pop("would_be")
    seal = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    file.write_text(json.dumps(document | {"sha256": seal}))
    again = load_results(folder)
    assert again.counts() == run.counts()
    assert again.refused_and_ng() == []


def test_csv_says_the_same_as_json(folder: Path) -> None:
    photos = json.loads((folder / "results.json").read_text())["photos"]
    with (folder / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["path", "score", "relative_score", "verdict", "regions", "error", "would_be"]
    for row, photo in zip(rows, photos, strict=True):
        assert (row["path"], row["verdict"], row["error"]) == (photo["path"], photo["verdict"], photo["error"] or "")
        assert json.loads(row["regions"]) == photo["regions"]
        assert (float(row["score"]) if row["score"] else None) == photo["score"]


def test_same_run_same_bytes(run: InspectionRun, folder: Path, tmp_path: Path) -> None:
    save_results(run, tmp_path / "again")
    for name in ("results.json", "results.csv", "maps.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")']
)
def test_no_cell_becomes_a_formula(tmp_path: Path, text: str) -> None:
    row = {"path": text, "score": -1.5, "relative_score": -0.5, "verdict": "NG", "regions": [], "error": text}
    row["would_be"] = None
    write_table(tmp_path / "table.csv", [row])
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
        (read,) = csv.DictReader(stream)
    assert read["path"] == read["error"] == f"'{text}"
    assert (read["score"], read["relative_score"]) == ("-1.5", "-0.5")


@pytest.mark.parametrize(
    "name", ["a,b\"c'd.png", "two\nlines\r.png", "🔩 größe.png", "x" * 200, "<script>.png", "\udcff.png"]
)
def test_hostile_names_survive(make_run: Callable[..., InspectionRun], tmp_path: Path, name: str) -> None:
    run = make_run([], replace(UNREADABLE, path=tmp_path / name))
    save_results(run, tmp_path / "out")
    assert load_results(tmp_path / "out").inspections[0].path == tmp_path / name
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["path"] == str(tmp_path / name).replace("\udcff", "\\udcff")


def test_heatmaps_of_the_same_name_do_not_overwrite_each_other(
    make_run: Callable[..., InspectionRun], copied: Callable[..., Path], tmp_path: Path
) -> None:
    photos = [copied(name, index) for index, name in enumerate(["a/1.png", "b/1.png", "b/1.PNG", "c/1-2.png"])]
    run = make_run(photos, UNREADABLE)
    photos[2].unlink()
    save_results(run, tmp_path / "out", heatmaps=True)
    listed = [photo["heatmap"] for photo in json.loads((tmp_path / "out" / "results.json").read_text())["photos"]]
    assert listed == ["heatmaps/1.png", "heatmaps/1-2.png", None, "heatmaps/1-2-2.png", None]
    assert len(list((tmp_path / "out" / "heatmaps").iterdir())) == 3
    score_map = run.inspections[1].score_map
    assert score_map is not None
    expected = draw_heatmap(read_image(photos[1]), score_map.dense(), run.threshold)
    np.testing.assert_array_equal(read_image(tmp_path / "out" / str(listed[1])), expected)


def test_picture_names_fit_any_disk() -> None:
    names = picture_names([Path("ß" * 120 + ".jpg"), Path("ß" * 119 + "x.jpg"), Path("A.png"), Path("a.png")])
    assert len(set(names)) == 4
    assert all(len(name.encode()) <= 255 for name in names)
    assert names[2:] == ["A.png", "a-2.png"]


def test_cancelling_leaves_the_old_results(run: InspectionRun, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    token = CancelToken()
    with pytest.raises(Cancelled):
        save_results(run, folder, heatmaps=True, report=lambda _: token.cancel(), token=token)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert len(list((folder / "heatmaps").iterdir())) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_failed_write_leaves_the_old_results(
    run: InspectionRun, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, "failed")

    sentence = r"größe: the disk is (full|read-only); .*choose another folder"
    with monkeypatch.context() as broken:
        broken.setattr(Path, "open", fail)
        with pytest.raises(ResultsError, match=sentence):
            save_results(replace(run, limits=Limits(1.0)), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_in_the_way(run: InspectionRun, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ResultsError, match=r"out: a file stands where a folder is needed"):
        save_results(run, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"


def test_missing_results(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"nowhere: there is no such file; choose a folder that an inspection"):
        load_results(tmp_path / "nowhere")
    with pytest.raises(ResultsError, match=r"results.json: there is no such file"):
        load_results(tmp_path)
    (folder / "maps.safetensors").unlink()
    with pytest.raises(ResultsError, match=r"maps.safetensors: there is no such file; .* with all its files"):
        load_results(folder)


@pytest.mark.parametrize("name", ["results.json", "maps.safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_cut_short(folder: Path, name: str, share: float) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ResultsError, match=rf"{name}: .*cut short.*; (run the inspection again|choose a folder)"):
        load_results(folder)


def test_altered_results(folder: Path) -> None:
    file = folder / "results.json"
    whole = file.read_text()
    for old, new in [
        ('"verdict": "NG"', '"verdict": "OK"'),
        ('"threshold": ', '"threshold": 1'),
        ('"ms": 12', '"ms": 13'),
    ]:
        assert old in whole
        file.write_text(whole.replace(old, new, 1))
        with pytest.raises(ResultsError, match=r"results.json: .*altered.*; run the inspection again"):
            load_results(folder)
    for text in ["[]", "{}", '{"schema_number": 1}', "[" * 100_000, '{"schema_number": 1, "sha256": "00"}']:
        file.write_text(text)
        with pytest.raises(ResultsError, match=r"results.json: "):
            load_results(folder)


def test_altered_maps(folder: Path) -> None:
    maps = folder / "maps.safetensors"
    whole = bytearray(maps.read_bytes())
    whole[-1] ^= 1
    maps.write_bytes(whole)
    with pytest.raises(ResultsError, match=r"maps.safetensors: .*altered.*; run the inspection again"):
        load_results(folder)


def test_parts_between_the_two_thresholds_are_unsure_and_stay_so(run: InspectionRun, tmp_path: Path) -> None:
    scores = sorted(one.score for one in run.inspections if one.score is not None)
    limits = Limits(scores[-3], scores[-8])
    again = load_results(save_results(replace(run, limits=limits), tmp_path / "unsure"))
    assert again.limits == limits
    assert again.counts()[Verdict.UNSURE] == 5
    assert again.counts()[Verdict.NG] == 2
    rows = json.loads((tmp_path / "unsure" / "results.json").read_text())["photos"]
    assert sorted(row["score"] for row in rows if row["verdict"] == "UNSURE") == scores[-7:-2]
    assert not any(row["regions"] for row in rows if row["verdict"] != "NG")


def test_results_of_a_later_release(folder: Path) -> None:
    (folder / "results.json").write_text('{"schema_number": 4, "sha256": "", "kept": "elsewhere"}')
    with pytest.raises(ResultsError, match=r"results.json: a later release of Inspector wrote these results; open"):
        load_results(folder)


def test_saving_takes_memory_for_one_photo_and_not_for_all(
    make_run: Callable[..., InspectionRun], tmp_path: Path
) -> None:
    def peak(count: int) -> int:
        many = replace(make_run([]), inspections=tuple([judged(CELLS[0])] * count), limits=Limits(0.01))
        tracemalloc.start()
        save_results(many, tmp_path / str(count))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(load_results(tmp_path / str(count)).inspections) == count
        return used

    peak(10)  # made once
    small, large = peak(50), peak(800)
    assert large - small < 750 * 1000  # a score map alone takes four times as much


def test_the_regions_of_a_photo_are_found_once_and_of_an_ok_photo_never(
    run: InspectionRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        "inspector.storage.results.inspection_run.find_regions",
        lambda *found: asked.append(found) or find_regions(*found),
    )
    save_results(run, tmp_path / "again")
    assert len(asked) == run.counts()[Verdict.NG]


def test_results_that_are_written_photo_by_photo_are_what_other_libraries_read(
    folder: Path, run: InspectionRun
) -> None:
    tensors = load_file(folder / "maps.safetensors")
    judged_ones = [one for one in run.inspections if one.score_map is not None]
    assert len(tensors) == len(judged_ones)
    for key, one in zip(sorted(tensors), judged_ones, strict=True):
        assert one.score_map is not None
        np.testing.assert_array_equal(tensors[key], one.score_map.grid)
    assert [photo["path"] for photo in json.loads((folder / "results.json").read_text())["photos"]]


def test_heatmaps_of_an_earlier_run_go_with_its_results(
    cells: list[Path], make_run: Callable[..., InspectionRun], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    save_results(make_run(cells[:3]), folder, heatmaps=True)
    (folder / "heatmaps" / "mine.png").write_bytes(b"kept")
    save_results(make_run(cells[2:4]), folder, heatmaps=True)
    assert sorted(one.name for one in (folder / "heatmaps").iterdir()) == sorted(
        ["mine.png", *(f"{photo.stem}.png" for photo in cells[2:4])]
    )
    save_results(make_run(cells[:1]), folder)
    assert [one.name for one in (folder / "heatmaps").iterdir()] == ["mine.png"]
    (folder / "heatmaps" / "mine.png").unlink()
    save_results(make_run(cells[:1]), folder, heatmaps=True)
    save_results(make_run(cells[:1]), folder)
    assert not (folder / "heatmaps").exists()


@pytest.mark.parametrize("name", ["../victim.png", "heatmaps/../../victim.png", "victim.png", "/victim.png", 7, ["x"]])
def test_an_altered_document_names_no_file_to_remove(
    cells: list[Path], make_run: Callable[..., InspectionRun], tmp_path: Path, name: object
) -> None:
    folder = tmp_path / "out"
    save_results(make_run(cells[:1]), folder, heatmaps=True)
    for victim in (tmp_path / "victim.png", folder / "victim.png"):
        victim.write_bytes(b"kept")
    document = json.loads((folder / "results.json").read_text())
    document["photos"][0]["heatmap"] = name
    (folder / "results.json").write_text(json.dumps(document))
    save_results(make_run(cells[:1]), folder)
    assert (tmp_path / "victim.png").exists()
    assert (folder / "victim.png").exists()
