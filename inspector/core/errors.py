"""All errors that a user can meet, by subject.

Each error carries the path or device that it concerns (``subject``), and a sentence with the problem and the action.
Bugs are not listed here: they keep their own type and reach the excepthook.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class Message(str):
    """A sentence in two parts: a problem, and the action that solves it.

    It is the sentence ``problem; action``, so that files and databases hold a plain text.

    Parameters
    ----------
    problem : str
        A clause without full stop: "the camera does not answer".
    action : str
        An imperative clause without full stop: "check its power". Empty if there is no action.
    """

    problem: str
    action: str

    def __new__(cls, problem: str, action: str = "") -> Message:
        """Join both parts."""
        message = super().__new__(cls, f"{problem}; {action}" if action else problem)
        message.problem, message.action = problem, action
        return message

    def format(self, *values: object, **named: object) -> Message:
        """Return the message with values in place of the fields of both parts."""
        return Message(self.problem.format(*values, **named), self.action.format(*values, **named))

    @classmethod
    def of(cls, sentence: str) -> Message:
        """Return a message; a sentence from a file or database is split at its first semicolon."""
        return sentence if isinstance(sentence, Message) else cls(*sentence.split("; ", 1))


def as_sentence(clause: str) -> str:
    """Return a clause with a capital letter and a full stop; an empty clause stays empty."""
    return f"{clause[:1].upper()}{clause[1:].rstrip('.')}." if clause else ""


class InspectorError(Exception):
    """Base of all errors caused by data, machine or user, not by the program.

    Parameters
    ----------
    subject : str or Path
        The file, folder or device of the error.
    problem : str
        The problem as a clause; a `Message` has its action with it.
    action : str
        The action that solves the problem. Empty if there is no action, or if `problem` is a message.

    Attributes
    ----------
    sentence : Message
        Problem and action.
    """

    def __init__(self, subject: str | Path, problem: str, action: str = "") -> None:
        self.sentence = problem if isinstance(problem, Message) else Message(problem, action)
        super().__init__(f"{subject}: {self.sentence}")
        self.subject = str(subject)


class ImageError(InspectorError):
    """A photo cannot be used."""


class ImageUnreadable(ImageError):
    """The file is missing, empty, cut short, or not an image."""


class ImageTooLarge(ImageError):
    """The file claims more pixels than Inspector accepts."""


class ImageDepthWrong(ImageError):
    """The photo's bit depth differs from the bit depth of the model or of the other good photos."""


class DatasetError(InspectorError):
    """A folder of photos cannot be used."""


class NoImages(DatasetError):
    """The folder holds no photo, or does not exist."""


class GoodSetUnusable(DatasetError):
    """The good photos cannot be trained on.

    Parameters
    ----------
    subject : str or Path
        The folder.
    problem, action
        As in `InspectorError`; they concern the set as a whole.
    problems : sequence of (Path, str)
        All photos that prevent training, each with its reason. All are listed at once, so that a single correction is
        enough.
    """

    def __init__(
        self, subject: str | Path, problem: str, problems: Sequence[tuple[Path, str]] = (), action: str = ""
    ) -> None:
        super().__init__(subject, problem, action)
        self.problems = tuple(problems)


class DetectorError(InspectorError):
    """The detector cannot meet the request: unknown method, impossible setting, or missing device."""


class NotFinite(DetectorError, ValueError):
    """A value computed from a photo is not finite, so it cannot be compared with a limit.

    Also a ValueError: code that reads stored maps refuses such a map like any other invalid map.
    """


class RecipeRefused(DetectorError):
    """A recipe names an unknown method or setting, or two that exclude each other."""


class MemoryTooSmall(InspectorError):
    """Training would need more than the free memory; it was not started."""


class BundleError(InspectorError):
    """A bundle cannot be opened or written."""


class BundleMissing(BundleError):
    """The file does not exist."""


class BundleCorrupt(BundleError):
    """The file is cut short, altered, or not a bundle."""


class BundleUnsigned(BundleError):
    """No key that this computer trusts has signed this bundle."""


class KeyUnusable(InspectorError):
    """A signing or verifying key cannot be created or read."""


class BundleTooNew(BundleError):
    """A later release wrote this bundle."""


class SourceError(InspectorError):
    """A camera or a folder that delivers frames was lost or cannot be opened."""


class SourceEmpty(SourceError):
    """A folder holds no photo yet."""


class SecretMissing(SourceError):
    """The address of a camera was stored without its secret part, and the keyring does not hold it."""


class ResultsError(InspectorError):
    """Saved results cannot be read, or a result or report cannot be written."""


class HistoryError(InspectorError):
    """The history of inspections cannot be opened, read or written."""


class HistoryLocked(HistoryError):
    """Another program has locked the database."""


class HistoryReadOnly(HistoryError):
    """The database or its folder cannot be written here."""


class HistoryMissing(HistoryError):
    """An earlier history is gone, or another history is in its place; the user decides."""


class HistoryCorrupt(HistoryError):
    """The file is damaged or is not a history."""


class HistoryTooNew(HistoryError):
    """A later release wrote this history."""


class PictureMissing(HistoryError):
    """The pictures of a part were deleted, were never stored, or differ from the stored pictures."""


class WeightsError(InspectorError):
    """Backbone weights are missing, altered, or do not fit the backbone."""
