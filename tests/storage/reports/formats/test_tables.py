"""Reports for programs: CSV and COCO JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from pycocotools.coco import COCO

from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import EVERYTHING, PartFilter
from inspector.storage.history.store import History
from inspector.storage.reports import write_report
from inspector.storage.reports.content.report import Report
from inspector.storage.reports.formats.coco import MOST_REGIONS
from inspector.storage.results.inspection_run import InspectionRun
from tests.storage.reports.conftest import CONFIRMED, FALSE_ALARM, GONE, HOSTILE_NAMES, MISSED, REFUSED

MakeReport = Callable[..., Report]
Written = Callable[..., Path]


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_csv_and_pandas_read_the_same(report_on: MakeReport, written: Written) -> None:
    file = written(report_on(), "r.csv")
    rows = rows_of(file)
    frame = pandas.read_csv(file, dtype=str, keep_default_na=False)
    assert rows == frame.to_dict("records")
    assert len(rows) == 7 + len(HOSTILE_NAMES)
    plain = pandas.read_csv(file)
    assert plain["relative_score"].max() == pytest.approx(1.6)


def test_no_cell_begins_a_formula(report_on: MakeReport, written: Written) -> None:
    rows = rows_of(written(report_on(), "r.csv"))
    cells = [(column, cell) for row in rows for column, cell in row.items()]
    assert any(cell.startswith("'=") for _, cell in cells)
    for column, cell in cells:
        number = column in ("score", "relative_score", "threshold", "unsure_threshold")
        assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_row_says_what_people_said(report_on: MakeReport, written: Written) -> None:
    rows = {row["part"]: row for row in rows_of(written(report_on(), "r.csv"))}
    row = rows[f"cell {CONFIRMED}"]
    assert (row["verdict"], row["review"], row["defect_class"]) == ("NG", "defect", "crack")
    assert (row["reviewer"], row["note"]) == ("Prüfer 1", "'=1+1\n<b>deep</b> & long")
    assert json.loads(row["regions"])[0]["area_px"] > 0
    assert rows[f"cell {REFUSED}"]["error"].startswith("too dark")
    assert rows[f"cell {REFUSED}"]["score"] == ""
    assert rows[f"cell {MISSED}"]["reviewer"] == "'+49"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools itself
def test_coco_loads_and_annotates_what_is_no_false_alarm(
    report_on: MakeReport, written: Written, shift: History
) -> None:
    coco = COCO(str(written(report_on(), "r.coco.json")))
    by_part = {image["part"]: image for image in coco.imgs.values()}
    pictures = shift.pictures_path
    for image in coco.imgs.values():
        assert (pictures / image["file_name"]).is_file()
        assert (image["height"], image["width"]) == (300, 300)
    assert f"cell {GONE}" not in by_part
    assert f"cell {REFUSED}" not in by_part
    assert coco.getAnnIds(by_part[f"cell {FALSE_ALARM}"]["id"]) == []
    assert by_part[f"cell {MISSED}"]["review"] == "defect"
    found = coco.loadAnns(coco.getAnnIds(by_part[f"cell {CONFIRMED}"]["id"]))
    regions = shift.get(by_part[f"cell {CONFIRMED}"]["id"]).regions
    assert [one["bbox"] for one in found] == [[region.x, region.y, region.w, region.h] for region in regions]
    assert [one["area"] for one in found] == [region.area_px for region in regions]
    assert {coco.cats[one["category_id"]]["name"] for one in found} == {"crack"}
    assert found[0]["score"] == pytest.approx(1.6)
    for annotation in coco.anns.values():
        assert coco.annToMask(annotation).sum() > 0
        assert all(len(polygon) >= 6 for polygon in annotation["segmentation"])


def test_numbers_are_the_same_whatever_else_is_in_the_file(report_on: MakeReport, written: Written) -> None:
    def of_one(name: str, part_filter: PartFilter) -> object:
        document = json.loads(written(report_on(part_filter), name).read_text())
        image = next(one for one in document["images"] if one["part"] == f"cell {CONFIRMED}")
        return image, [one for one in document["annotations"] if one["image_id"] == image["id"]]

    alone = of_one("one.coco.json", PartFilter(decisions=frozenset({Decision.DEFECT})))
    assert alone == of_one("all.coco.json", EVERYTHING)


def test_coco_of_results_names_the_photos(
    make_run: Callable[..., InspectionRun], copied: Callable[..., Path], tmp_path: Path
) -> None:
    run = make_run([copied("photos/a/one.png"), copied("photos/b/two.png", 1)], threshold=0.1)
    write_report(run, tmp_path / "r.coco.json")
    coco = COCO(str(tmp_path / "r.coco.json"))
    assert [image["file_name"] for image in coco.imgs.values()] == ["a/one.png", "b/two.png"]
    assert coco.dataset["info"]["photos_in"] == str(tmp_path / "photos")
    assert len(coco.anns) == sum(len(run.regions(one)) for one in run.with_verdict(Verdict.NG))
    assert all(one["image_id"] == number // MOST_REGIONS for number, one in coco.anns.items())


def test_a_name_that_is_no_unicode_is_still_json(
    make_run: Callable[..., InspectionRun], copied: Callable[..., Path], tmp_path: Path
) -> None:
    try:
        photo = copied("photos/\udcff.png")
    except OSError:
        pytest.skip("this disk takes no such name")
    write_report(make_run([photo], threshold=0.1), tmp_path / "r.coco.json")
    (image,) = json.loads((tmp_path / "r.coco.json").read_bytes())["images"]
    assert image["file_name"].encode() == b"\\udcff.png"
