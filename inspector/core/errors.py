"""Every error that a user can meet, by what it is about.

Each one carries the path or device it is about (``subject``) and a plain sentence that says what happened and what to
do. Bugs are not listed here: they keep their own type and reach the excepthook.
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
        """Return a sentence in two parts; one that a file or database holds is divided at its first semicolon."""
        return sentence if isinstance(sentence, Message) else cls(*sentence.split("; ", 1))


def as_sentence(clause: str) -> str:
    """Return a clause with a capital letter and a full stop; an empty one stays empty."""
    return f"{clause[:1].upper()}{clause[1:].rstrip('.')}." if clause else ""


class InspectorError(Exception):
    """Base of all errors that are the data's, the machine's or the user's, not the program's.

    Parameters
    ----------
    subject : str or Path
        The file, folder or device that the error is about.
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
    """The photo's values are not of the bit depth that the model, or the other good photos, have."""


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
        As of every error; they are about the set as a whole.
    problems : sequence of (Path, str)
        Every photo that is in the way, with the reason. All are listed at once, so that one correction suffices.
    """

    def __init__(
        self, subject: str | Path, problem: str, problems: Sequence[tuple[Path, str]] = (), action: str = ""
    ) -> None:
        super().__init__(subject, problem, action)
        self.problems = tuple(problems)


class DetectorError(InspectorError):
    """The detector cannot do what was asked: unknown method, impossible setting, no such device."""


class NotFinite(DetectorError, ValueError):
    """What was computed of a photo is not a finite number, so that it cannot be compared with a limit.

    Also a ValueError: whoever reads stored maps refuses such a one as it refuses any other that makes no sense.
    """


class RecipeRefused(DetectorError):
    """A recipe asks for a method or a setting that there is not, or for two that exclude each other."""


class MemoryTooSmall(InspectorError):
    """Training would clearly need more memory than is free; nothing was begun."""


class BundleError(InspectorError):
    """A bundle cannot be opened or written."""


class BundleMissing(BundleError):
    """There is no such file."""


class BundleCorrupt(BundleError):
    """The file is cut short, altered, or not a bundle."""


class BundleUnsigned(BundleError):
    """No key that is trusted here has signed this bundle."""


class KeyUnusable(InspectorError):
    """A key to sign with, or to verify with, cannot be made or read."""


class BundleTooNew(BundleError):
    """A later release wrote this bundle."""


class SourceError(InspectorError):
    """A camera or a folder that delivers frames went away or cannot be opened."""


class SourceEmpty(SourceError):
    """A folder holds no photo yet."""


class SecretMissing(SourceError):
    """The address of a camera was stored without its secret part, and the keyring does not have it."""


class ResultsError(InspectorError):
    """Saved results cannot be read, or a result or report cannot be written."""


class HistoryError(InspectorError):
    """The history of inspections cannot be opened, read or written."""


class HistoryLocked(HistoryError):
    """Another program holds the database."""


class HistoryReadOnly(HistoryError):
    """The database or its folder cannot be written here."""


class HistoryMissing(HistoryError):
    """A history was here before, and it is gone, or another one lies in its place; the user decides."""


class HistoryCorrupt(HistoryError):
    """The file is damaged, or no history."""


class HistoryTooNew(HistoryError):
    """A later release wrote this history."""


class PictureMissing(HistoryError):
    """The pictures of a part were deleted, were never kept, or are not the ones that were kept."""


class WeightsError(InspectorError):
    """Backbone weights are missing, altered, or do not fit the backbone."""
