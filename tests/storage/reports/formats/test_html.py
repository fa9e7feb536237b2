import base64
import csv
import errno
import io
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inspector.core.ahead import Ahead
from inspector.core.errors import ResultsError
from inspector.core.judging.heatmap import draw_heatmap
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.values import Inspection, Limits, Verdict
from inspector.storage.bundles.manifest import DefectRecord
from inspector.storage.bundles.manifest_changes import LimitsChange
from inspector.storage.history.records import PartFilter
from inspector.storage.photos.images import encode_png, read_image
from inspector.storage.reports import write_report
from inspector.storage.reports.content.from_results import report_of_run
from inspector.storage.reports.content.pictures import AT_ONCE
from inspector.storage.reports.content.report import score_bars
from inspector.storage.reports.formats.steps import Steps
from inspector.storage.results.inspection_run import InspectionRun, load_results, save_results

REFUSED = Inspection(Path("wide.png"), (300, 500), refusal="its shape differs from that of the good photos")
UNREADABLE = Inspection(Path("torn.png"), error="the photo is cut short; copy it again")

HOSTILE_NAMES = [
    "<script>alert(1)</script>.png",
    "\"><img src=x onerror='alert(1)'>.png",
    "'; DROP TABLE parts --.png",
    "two\nlines\t.png",
    "{{ 7 * 7 }}{% raw %}.png",
    "🔩 größe 零件.png",
    "gnp.\u202epng",
    "x" * 200 + ".png",
    "=cmd|' /C calc'!A0.png",
    "\udcff.png",
]


