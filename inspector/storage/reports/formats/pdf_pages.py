"""Pages of a PDF report, filled from the top; a block that does not fit continues, whole or split, on the next page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from inspector.storage.reports.formats.pdf_text import LINE, REGULAR, SOFT, printable, styles

MARGIN, TOP, BOTTOM = 17 * mm, 22 * mm, 19 * mm
_SMALL = 7.5
_LAST_PAGE = "last-page"


class Pages:
    """A PDF document.

    Blocks are drawn when they are placed, so that a long report takes no more memory than its file. The number of pages
    is known only at the end; each page refers to a form that shows it.

    Parameters
    ----------
    file : Path
        The file; `close` writes it.
    paper : {"A4", "Letter"}
    title, author : str
        Title and author of the document. The title is the header of every page except the first.
    """

    def __init__(self, file: Path, paper: str, title: str, author: str) -> None:
        styles()
        self.size = A4 if paper == "A4" else LETTER
        self.width = self.size[0] - 2 * MARGIN
        self._file = file
        self.canvas = Canvas(str(file), pagesize=self.size, pageCompression=1)
        self.canvas.setTitle(printable(title))
        self.canvas.setAuthor(printable(author))
        self.canvas.setCreator("Inspector")
        self._title = printable(title)
        self._running = printable(f"{author} \N{MIDDLE DOT} {title}" if author else title)
        self._page = 1
        self._y = self.size[1] - MARGIN
        self._at_top = True

    @property
    def room(self) -> float:
        """Remaining height of the page in points."""
        return float(self._y - BOTTOM)

    @property
    def at_top(self) -> bool:
        """Whether the page is empty."""
        return self._at_top

    @property
    def whole(self) -> float:
        """Usable height of an empty page in points."""
        return float(self.size[1] - TOP - BOTTOM)

    def add(self, *flowables: Flowable) -> None:
        """Place flowables one below the other; a flowable that is too tall for the page is split."""
        for flowable in flowables:
            self._place(flowable)

    def keep(self, flowables: Sequence[Flowable], *marks: tuple[str, int], least: float = 0.0) -> None:
        """Place flowables on one page, if they fit on a page.

        Parameters
        ----------
        flowables : sequence of Flowable
        *marks : (str, int)
            Entries in the table of contents that link here: text and level, 0 for a section.
        least : float
            Height in points that must remain below them for the content that follows.
        """
        needed = least + sum(self.height_of(one) for one in flowables)
        if needed > self.room and not self._at_top:
            self.turn()
        for words, level in marks:
            self._mark(words, level)
        self.add(*flowables)

    def turn(self) -> None:
        """Begin a new page."""
        self._finish_page()
        self.canvas.showPage()
        self._page += 1
        self._y = self.size[1] - TOP
        self._at_top = True
        self.canvas.setFont(REGULAR, _SMALL)
        self.canvas.setFillColor(SOFT)
        y = self.size[1] - 13 * mm
        self.canvas.drawString(MARGIN, y, _shortened(self._running, self.width))
        self.canvas.setStrokeColor(LINE)
        self.canvas.line(MARGIN, y - 5, self.size[0] - MARGIN, y - 5)

    def _mark(self, text: str, level: int) -> None:
        key = f"place-{self._page}-{self._y:.1f}-{level}"
        self.canvas.bookmarkHorizontal(key, 0, self._y)
        self.canvas.addOutlineEntry(printable(text), key, level, closed=level == 0)

    def close(self) -> None:
        """Write the file."""
        self._finish_page()
        self.canvas.showPage()
        self.canvas.beginForm(_LAST_PAGE, 0, -5, 60, 20)
        self.canvas.setFont(REGULAR, _SMALL)
        self.canvas.setFillColor(SOFT)
        self.canvas.drawString(0, 0, str(self._page))
        self.canvas.endForm()
        self._file.write_bytes(self.canvas.getpdfdata())  # canvas.save leaves the file open on a full disk

    def _finish_page(self) -> None:
        self.canvas.setFont(REGULAR, _SMALL)
        self.canvas.setFillColor(SOFT)
        words, y = f"{self._page} of ", 11 * mm
        x = self.size[0] - MARGIN - 15
        self.canvas.drawRightString(x, y, words)
        self.canvas.saveState()
        self.canvas.translate(x, y)
        self.canvas.doForm(_LAST_PAGE)
        self.canvas.restoreState()

    def _place(self, flowable: Flowable) -> None:
        space = 0.0 if self._at_top else flowable.getSpaceBefore()
        height = flowable.wrapOn(self.canvas, self.width, max(self.room - space, 0.0))[1]
        if height <= self.room - space:
            flowable.drawOn(self.canvas, MARGIN, self._y - space - height)
            self._y -= space + height + flowable.getSpaceAfter()
            self._at_top = False
            return
        first, *rest = flowable.splitOn(self.canvas, self.width, max(self.room - space, 0.0)) or [None]
        if first is not None and rest:
            self._place(first)
            self.turn()
            self.add(*rest)
            return
        assert not self._at_top, f"{type(flowable).__name__} is taller than a page"
        self.turn()
        self._place(flowable)

    def height_of(self, flowable: Flowable) -> float:
        """Return the height of a flowable with its spacing, in points."""
        height = flowable.wrapOn(self.canvas, self.width, self.whole)[1]
        return float(flowable.getSpaceBefore() + height + flowable.getSpaceAfter())


def _shortened(text: str, width: float) -> str:
    letters = int(width / (_SMALL * 0.55))
    return text if len(text) <= letters else f"{text[: letters - 1]}\N{HORIZONTAL ELLIPSIS}"
