"""How many parts of the history a report would be about, counted in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.values import Verdict
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.history.records import PartFilter


@dataclass(frozen=True, slots=True)
class _Question:
    handle: HistoryHandle
    scope: PartFilter

    def __call__(self, _job: Job) -> Mapping[Verdict, int]:
        return self.handle.get().verdict_counts(self.scope)


class Counting(QObject):
    """Counts the parts of a filter; only the last request is answered.

    Attributes
    ----------
    counted : Signal(Mapping of Verdict to int)
        How many parts there are.
    """

    counted = Signal(object)

    def __init__(self, state: State, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._handle = state, handle
        self._single_job = SingleJob(runner, self)
        self._single_job.succeeded.connect(self.counted)
        self._single_job.failed.connect(self._on_failed)

    @Slot(object)
    def ask(self, scope: PartFilter) -> None:
        """Count the parts that `scope` means."""
        self._single_job.drop()
        self._single_job.submit(_Question(self._handle, scope))

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        tell(self._state, error)
