"""Why an action cannot be done yet, as a sentence for its tool tip; empty if it can."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QT_TRANSLATE_NOOP

from inspector.gui.actions.action import Row
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import Session, Step
from inspector.workflows.live.moments import LiveMode

_T = QT_TRANSLATE_NOOP
_Rule = Callable[[Session], str]


def _idle(session: Session) -> str:
    return _T("actions", "Wait until training is over, or cancel it.") if session.work.training else ""


def _good(session: Session) -> str:
    if session.good is None:
        return _T("actions", "Choose good photos first (step 1).")
    return _idle(session)


def _bundle(session: Session) -> str:
    return "" if session.bundle else _T("actions", "Train on good samples or open a bundle first.")


def _photos(session: Session) -> str:
    if session.photos is None:
        return _T("actions", "Choose photos to inspect first.")
    return _bundle(session)


def _parts(session: Session) -> str:
    return "" if session.inspections else _T("actions", "Inspect some photos first.")


def _results(session: Session) -> str:
    if session.work.inspecting:
        return _T("actions", "Wait until all photos are inspected, or stop.")
    if session.work.exporting:
        return _T("actions", "Wait until the last export is written.")
    return _parts(session)


def _report(session: Session) -> str:
    if session.step != Step.REVIEW:
        return _results(session)
    if session.work.exporting:
        return _T("actions", "Wait until the last export is written.")
    return "" if session.review.counts.parts else _T("actions", "Nothing was kept in the history yet.")


def _moved(session: Session) -> str:
    moved = session.bundle is not None and session.threshold != session.own_limit
    return _bundle(session) or ("" if moved else _T("actions", "This is the trained limit."))


def _writable(session: Session) -> str:
    busy = session.work.keeping or session.work.comparing
    return _bundle(session) or (_T("actions", "Wait until the bundle is written.") if busy else "")


def _unkept(session: Session) -> str:
    kept = session.limits == session.kept_limits
    return _writable(session) or (_T("actions", "The bundle keeps this limit already.") if kept else "")


def _comparable(session: Session) -> str:
    busy = session.work.inspecting or session.work.opening
    return _writable(session) or (_T("actions", "Wait until all photos are inspected, or stop.") if busy else "")


def _defects(session: Session) -> str:
    known = session.manifest is not None and session.manifest.defects is not None
    return _writable(session) or ("" if known else _T("actions", "The bundle knows no defects."))


def _work(session: Session) -> str:
    work = session.work
    busy = work.training or work.inspecting or work.exporting or work.comparing or work.opening or work.listing
    return "" if busy else _T("actions", "Nothing is running.")


def _unusable(session: Session) -> str:
    return "" if session.unusable else _T("actions", "No photo is in the way.")


def _source(session: Session) -> str:
    ready = session.live.running or session.live.options.address
    return "" if ready else _T("actions", "Choose a camera, an address, a video or a folder first.")


def _streaming(session: Session) -> str:
    return "" if session.live.streaming else _T("actions", "Start a source first.")


def _shutter(session: Session) -> str:
    options = session.live.options
    if options.purpose is Purpose.INSPECT and options.mode is not LiveMode.TRIGGER:
        return _T("actions", "Parts are judged by themselves; choose to judge on a key to press it.")
    return _streaming(session)


def _arrivals(session: Session) -> str:
    options = session.live.options
    if options.purpose is not Purpose.INSPECT or options.mode is not LiveMode.ARRIVAL:
        return _T("actions", "For parts that are judged when they rest: shows what the place looks like without one.")
    return _streaming(session)


def _picture(session: Session) -> str:
    return "" if session.live.picture is not None else _T("actions", "Start a source first.")


def _held(session: Session) -> str:
    return "" if session.live.held else _T("actions", "No part is held.")


def _goods_taken(session: Session) -> str:
    return "" if session.live.goods else _T("actions", "Take a photo first.")


def _seen(session: Session) -> str:
    review = session.review
    if review.selected is None:
        return _T("actions", "No part to review is chosen.")
    return "" if review.details is not None else _T("actions", "Wait until the part is shown.")


def _decided(session: Session) -> str:
    return "" if session.review.decided else _T("actions", "Nothing was decided since Inspector was opened.")


def place(row: Row, session: Session) -> str:
    """Return why an action cannot be done on the page shown; empty if it can."""
    if row.only_on is not None and session.step != row.only_on:
        return _T("actions", "Go to the Review page first (step 5).")
    return _T("actions", "Leave the Review page first.") if row.not_on == session.step else ""


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
