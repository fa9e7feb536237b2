"""Reports as PDF, with searchable text, outlines as lines, and numbered pages."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from reportlab.platypus import Flowable, Image, Spacer, Table

from inspector.core.ahead import Ahead
from inspector.core.values import Verdict
from inspector.storage.photos.images import encode_jpeg
from inspector.storage.reports.content import statements
from inspector.storage.reports.content.logo import Logo
from inspector.storage.reports.content.pictures import AT_ONCE, JPEG_QUALITY, laid_over, thumbnail
from inspector.storage.reports.content.report import MOST_PICTURED, LimitsInUse, Report, score_bars
from inspector.storage.reports.content.showing import REGION_HEADINGS, Shown, in_words, shown_part
from inspector.storage.reports.content.words import relative_words
from inspector.storage.reports.formats.pdf_blocks import (
    PartHead,
    Signatures,
    Tiles,
    letterhead_block,
    review_block,
    table,
)
from inspector.storage.reports.formats.pdf_drawings import Panes, Scales
from inspector.storage.reports.formats.pdf_pages import Pages
from inspector.storage.reports.formats.pdf_text import paragraph, styles
from inspector.storage.reports.formats.steps import Steps

TALLEST, LOWEST = 220.0, 118.0
"""Greatest and least height of a photo in points. Parts share a page's height, so that no page stays a third empty."""
THUMBNAIL = 62.0
"""Maximum width and height of a refused part's photo, in points."""
ROWS_AT_ONCE = 100
ROOM_FOR_ROWS = 60.0

Block = Callable[[float], list[Flowable]]
"""Makes the block of a part, given the maximum height of its photo in points."""


def write_pdf(report: Report, file: Path, logo: Logo | None, steps: Steps) -> None:
    """Write a report as PDF; `file` is written in place, so wrap it in `replacing`.

    Raises
    ------
    OSError, HistoryError
        The file cannot be written, or the history cannot be read.
    Cancelled
        The token of `steps` was cancelled.
    """
    pages = Pages(file, report.letterhead.paper, report.title, report.letterhead.company)
    _summary(pages, report, logo)
    _limits(pages, report)
    if report.refused_and_ng:
        heading = f"{statements.REFUSED_AND_NG}, worst first"
        _parts(pages, report, steps, report.refused_and_ng, heading, _REFUSED_AND_NG_NOTE)
    _parts(pages, report, steps, report.defects, "NG parts, worst first", _NG_NOTE)
    if report.missed:
        _parts(pages, report, steps, report.missed, "Missed defects, highest score first", _MISSED_NOTE)
    if report.unsure:
        _parts(pages, report, steps, report.unsure, "Unsure parts, highest score first", _UNSURE_NOTE)
    _not_judged(pages, report, steps)
    _passed(pages, report)
    _origin(pages, report)
    pages.close()


_NG_NOTE = "The photo with outlines of all regions over the limit, then its heatmap. Peaks are multiples of the limit."
_REFUSED_AND_NG_NOTE = (
    "These photos are not fit to be judged, but have regions over the limit. Check these parts first."
)
_MISSED_NOTE = "The machine judged these parts OK. People found them defective."
_UNSURE_NOTE = "In the review band: a person decides on these parts."


def _summary(pages: Pages, report: Report, logo: Logo | None) -> None:
    look = styles()
    share, meaning = statements.yield_words(report)
    pages.add(*letterhead_block(report.letterhead, logo, pages.width))
    pages.keep([paragraph(report.title, look.title)], (report.title, 0))
    pages.add(
        Spacer(0, 4),
        paragraph(report.scope, look.body),
        paragraph(statements.when_words(report), look.soft),
        paragraph(statements.written_words(report), look.soft),
        Tiles(pages.width, [*_verdict_tiles(report), (None, "Yield", share)]),
        paragraph(meaning, look.soft),
    )
    outcomes = statements.outcome_rows(report)
    if outcomes:
        pages.keep(
            [
                paragraph("Reviews", look.heading),
                Tiles(pages.width, [(None, label, f"{number:,}") for label, number, _ in outcomes]),
                *(paragraph(sentence, look.body) for sentence in statements.review_words(report)),
            ]
        )


def _verdict_tiles(report: Report) -> list[tuple[Verdict | None, str, str]]:
    tally = report.tally
    shown = [verdict for verdict in Verdict if verdict is not Verdict.UNSURE or statements.unsure_possible(report)]
    if report.reviewed_source and not tally.of(Verdict.UNREADABLE):
        shown.remove(Verdict.UNREADABLE)
    first = tally.refused_and_ng
    words = {Verdict.OK: "OK", Verdict.NG: "NG", Verdict.REFUSED: statements.refused_words(report)}
    numbers = {one: tally.of(one) - (first if one is Verdict.REFUSED else 0) for one in shown}
    tiles: list[tuple[Verdict | None, str, str]] = [(None, "Parts", f"{tally.total:,}")]
    if first:
        tiles.append((Verdict.REFUSED, "Would be NG", f"{first:,}"))  # the shape shows that the part is refused
    return [*tiles, *((one, words.get(one, str(one).capitalize()), f"{number:,}") for one, number in numbers.items())]