class Page(HTMLParser):
    """The page as a browser shows it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def pictures(self) -> list[str]:
        found = [attrs.get("href") or attrs.get("src") for tag, attrs in self.tags if tag in ("image", "img")]
        return [uri for uri in found if uri]


def page_of(run: InspectionRun, folder: Path, **options: object) -> Page:
    write_report(run, folder / "report.html", **options)
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.fixture
def run(make_run: Callable[..., InspectionRun], cells: list[Path]) -> InspectionRun:
    return make_run(cells, REFUSED, UNREADABLE)


def test_it_tells_everything(run: InspectionRun, tmp_path: Path) -> None:
    page = page_of(run, tmp_path)
    counts, manifest = run.counts(), run.manifest
    for words in [
        "Inspection report: cell",
        "Inspected 5 March 2026, 14:30 (UTC+01:00)",
        f"NG parts, worst first ({counts[Verdict.NG]})",
        f"OK parts, highest score first ({counts[Verdict.OK]})",
        f"{run.threshold:.4g}",
        "of 40 good photos",
        "40 from good cells, 300 x 300 pixels",
        manifest.goods.sha256,
        manifest.backbone.sha256,
        run.bundle_sha256,
        "cell.inspector",
        "reconpatch, size 256, seed 7",
        "torch 2.8.0",
        "wide.png its shape differs from that of the good photos",
        "torn.png the photo is cut short; copy it again",
    ]:
        assert words in page.text
    places = [page.text.index(one.path.name) for one in run.with_verdict(Verdict.NG)]
    assert places == sorted(places)
    worst = run.with_verdict(Verdict.NG)[0]
    assert f"{(worst.score or 0) / run.threshold:.2f} \u00d7 limit (raw score {worst.score:.4g})" in page.text


def test_it_needs_nothing_but_itself(run: InspectionRun, tmp_path: Path) -> None:
    page = page_of(run, tmp_path)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    for _, attrs in page.tags:
        assert not any(name.startswith("on") for name in attrs)
        for name in ("src", "href"):
            assert (attrs.get(name) or "#photo").startswith(("data:image/", "#photo", "#legend"))
    assert "url(" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_photo_and_heatmap_are_what_the_window_shows(run: InspectionRun, tmp_path: Path) -> None:
    worst = run.with_verdict(Verdict.NG)[0]
    _legend, photo_uri, heatmap_uri = page_of(run, tmp_path).pictures()[:3]
    photo, heatmap = decoded(photo_uri), decoded(heatmap_uri).convert("RGBA")
    assert photo.size == heatmap.size == (300, 300)
    original = read_image(worst.path)
    assert np.abs(np.asarray(photo).astype(int) - original).mean() < 3
    assert worst.score_map is not None
    laid_over = Image.alpha_composite(Image.fromarray(original).convert("RGBA"), heatmap).convert("RGB")
    expected = draw_heatmap(original, worst.score_map.dense(), run.threshold)
    assert np.abs(np.asarray(laid_over).astype(int) - expected).max() <= 2


def test_large_photos_are_shrunk(make_run: Callable[..., InspectionRun], tmp_path: Path, cells: list[Path]) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(encode_png(cv2.resize(read_image(cells[0]), (2000, 1000))))
    (inspection,) = make_run(cells[:1]).inspections
    run = replace(make_run([], threshold=0.1), inspections=(replace(inspection, path=large, photo_hw=(1000, 2000)),))
    page = page_of(run, tmp_path)
    assert [decoded(uri).size for uri in page.pictures()[1:]] == [(640, 320), (640, 320)]
    assert any(attrs.get("viewbox") == "0 0 2000 1000" for tag, attrs in page.tags if tag == "svg")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_only_text(
    make_run: Callable[..., InspectionRun], cells: list[Path], tmp_path: Path, name: str
) -> None:
    (inspection,) = make_run(cells[:1]).inspections
    path = Path("/photos") / name.replace("/", "_")
    others = [replace(one, path=path, error=one.error and f"{one.error} {name}") for one in (REFUSED, UNREADABLE)]
    run = make_run([], replace(inspection, path=path), *others, threshold=0.1)
    run = replace(run, bundle_path=Path("/bundles") / f"{path.name}.inspector")
    page = page_of(run, tmp_path, title=name)
    harmless = page_of(replace(run, inspections=run.inspections), tmp_path, title="plain")
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path.name)
    assert page.text.count(shown) >= 4
    assert not {"script", "img onerror"} & {tag for tag, _ in page.tags}
    assert all("onerror" not in attrs for _, attrs in page.tags)
    assert "\u202e" not in page.text
    write_report(run, tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["verdict"] for row in rows] == ["NG", "REFUSED", "UNREADABLE"]
    assert all(row["path"] == str(path).replace("\udcff", "\\udcff") for row in rows)


def test_a_photo_that_went_away_keeps_its_entry(
    make_run: Callable[..., InspectionRun], copied: Callable[..., Path], tmp_path: Path
) -> None:
    gone, replaced = copied("photos/gone.png", 1), copied("photos/replaced.png", 2)
    run = make_run([gone, replaced], threshold=0.1)
    gone.unlink()
    replaced.write_bytes(encode_png(read_image(replaced)[:100]))
    page = page_of(run, tmp_path)
    assert "gone.png" in page.text
    assert "The photo cannot be shown: there is no such file" in page.text
    assert "The photo cannot be shown: the file has been replaced since the inspection." in page.text
    assert len(page.pictures()) == 1 + 2  # the legend and two heatmaps


def test_a_run_without_any_photo_judged(make_run: Callable[..., InspectionRun], tmp_path: Path) -> None:
    page = page_of(make_run([], UNREADABLE), tmp_path)
    assert "No part is NG." in page.text
    assert "No part is OK." in page.text
    assert "none judged" in page.text
    assert "Parts 0" in page_of(make_run([]), tmp_path).text


def test_a_limit_chosen_by_hand_has_its_own_promise(
    make_run: Callable[..., InspectionRun], cells: list[Path], tmp_path: Path
) -> None:
    run = make_run(cells[:3], threshold=100.0)
    page = page_of(run, tmp_path)
    assert (
        f"Chosen manually for this inspection. The good photos set it at {run.manifest.threshold.value:.4g}"
        in page.text
    )
    assert "Expect 2.4 false alarms in 100 good parts, 95 % sure it is under" in page.text
    assert "All good parts may be NG" in page_of(replace(run, limits=Limits(0.01)), tmp_path).text


def test_unsure_parts_and_changes_of_the_limits_are_told(
    make_run: Callable[..., InspectionRun], cells: list[Path], tmp_path: Path
) -> None:
    run = make_run(cells[:8])
    scores = sorted(one.score for one in run.inspections if one.score is not None)
    after = Limits(scores[-2], scores[2])
    change = LimitsChange(
        changed_at=run.inspected_at, changed_by="line <2>", before=run.manifest.limits, after=after, note="dust & light"
    )
    manifest = run.manifest.model_copy(update={"changes": [change]})
    page = page_of(replace(run, manifest=manifest, limits=after), tmp_path)
    assert "Unsure parts, highest score first (4)" in page.text
    assert "line <2>" in page.text
    assert "dust & light" in page.text
    assert f"{after.threshold:.4g}, UNSURE above {after.unsure_threshold:.4g}" in page.text
    assert "Changed manually, as listed below." in page.text


def test_known_defects_that_would_escape_are_told(
    make_run: Callable[..., InspectionRun], cells: list[Path], tmp_path: Path
) -> None:
    run = make_run(cells[:2])
    scores = [0.5 * run.threshold] * 3 + [2.0 * run.threshold] * 37
    manifest = run.manifest.model_copy(update={"defects": DefectRecord(folder="cracks", scores=scores)})
    text = page_of(replace(run, manifest=manifest), tmp_path).text
    assert "Of 40 photos of known defects (cracks), 3 would escape at this limit: 7.5 %" in text
    assert "the 95 % interval for defects like these is 1.6 to 20 %" in text  # Clopper-Pearson: 0.0157 to 0.2039
    assert "known defects" not in page_of(run, tmp_path).text


def test_too_few_good_photos_are_told(make_run: Callable[..., InspectionRun], tmp_path: Path) -> None:
    run = make_run([])
    recipe = run.manifest.recipe.model_copy(update={"false_alarm_rate": 0.01})
    threshold = threshold_from_good_scores(run.manifest.good_scores, 0.01)
    manifest = run.manifest.model_copy(update={"recipe": recipe, "threshold": threshold})
    page = page_of(replace(run, manifest=manifest, limits=Limits(threshold.value)), tmp_path)
    assert "The aim was 1.0 in 100: it takes 59 more good photos. This is the lowest rate that 40 photos" in page.text


def test_same_run_same_report_even_after_a_round_trip(run: InspectionRun, tmp_path: Path) -> None:
    run = replace(run, inspections=tuple(replace(one, path=one.path.absolute()) for one in run.inspections))
    write_report(run, tmp_path / "one.html", written_at=run.inspected_at)
    save_results(run, tmp_path / "out")
    write_report(load_results(tmp_path / "out"), tmp_path / "two.html", written_at=run.inspected_at)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_few_parts_are_made_ahead(run: InspectionRun) -> None:
    made, told = [], []
    steps = Steps(8, told.append, CancelToken())
    with Ahead(AT_ONCE) as ahead:
        parts = steps.told(ahead.done(lambda number: made.append(number) or number, range(8), AT_ONCE + 1))
        assert next(parts) == 0
        assert told == []
        assert len(made) <= 3
        assert next(parts) == 1
        assert told == [Progress("writing the report", 1, 8)]
        assert list(parts) == list(range(2, 8))


def test_the_chart_agrees_with_the_verdicts(run: InspectionRun) -> None:
    on_the_limit = Inspection(Path("edge.png"), (300, 300), score=run.threshold)
    run = replace(run, inspections=(*run.inspections, on_the_limit))
    bars = score_bars(report_of_run(run).scores)
    assert sum(bar.count for bar in bars if bar.over) == run.counts()[Verdict.NG]
    assert sum(bar.count for bar in bars if not bar.over) == run.counts()[Verdict.OK]
    assert max(bar.height for bar in bars) == 1.0


@pytest.mark.parametrize("name", ["report.json", "report", "report.html.exe"])
def test_other_suffixes(run: InspectionRun, tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ResultsError, match=rf"{name}: a report is written as \.html, \.pdf, \.csv or \.coco\.json; end its name"
    ):
        write_report(run, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".html", ".CSV", ".pdf", ".coco.json"])
def test_cancelling_leaves_the_old_report(run: InspectionRun, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"report{suffix}"
    target.write_text("old")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        write_report(run, target, token=token)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_ctrl_c_half_way_leaves_the_old_report(run: InspectionRun, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")

    def interrupt(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(run, target, report=interrupt)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_report_that_cannot_be_written(run: InspectionRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ResultsError, match=r"report.html: the folder does not exist; create it"):
        write_report(run, tmp_path / "missing" / "report.html")
    target = tmp_path / "report.csv"
    target.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("inspector.storage.reports.formats.csv_table.write_table", fail)
    with pytest.raises(ResultsError, match=r"report.csv: the disk is full; free some space"):
        write_report(run, target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_refused_parts_have_their_photo(report_on, written):
    page = written(report_on(PartFilter(verdicts=frozenset({Verdict.REFUSED}))), "refused.html").read_text("utf-8")
    (row,) = re.findall(r"<tr><td>(.*?)</td><td>[^\n]*REFUSED", page)
    assert row.startswith('<img class="thumbnail" src="data:image/jpeg;base64,')
