"""Who a report comes from: company, address, department, logo, paper."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QImageReader, QPixmap
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QPushButton, QWidget

from inspector.core.letterhead import Letterhead
from inspector.gui.widgets.dialogs import Dialogs
from inspector.gui.widgets.labels import field_name, label, link, plain, row

PREVIEW = QSize(128, 44)
PAPERS = ("A4", "Letter")


class LetterheadForm(QWidget):
    """Edits a letterhead.

    Parameters
    ----------
    letterhead : Letterhead
        To begin with.
    """

    def __init__(self, letterhead: Letterhead, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = letterhead
        self._logo = letterhead.logo
        self.company = QLineEdit(letterhead.company)
        self.address = QLineEdit(letterhead.address)
        self.department = QLineEdit(letterhead.department)
        self.preview = label()
        self.preview.setFixedSize(PREVIEW)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = QPushButton(self.tr("Choose a picture…"))
        self.remove = link(self.tr("Remove"))
        self.paper = QComboBox()
        self.paper.addItems(PAPERS)
        self.paper.setCurrentText(letterhead.paper)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        for words, field in (
            (self.tr("Company"), self.company),
            (self.tr("Address"), self.address),
            (self.tr("Site or line"), self.department),
        ):
            field.setAccessibleName(words)
            form.addRow(field_name(words), field)
        form.addRow(field_name(self.tr("Logo")), row(self.preview, self.choose, self.remove, 1))
        form.addRow(field_name(self.tr("Paper")), row(self.paper, 1))
        self.paper.setAccessibleName(self.tr("Paper"))
        self.choose.clicked.connect(self._choose)
        self.remove.clicked.connect(self._remove)
        self._show_logo()

    @property
    def letterhead(self) -> Letterhead:
        """The letterhead in the form; signature lines stay unchanged."""
        return Letterhead(
            company=self.company.text().strip(),
            address=self.address.text().strip(),
            department=self.department.text().strip(),
            logo=self._logo,
            signatures=self._before.signatures,
            paper=PAPERS[self.paper.currentIndex()],
        )

    @Slot()
    def _choose(self) -> None:
        chosen = Dialogs.choose_logo(self, Path(self._logo or Path.home()))
        if chosen is not None:
            self._logo = str(chosen)
            self._show_logo()

    @Slot()
    def _remove(self) -> None:
        self._logo = ""
        self._show_logo()

    def _show_logo(self) -> None:
        self.remove.setVisible(bool(self._logo))
        self.preview.setToolTip(plain(self._logo))
        self.preview.setPixmap(QPixmap())
        if not self._logo:
            self.preview.setText(self.tr("None"))
            return
        reader = QImageReader(self._logo)
        reader.setAutoTransform(True)
        size = reader.size()
        if size.isValid():  # decoded at the size of the preview: a photo of 50 megapixels must not stop the window
            reader.setScaledSize(size.scaled(PREVIEW, Qt.AspectRatioMode.KeepAspectRatio))
        image = reader.read()
        if image.isNull():
            self.preview.setText(self.tr("Cannot be read"))
        else:
            self.preview.setPixmap(QPixmap.fromImage(image))