def _limits(pages: Pages, report: Report) -> None:
    look = styles()
    if len(report.limits) == 1:
        pages.keep([paragraph("The limit", look.heading), _limit(pages, report.limits[0])], ("The limit", 0))
    elif report.limits:
        widths = [pages.width * share for share in (0.11, 0.13, 0.09, 0.35, 0.32)]
        rows = table(statements.LIMITS_HEADINGS, statements.limits_rows(report), widths)
        pages.keep([paragraph("The limits", look.heading), rows, Spacer(0, 6)], ("The limits", 0))
        pages.add(*(paragraph(sentence, look.body) for sentence in statements.several_promises(report)))
    pages.add(paragraph(statements.PROMISE_NOTE, look.soft))
    changes = statements.changes(report)
    if changes:
        widths = [pages.width * share for share in (0.22, 0.17, 0.15, 0.15, 0.31)]
        pages.add(Spacer(0, 6), table(("Limit changed", "By", "From", "To", "Reason"), changes, widths))
    pages.keep([Scales(pages.width, score_bars(report.scores))])


def _limit(pages: Pages, used: LimitsInUse) -> Table:
    look = styles()
    number = [
        paragraph(f"{used.limits.threshold:.4g}", look.title),
        paragraph(statements.limits_meaning(used), look.soft),
    ]
    sentences = [paragraph(sentence, look.body) for sentence in statements.promise_words(used)]
    left = 96.0
    block = Table([[number, sentences]], colWidths=[left, pages.width - left], splitInRow=1)
    block.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *((f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "TOP", "BOTTOM", "RIGHT")),
            ("RIGHTPADDING", (0, 0), (0, -1), 14),
        ]
    )
    block.spaceAfter = 6.0
    return block


def _parts(pages: Pages, report: Report, steps: Steps, numbers: Sequence[int], heading: str, note: str) -> None:
    look = styles()
    title = f"{heading} ({len(numbers):,})"
    lead: list[Flowable] = [paragraph(title, look.heading)]
    lead.append(paragraph(note, look.soft) if numbers else paragraph("No part is NG.", look.body))
    lead.append(Spacer(0, 7))
    if not numbers:
        pages.keep(lead, (title, 0))
    with Ahead(AT_ONCE, "report") as ahead:
        blocks = ahead.done(partial(_part, report, pages.width), numbers[:MOST_PICTURED], AT_ONCE + 1)
        sheet = _Sheet(pages, lead, (title, 0))
        for name, block in steps.told(blocks):
            sheet.add(name, block)
        sheet.place()
    more = numbers[MOST_PICTURED:]
    if more:
        words = f"{len(more):,} more, with lower scores, without pictures:"
        rows = [(shown.part.name, shown.decision, shown.relative) for shown in in_words(report, more)]
        _long_table(pages, [paragraph(words, look.soft)], ("Part", "Review", "Of limit"), rows, (0.6, 0.28, 0.12))


def _part(report: Report, width: float, number: int) -> tuple[str, Block]:
    part = report.read(number)
    pictures, shown = report.pictures(part), shown_part(part, report)
    photo, heatmap = (
        None if image is None else encode_jpeg(image, JPEG_QUALITY)
        for image in (pictures.photo_rgb, laid_over(pictures))
    )
    return part.name, partial(_block, width, shown, pictures.note, photo, heatmap)


def _block(
    width: float, shown: Shown, note: str, photo: bytes | None, heatmap: bytes | None, tallest: float
) -> list[Flowable]:
    look, part = styles(), shown.part
    assert part.photo_hw is not None
    block: list[Flowable] = [PartHead(shown)]
    block += [paragraph(text, look.soft) for text in (shown.facts, shown.refusal) if text]
    block += [*review_block(shown), Spacer(0, 4)]
    block += [paragraph(text, look.soft) for text in (note,) if text]
    block.append(Panes(width, tallest, part.photo_hw, photo, heatmap, part.regions, len(shown.regions)))
    if shown.regions:
        widths = [width / len(REGION_HEADINGS)] * len(REGION_HEADINGS)
        rows = [row.cells for row in shown.regions]
        block += [Spacer(0, 4), table(REGION_HEADINGS, rows, widths, numbers=True, foot=shown.total)]
    return [*block, Spacer(0, 10)]


