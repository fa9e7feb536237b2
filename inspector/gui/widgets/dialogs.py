"""Every dialog the window opens, behind classmethods that tests replace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QIcon
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QLabel, QMessageBox, QPlainTextEdit, QWidget


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("dialogs", text)


class Dialogs:
    """Ask for files; ask before anything is lost; nothing else is modal."""

    @classmethod
    def choose_folder(cls, parent: QWidget, title: str, start: Path) -> Path | None:
        """Ask for a folder."""
        chosen = QFileDialog.getExistingDirectory(parent, title, str(start))
        return Path(chosen) if chosen else None

    @classmethod
    def choose_video(cls, parent: QWidget, start: Path) -> Path | None:
        """Ask for a video file."""
        kinds = tr("Videos (*.mp4 *.avi *.mkv *.mov *.webm);;All files (*)")
        chosen, _ = QFileDialog.getOpenFileName(parent, tr("Choose a video"), str(start), kinds)
        return Path(chosen) if chosen else None

    @classmethod
    def ask_address(cls, parent: QWidget, shown: str) -> str:
        """Ask for the whole address of a camera whose password is not stored; empty if none was given."""
        dialog = QInputDialog(parent)
        dialog.setWindowTitle(tr("User and password"))
        dialog.setLabelText(tr("The password of this camera is not stored. Type the whole address again."))
        dialog.setTextValue(shown)
        dialog.setMinimumWidth(480)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.textValue().strip() if accepted else ""

    @classmethod
    def choose_bundle(cls, parent: QWidget, start: Path) -> Path | None:
        """Ask for a bundle to open."""
        kinds = tr("Models (*.inspector)")
        chosen, _ = QFileDialog.getOpenFileName(parent, tr("Open a model"), str(start), kinds)
        return Path(chosen) if chosen else None

    @classmethod
    def choose_target(cls, parent: QWidget, proposal: Path) -> Path | None:
        """Ask where training shall save the bundle; the dialog itself asks before a file is replaced."""
        kinds = tr("Models (*.inspector)")
        chosen, _ = QFileDialog.getSaveFileName(parent, tr("Save the model as"), str(proposal), kinds)
        return Path(chosen) if chosen else None

    @classmethod
    def choose_report(cls, parent: QWidget, proposal: Path) -> Path | None:
        """Ask where to write a report; its kind follows from the name or the filter."""
        kinds = {
            tr("Report to read and print (*.html)"): ".html",
            tr("Report to sign (*.pdf)"): ".pdf",
            tr("Table for a spreadsheet (*.csv)"): ".csv",
            tr("Labels for other tools (*.coco.json)"): ".coco.json",
        }
        chosen, kind = QFileDialog.getSaveFileName(parent, tr("Export the report"), str(proposal), ";;".join(kinds))
        if not chosen:
            return None
        path, suffix = Path(chosen), kinds.get(kind, ".html")
        if path.name.lower().endswith(tuple(kinds.values())):
            return path
        # Native dialogs append the last part of a suffix by themselves: report.json means report.coco.json.
        last = path.suffix.lower() if path.suffix and suffix.endswith(path.suffix.lower()) else ""
        path = path.with_name(path.name[: len(path.name) - len(last)] + suffix)
        return path if not path.exists() or cls._confirm_file(parent, path) else None

    @classmethod
    def choose_logo(cls, parent: QWidget, start: Path) -> Path | None:
        """Ask for the picture of a letterhead."""
        kinds = tr("Pictures (*.png *.jpg *.jpeg *.bmp *.tif *.tiff *.webp)")
        chosen, _ = QFileDialog.getOpenFileName(parent, tr("Choose a logo"), str(start), kinds)
        return Path(chosen) if chosen else None

    @classmethod
    def ask(cls, dialog: QDialog) -> bool:
        """Show a dialog that asks for several things; whether it was accepted."""
        return dialog.exec() == QDialog.DialogCode.Accepted

    @classmethod
    def edit_classes(cls, parent: QWidget, classes: Sequence[str]) -> tuple[str, ...] | None:
        """Ask for the list of defect classes; None if it stays as it is."""
        title, words = tr("Defect classes"), tr("One class per line. Existing reviews keep their class.")
        text, accepted = QInputDialog.getMultiLineText(parent, title, words, "\n".join(classes))
        return tuple(text.splitlines()) if accepted else None

    @classmethod
    def confirm_replace(cls, parent: QWidget, path: Path) -> bool:
        """Ask before training replaces a bundle."""
        return cls._confirm(
            parent,
            tr("Replace {name}?").format(name=path.name),
            tr("A model of this name exists. It is replaced when training succeeds."),
            tr("Train and replace"),
        )

    @classmethod
    def _confirm_file(cls, parent: QWidget, path: Path) -> bool:
        """Ask before a file is replaced whose name the file dialog itself did not see."""
        title = tr("Replace {name}?").format(name=path.name)
        return cls._confirm(parent, title, tr("A file of this name exists."), tr("Replace"))

    @classmethod
    def confirm_results(cls, parent: QWidget, folder: Path) -> bool:
        """Ask before the results of an earlier run are replaced."""
        return cls._confirm(
            parent,
            tr("Replace the results in {name}?").format(name=folder.name),
            tr("This folder holds results of an earlier run. They and their heatmaps are replaced."),
            tr("Replace"),
        )

    @classmethod
    def about(cls, parent: QWidget, text: str) -> None:
        """Show the version and its environment, to copy into a message."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, tr("About Inspector"), text, parent=parent)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box.exec()

    @classmethod
    def confirm_new_history(cls, parent: QWidget, folder: Path) -> bool:
        """Whether a new history shall begin in a folder, or another history in the folder shall be used."""
        title, yes = tr("Start a new history?"), tr("Start a new history")
        text = tr(
            "A new history begins in {folder}, or the one that lies there now is used. "
            "Reviews and parts of the former history are not shown until its disk is connected again."
        )
        return cls._confirm(parent, title, text.format(folder=folder), yes)

    @classmethod
    def confirm_close(cls, parent: QWidget, lost: Sequence[str]) -> bool:
        """Ask before closing the window stops work or loses something; a sentence for each."""
        what = "\n".join(f"\N{BULLET} {one}" for one in lost)
        return cls._confirm(parent, tr("Close Inspector?"), what, tr("Close anyway"), keep=tr("Keep working"))

    @classmethod
    def show_bug(cls, parent: QWidget | None, trace: str) -> None:
        """Show an unexpected error with its traceback, to copy."""
        box = QMessageBox(QMessageBox.Icon.Warning, tr("Internal error"), "", parent=parent)
        box.setText(tr("An unexpected error occurred. Your photos, models and reports are unchanged."))
        box.setInformativeText(tr("You can continue. Please send the details to the developers."))
        text = QPlainTextEdit(trace, readOnly=True)
        text.setMinimumSize(560, 200)
        box.layout().addWidget(text, box.layout().rowCount(), 0, 1, -1)  # type: ignore[union-attr,attr-defined]
        copy = box.addButton(tr("Copy the details"), QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Close).setIcon(QIcon())
        show_plain(box)
        box.exec()
        if box.clickedButton() is copy:
            QGuiApplication.clipboard().setText(trace)

    @classmethod
    def _confirm(cls, parent: QWidget, title: str, text: str, yes: str, keep: str | None = None) -> bool:
        box = QMessageBox(QMessageBox.Icon.Question, title, title, parent=parent)
        box.setInformativeText(text)
        accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(keep or tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        show_plain(box)
        box.exec()
        return box.clickedButton() is accept


def show_plain(box: QMessageBox) -> None:
    """Let all that a message box says be shown as it is; its own setting reaches the first text alone."""
    box.setTextFormat(Qt.TextFormat.PlainText)
    for made in box.findChildren(QLabel):
        made.setTextFormat(Qt.TextFormat.PlainText)


def open_file(path: Path) -> bool:
    """Open a file or folder with the program that the user has for it."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def show_in_folder(path: Path) -> bool:
    """Open the folder that a file lies in."""
    return open_file(path.parent)
