"""Reports as PDF, read back with pypdf."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from inspector.core.letterhead import Letterhead
from inspector.core.values import Inspection, ScoreMap, Verdict
from inspector.storage.history.records import PartFilter
from inspector.storage.photos.images import encode_png, read_image
from inspector.storage.reports import write_report
from inspector.storage.reports.content.pictures import THUMBNAIL_SIDE
from inspector.storage.reports.content.report import Report
from inspector.storage.reports.formats.pdf_text import printable
from inspector.storage.results.inspection_run import InspectionRun
from tests.storage.reports.conftest import HOSTILE_NAMES

FOOT = 0.06
"""Share of a page that holds its number."""

MakeRun = Callable[..., InspectionRun]


def squeezed(text: str) -> str:
    """Return a text without white space: long names go on in the next line."""
    return "".join(text.split())


def text_of(file: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(file).pages)


def test_the_text_holds_every_ng_part_and_where_it_comes_from(
    make_run: MakeRun, cells: list[Path], tmp_path: Path
) -> None:
    refused = Inspection(Path("wide.png"), (300, 500), refusal="its shape differs from that of the good photos")
    run = make_run(cells, refused)
    write_report(run, tmp_path / "r.pdf", letterhead=Letterhead(company="Solarwerk Nord"))
    found = text_of(tmp_path / "r.pdf")
    for inspection in run.with_verdict(Verdict.NG):
        assert inspection.path.name in squeezed(found)
    for words in [
        "Inspection report: cell",
        "Solarwerk Nord",
        "of 40 good photos",
        run.bundle_sha256,
        run.manifest.goods.sha256,
        run.manifest.backbone.sha256,
        "its shape differs from that of the good photos",
        "Inspected by, date",
    ]:
        assert words in found


def test_pages_are_numbered_and_headings_stay_with_what_they_head(
    make_run: MakeRun, cells: list[Path], tmp_path: Path
) -> None:
    write_report(make_run(cells), tmp_path / "r.pdf")
    pages = [page.extract_text() for page in PdfReader(tmp_path / "r.pdf").pages]
    assert len(pages) > 5
    for number, text in enumerate(pages, start=1):
        assert re.search(rf"\b{number} of\s+{len(pages)}\b", text)
        body = re.sub(r"\d+ of\s+\d+", "", text).strip()
        assert not re.search(r"(NG parts|OK parts|Refused or unreadable|Origin of this report)[^\n]*$", body)


def test_it_carries_its_typeface_and_lists_its_parts(make_run: MakeRun, cells: list[Path], tmp_path: Path) -> None:
    run = make_run(cells[:6], threshold=0.1)
    write_report(run, tmp_path / "r.pdf", title="Größe Ω Ж")
    reader = PdfReader(tmp_path / "r.pdf")
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert any("Inter" in font["/BaseFont"] and "/FontFile2" in font["/FontDescriptor"] for font in fonts)
    assert "Größe Ω Ж" in reader.pages[0].extract_text()
    assert reader.metadata is not None
    assert reader.metadata.title == "Größe Ω Ж"
    entries = [entry for entry in reader.outline if isinstance(entry, list)]
    assert sum(len(entry) for entry in entries) == run.counts()[Verdict.NG]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("defects", [0, 1])
def test_few_defects_on_both_papers(
    make_run: MakeRun, cells: list[Path], tmp_path: Path, paper: str, defects: int
) -> None:
    run = make_run(cells[:defects], threshold=0.1)
    write_report(run, tmp_path / "r.pdf", letterhead=Letterhead(paper=paper))
    width, height = PdfReader(tmp_path / "r.pdf").pages[0].mediabox[2:]
    assert (round(width), round(height)) == ((595, 842) if paper == "A4" else (612, 792))
    assert ("No part is NG." in text_of(tmp_path / "r.pdf")) is (defects == 0)


@pytest.mark.parametrize("photo_hw", [(60, 1200), (1200, 60)])
def test_wide_and_tall_photos_fit(
    make_run: MakeRun, cells: list[Path], tmp_path: Path, photo_hw: tuple[int, int]
) -> None:
    (judged,) = make_run(cells[:1]).inspections
    assert judged.score_map is not None
    photo = tmp_path / "p.png"
    photo.write_bytes(encode_png(read_image(cells[0])[:1, :1].repeat(photo_hw[0], 0).repeat(photo_hw[1], 1)))
    odd = replace(judged, path=photo, photo_hw=photo_hw, score_map=ScoreMap(judged.score_map.grid, (64, 64)))
    write_report(make_run([], odd, threshold=0.1), tmp_path / "r.pdf")
    assert "p.png" in text_of(tmp_path / "r.pdf")


def test_names_of_any_kind_are_printed_as_they_are(
    report_on: Callable[..., Report], written: Callable[..., Path]
) -> None:
    found = squeezed(text_of(written(report_on(), "r.pdf")))
    for name in HOSTILE_NAMES:
        assert squeezed(printable(name.replace("\udcff", "\\udcff"))) in found
    assert "=1+1<b>deep</b>&long" in found


def test_letters_that_the_typeface_lacks_are_told_apart() -> None:
    assert printable("größe Ж Ω") == "größe Ж Ω"
    assert printable("零件 🔩") == "\\u96f6\\u4ef6 \\U0001f529"
    assert printable("a\u202eb\n") == "a\\u202eb\\n"


def test_refused_parts_have_their_photo(report_on, written):
    reader = PdfReader(written(report_on(PartFilter(verdicts=frozenset({Verdict.REFUSED}))), "refused.pdf"))
    pages = [page for page in reader.pages if "Refused or unreadable (1)" in page.extract_text()]
    assert len(pages) == 1
    assert THUMBNAIL_SIDE in [max(picture.image.size) for picture in pages[0].images]


def test_pages_of_parts_are_filled(report_on, written):
    """Photos grow into the room that is left, so the last line of a full page stands near its foot."""
    reader = PdfReader(written(report_on(PartFilter(verdicts=frozenset({Verdict.NG}))), "ng.pdf"))
    lowest = []
    for page in reader.pages:
        lines: list[float] = []

        def note(text, _cm, matrix, _font, _size, lines=lines):
            if text.strip():
                lines.append(matrix[5])

        page.extract_text(visitor_text=note)
        if page.images:
            height = float(page.mediabox.height)
            lowest.append(min(y for y in lines if y > FOOT * height) / height)
    assert len(lowest) > 3
    assert all(share < 0.2 for share in lowest[1:-1])


def test_the_verdict_of_a_part_that_is_not_judged_stands_in_one_line(make_run, cells, tmp_path):
    cut = Inspection(Path("cut.png"), None, error="the photo is cut short: its end is missing; copy or take it again")
    write_report(make_run(cells, cut), tmp_path / "r.pdf")
    assert "UNREADABLE" in text_of(tmp_path / "r.pdf").split()
