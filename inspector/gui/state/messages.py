"""Errors as people meet them: a title, a plain sentence, advice, and one action that helps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from inspector.core import errors

CONTEXT = "messages"


@dataclass(frozen=True, slots=True)
class Problem:
    """The content of the bar over the page.

    Parameters
    ----------
    title, sentence, advice : str
        A short title, a sentence about the problem, and the action.
    action : str or None
        Key of the action that helps (actions.py), or None.
    """

    title: str
    sentence: str
    advice: str
    action: str | None = None


# The most specific class wins; a class without a row takes that of its base class.
TABLE: dict[type[errors.InspectorError], tuple[str, str, str | None]] = {
    errors.ImageUnreadable: (
        QT_TRANSLATE_NOOP("messages", "This photo cannot be opened"),
        QT_TRANSLATE_NOOP("messages", "Remove it from the folder, or copy it from the camera again."),
        None,
    ),
    errors.ImageTooLarge: (
        QT_TRANSLATE_NOOP("messages", "This photo is too large"),
        QT_TRANSLATE_NOOP("messages", "Save it with fewer pixels and try again."),
        None,
    ),
    errors.ImageDepthWrong: (
        QT_TRANSLATE_NOOP("messages", "This photo has another bit depth"),
        QT_TRANSLATE_NOOP("messages", "Save it with the bit depth of the good photos, or train again with this depth."),
        None,
    ),
    errors.ImageError: (
        QT_TRANSLATE_NOOP("messages", "A photo cannot be used"),
        QT_TRANSLATE_NOOP("messages", "Remove it from the folder and try again."),
        None,
    ),
    errors.NoImages: (
        QT_TRANSLATE_NOOP("messages", "No photos here"),
        QT_TRANSLATE_NOOP(
            "messages",
            "Choose a folder that holds PNG, JPEG, TIFF, BMP, WebP or other photos. "
            "The Live page can watch a folder that fills over time.",
        ),
        None,
    ),
    errors.GoodSetUnusable: (
        QT_TRANSLATE_NOOP("messages", "The good photos cannot be trained on"),
        QT_TRANSLATE_NOOP("messages", "The Train page lists the photos that cannot be used."),
        "show_train",
    ),
    errors.DatasetError: (
        QT_TRANSLATE_NOOP("messages", "This folder cannot be used"),
        QT_TRANSLATE_NOOP("messages", "Choose another folder."),
        "choose_good",
    ),
    errors.DetectorError: (
        QT_TRANSLATE_NOOP("messages", "Training is not possible with these settings"),
        QT_TRANSLATE_NOOP("messages", "Change the method, the size or the device on the Train page."),
        "show_train",
    ),
    errors.MemoryTooSmall: (
        QT_TRANSLATE_NOOP("messages", "Not enough memory for this"),
        QT_TRANSLATE_NOOP("messages", "The Train page proposes settings that fit. You can also train anyway."),
        "show_train",
    ),
    errors.BundleMissing: (
        QT_TRANSLATE_NOOP("messages", "The model file is missing"),
        QT_TRANSLATE_NOOP("messages", "It may have been moved or renamed. Open it at its new place."),
        "open_bundle",
    ),
    errors.BundleCorrupt: (
        QT_TRANSLATE_NOOP("messages", "This is not an intact model"),
        QT_TRANSLATE_NOOP("messages", "Copy the file again from its origin, or train again."),
        "open_bundle",
    ),
    errors.BundleTooNew: (
        QT_TRANSLATE_NOOP("messages", "The model comes from a newer release"),
        QT_TRANSLATE_NOOP("messages", "Update Inspector on this computer, or train again here."),
        "open_bundle",
    ),
    errors.BundleUnsigned: (
        QT_TRANSLATE_NOOP("messages", "This model is not signed"),
        QT_TRANSLATE_NOOP(
            "messages", "This computer opens signed models only. Have the model signed, also after a change of limits."
        ),
        "open_bundle",
    ),
    errors.KeyUnusable: (
        QT_TRANSLATE_NOOP("messages", "A trusted key cannot be used"),
        QT_TRANSLATE_NOOP("messages", "Replace its file among the trusted keys, or remove it."),
        None,
    ),
    errors.BundleError: (
        QT_TRANSLATE_NOOP("messages", "The model cannot be opened or saved"),
        QT_TRANSLATE_NOOP("messages", "Check free disk space and write permission."),
        None,
    ),
    errors.SecretMissing: (
        QT_TRANSLATE_NOOP("messages", "The password of this camera is not stored"),
        QT_TRANSLATE_NOOP("messages", "Type the whole address again, with user and password."),
        None,
    ),
    errors.SourceError: (
        QT_TRANSLATE_NOOP("messages", "This source delivers no frames"),
        QT_TRANSLATE_NOOP("messages", "Check the cable or the network, or choose another source."),
        None,
    ),
    errors.ResultsError: (
        QT_TRANSLATE_NOOP("messages", "The results could not be saved"),
        QT_TRANSLATE_NOOP("messages", "Choose another folder with write permission. The results are still here."),
        "export_report",
    ),
    errors.HistoryLocked: (
        QT_TRANSLATE_NOOP("messages", "Another program uses the history"),
        QT_TRANSLATE_NOOP("messages", "Close the other program and try again."),
        None,
    ),
    errors.HistoryMissing: (
        QT_TRANSLATE_NOOP("messages", "The history is missing"),
        QT_TRANSLATE_NOOP("messages", "Connect its disk and try again, or start a new history."),
        "start_history",
    ),
    errors.HistoryReadOnly: (
        QT_TRANSLATE_NOOP("messages", "The history is read-only"),
        QT_TRANSLATE_NOOP("messages", "Check that the disk is writable and that you have write permission."),
        None,
    ),
    errors.HistoryTooNew: (
        QT_TRANSLATE_NOOP("messages", "The history comes from a newer release"),
        QT_TRANSLATE_NOOP("messages", "Update Inspector on this computer."),
        None,
    ),
    errors.PictureMissing: (
        QT_TRANSLATE_NOOP("messages", "The pictures of this part are missing"),
        QT_TRANSLATE_NOOP("messages", "The findings are still in the history."),
        None,
    ),
    errors.HistoryError: (
        QT_TRANSLATE_NOOP("messages", "The history cannot be used"),
        QT_TRANSLATE_NOOP("messages", "Check free disk space and write permission."),
        None,
    ),
    errors.WeightsError: (
        QT_TRANSLATE_NOOP("messages", "The backbone's weights are missing or altered"),
        QT_TRANSLATE_NOOP("messages", "Run “inspector doctor” to see the missing files and their source."),
        None,
    ),
    errors.InspectorError: (
        QT_TRANSLATE_NOOP("messages", "The action failed"),
        QT_TRANSLATE_NOOP("messages", "Nothing was lost. Try again."),
        None,
    ),
}


def describe(error: errors.InspectorError) -> Problem:
    """Return the texts for an expected error.

    Parameters
    ----------
    error : InspectorError
        Any of the taxonomy.

    Returns
    -------
    Problem
    """
    row = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    title, advice, action = row
    name = Path(error.subject).name or error.subject
    wrong, to_do = error.sentence.problem, error.sentence.action
    sentence = f"{name}: {wrong}." if name else f"{wrong}."
    return Problem(_translate(title), sentence, errors.as_sentence(to_do) if to_do else _translate(advice), action)


def mistake(error: Exception) -> Problem:
    """Return the texts for an unexpected error.

    Parameters
    ----------
    error : Exception
        Not of the taxonomy.

    Returns
    -------
    Problem
    """
    title = _translate(QT_TRANSLATE_NOOP("messages", "Internal error"))
    advice = _translate(
        QT_TRANSLATE_NOOP("messages", "You can continue. The log holds the details. Please report them.")
    )
    return Problem(title, errors.as_sentence(f"{type(error).__name__}: {error}"), advice)


def _translate(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)
