"""Why an action cannot be done yet, as a sentence for its tool tip; empty if it can."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QT_TRANSLATE_NOOP

from inspector.gui.actions.action import Row
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import State, Step
from inspector.workflows.live.moments import LiveMode

_T = QT_TRANSLATE_NOOP
_Rule = Callable[[State], str]


def _idle(state: State) -> str:
    return _T("actions", "Wait until training ends, or cancel it.") if state.work.training else ""


def _good(state: State) -> str:
    if state.good is None:
        return _T("actions", "Choose good photos first (step 1).")
    return _idle(state)


def _bundle(state: State) -> str:
    return "" if state.bundle else _T("actions", "Train on good samples or open a model first.")


def _photos(state: State) -> str:
    if state.photos is None:
        return _T("actions", "Choose photos to inspect first.")
    return _bundle(state)


def _parts(state: State) -> str:
    return "" if state.inspections else _T("actions", "Inspect photos first.")


def _results(state: State) -> str:
    if state.work.inspecting:
        return _T("actions", "Wait until all photos are inspected, or stop.")
    if state.work.exporting:
        return _T("actions", "Wait until the export is written.")
    return _parts(state)


def _report(state: State) -> str:
    if state.step != Step.REVIEW:
        return _results(state)
    if state.work.exporting:
        return _T("actions", "Wait until the export is written.")
    return "" if state.review.counts.parts else _T("actions", "The history is empty.")


def _moved(state: State) -> str:
    moved = state.bundle is not None and state.threshold != state.own_limit
    return _bundle(state) or ("" if moved else _T("actions", "This is the trained limit."))


def _writable(state: State) -> str:
    busy = state.work.saving or state.work.comparing
    return _bundle(state) or (_T("actions", "Wait until the model is saved.") if busy else "")


def _unkept(state: State) -> str:
    kept = state.limits == state.kept_limits
    return _writable(state) or (_T("actions", "The model has this limit already.") if kept else "")


def _comparable(state: State) -> str:
    busy = state.work.inspecting or state.work.opening
    return _writable(state) or (_T("actions", "Wait until all photos are inspected, or stop.") if busy else "")


def _defects(state: State) -> str:
    known = state.manifest is not None and state.manifest.defects is not None
    return _writable(state) or ("" if known else _T("actions", "The model has no known defects."))


def _work(state: State) -> str:
    work = state.work
    busy = work.training or work.inspecting or work.exporting or work.comparing or work.opening or work.listing
    return "" if busy else _T("actions", "Nothing is running.")


def _unusable(state: State) -> str:
    return "" if state.unusable else _T("actions", "All photos can be used.")


def _source(state: State) -> str:
    ready = state.live.running or state.live.options.address
    return "" if ready else _T("actions", "Choose a camera, an address, a video or a folder first.")


def _streaming(state: State) -> str:
    return "" if state.live.streaming else _T("actions", "Start a source first.")


def _shutter(state: State) -> str:
    options = state.live.options
    if options.purpose is Purpose.INSPECT and options.mode is not LiveMode.TRIGGER:
        return _T("actions", "Parts are judged automatically. To judge by key, change the mode.")
    return _streaming(state)


def _arrivals(state: State) -> str:
    options = state.live.options
    if options.purpose is not Purpose.INSPECT or options.mode is not LiveMode.ARRIVAL:
        return _T(
            "actions", "Only for parts that are judged when they rest: Inspector learns the station without a part."
        )
    return _streaming(state)


def _picture(state: State) -> str:
    return "" if state.live.picture is not None else _T("actions", "Start a source first.")


def _held(state: State) -> str:
    return "" if state.live.held else _T("actions", "No part is held.")


def _goods_taken(state: State) -> str:
    return "" if state.live.goods else _T("actions", "Take a photo first.")


def _seen(state: State) -> str:
    review = state.review
    if review.selected is None:
        return _T("actions", "Select a part first.")
    return "" if review.details is not None else _T("actions", "Wait until the part is shown.")


def _decided(state: State) -> str:
    return "" if state.review.decided else _T("actions", "No decision was made since Inspector was opened.")


def place(row: Row, state: State) -> str:
    """Return why an action cannot be done on the page shown; empty if it can."""
    if row.only_on is not None and state.step != row.only_on:
        return _T("actions", "Go to the Review page first (step 5).")
    return _T("actions", "Leave the Review page first.") if row.not_on == state.step else ""


RULES: dict[str, _Rule] = {
    "idle": _idle,
    "good": _good,
    "target": _good,
    "bundle": _bundle,
    "photos": _photos,
    "parts": _parts,
    "results": _results,
    "report": _report,
    "moved": _moved,
    "unkept": _unkept,
    "comparable": _comparable,
    "defects": _defects,
    "work": _work,
    "unusable": _unusable,
    "source": _source,
    "shutter": _shutter,
    "arrivals": _arrivals,
    "picture": _picture,
    "held": _held,
    "goods_taken": _goods_taken,
    "seen": _seen,
    "decided": _decided,
}