class _Sheet:
    """Collects the parts of one page, and then places them with photos as tall as the page allows.

    Parameters
    ----------
    pages : Pages
    lead : sequence of Flowable
        Placed above the first part.
    mark : (str, int)
        Entry in the table of contents for the lead.
    """

    def __init__(self, pages: Pages, lead: Sequence[Flowable], mark: tuple[str, int]) -> None:
        self._pages, self._lead, self._marks = pages, list(lead), [mark]
        self._blocks: list[tuple[str, Block]] = []
        self._least = self._height(lead)  # height in points of all parts with the lowest photos

    def add(self, name: str, block: Block) -> None:
        """Add a part; if it does not fit on the page, place the page first."""
        height = self._height(block(LOWEST))
        if self._blocks and self._least + height > self._pages.room:
            self.place()
        if not self._blocks and self._least + height > self._pages.room and not self._pages.at_top:
            self._pages.turn()
        self._blocks.append((name, block))
        self._least += height

    def place(self) -> None:
        """Place the collected parts on the page."""
        spare = (self._pages.room - self._least - 1.0) / max(len(self._blocks), 1)
        for name, block in self._blocks:
            flowables = [*self._lead, *block(min(TALLEST, LOWEST + max(spare, 0.0)))]
            self._pages.keep(flowables, *self._marks, (name, 1))
            self._lead, self._marks = [], []
        self._blocks, self._least = [], 0.0

    def _height(self, flowables: Sequence[Flowable]) -> float:
        return sum(self._pages.height_of(one) for one in flowables)


def _not_judged(pages: Pages, report: Report, steps: Steps) -> None:
    if not report.not_judged:
        return
    title = statements.not_judged_words(report)
    pages.keep([paragraph(title, styles().heading)], (title, 0), least=ROOM_FOR_ROWS)
    head, widths = ("Photo", "Verdict", "Part", "Reason"), [pages.width * share for share in (0.15, 0.15, 0.26, 0.44)]
    with Ahead(AT_ONCE, "report") as ahead:
        rows = ahead.done(partial(_refused, report), report.not_judged[:MOST_PICTURED], AT_ONCE + 1)
        for place, row in enumerate(steps.told(rows)):
            pages.add(table(head if place == 0 else (), [row], widths))
    left = map(report.read, report.not_judged[MOST_PICTURED:])
    rest = [(str(part.verdict), part.name, statements.reason_words(part)) for part in left]
    if rest:
        lead = [paragraph(f"{len(rest):,} more, without pictures:", styles().soft)]
        _long_table(pages, lead, head[1:], rest, (0.15, 0.3, 0.55))


def _refused(report: Report, number: int) -> tuple[object, ...]:
    part = report.read(number)
    photo = None if part.photo_hw is None else report.pictures(part).photo_rgb
    cell: object = ""
    if photo is not None:
        height, width = photo.shape[:2]
        scale = THUMBNAIL / max(height, width)
        jpeg = encode_jpeg(thumbnail(photo), JPEG_QUALITY)
        cell = Image(io.BytesIO(jpeg), width * scale, height * scale, hAlign="LEFT")
    return cell, str(part.verdict), part.name, statements.reason_words(part)


def _passed(pages: Pages, report: Report) -> None:
    look, count = styles(), report.tally.of(Verdict.OK)
    title = f"OK parts, highest score first ({count:,})"
    if not report.passed:
        pages.keep([paragraph(title, look.heading), paragraph("No part is OK.", look.body)], (title, 0))
        return
    left = count - report.tally.missed - len(report.passed)
    more = f" {left:,} more with lower scores are in the report as CSV." if left else ""
    lead = [paragraph(title, look.heading), paragraph(f"Scores as multiples of the limit.{more}", look.soft)]
    named = [(name, relative_words(relative)) for name, relative in report.passed]
    named += [("", "")] * (len(named) % 2)
    rows = [(*left, *right) for left, right in zip(named[::2], named[1::2], strict=True)]
    _long_table(pages, lead, (), rows, (0.4, 0.1, 0.4, 0.1), (title, 0))


def _long_table(
    pages: Pages,
    lead: Sequence[Flowable],
    head: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    shares: Sequence[float],
    *marks: tuple[str, int],
) -> None:
    """Place a table of any length below its lead, in pieces that are fast to lay out."""
    pages.keep(lead, *marks, least=ROOM_FOR_ROWS)
    widths = [pages.width * share for share in shares]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        pages.add(table(head if start == 0 else (), rows[start : start + ROWS_AT_ONCE], widths))


def _origin(pages: Pages, report: Report) -> None:
    title = "Origin of this report"
    widths = (pages.width * 0.24, pages.width * 0.76)
    rows = [(paragraph(name, styles().head), value) for name, value in statements.provenance(report)]
    block: list[Flowable] = [paragraph(title, styles().heading), table((), rows, widths)]
    if report.letterhead.signatures:
        block.append(Signatures(pages.width, report.letterhead.signatures))
    pages.keep(block, (title, 0))
