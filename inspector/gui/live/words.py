"""Sentences of the camera's page."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from inspector.core.errors import Message, as_sentence
from inspector.core.live.figures import Pace, ShiftCount
from inspector.core.values import Verdict
from inspector.gui.state.live import Unit
from inspector.gui.widgets import wording
from inspector.workflows.live.capture import CaptureState
from inspector.workflows.live.good_taking import TakenGood
from inspector.workflows.live.moments import LiveMode


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("live_words", text)


def mode_names() -> dict[LiveMode, str]:
    """Return the names of the modes, in their order."""
    return {
        LiveMode.CONTINUOUS: tr("Every frame"),
        LiveMode.ARRIVAL: tr("When a part rests"),
        LiveMode.TRIGGER: tr("On a key press"),
    }


def mode_hints() -> dict[LiveMode, str]:
    """Return the description of each mode."""
    return {
        LiveMode.CONTINUOUS: tr("Judges every frame. Consecutive frames with the same verdict are recorded together."),
        LiveMode.ARRIVAL: tr("Judges each part once: the sharpest frame while it rests."),
        LiveMode.TRIGGER: tr("Judges once per press of J: the sharpest of several frames."),
    }


def connection(state: CaptureState | None) -> str:
    """Return how it stands with the source; empty while frames come and all is well."""
    if state is None:
        return ""
    if state.kind == "connecting":
        return tr("Connecting…")
    if state.kind == "lost":
        seconds = f"{state.retry_in_s:.1f}".rstrip("0").rstrip(".")
        return tr("{sentence} Trying again in {seconds} s.").format(
            sentence=as_sentence(state.sentence), seconds=seconds
        )
    return as_sentence(state.sentence)


def pace(shown: Pace, dropped: int) -> str:
    """Return "24 frames/s, shown after 61 ms, 95 % under 88 ms, 312 skipped"."""
    if shown.per_second <= 0.0:
        return tr("No frames")
    words = tr("{rate} frames/s  \N{MIDDLE DOT}  shown after {middle} ms, 95 % under {high} ms")
    text = words.format(
        rate=f"{shown.per_second:.0f}", middle=f"{shown.age_p50_ms:.0f}", high=f"{shown.age_p95_ms:.0f}"
    )
    if dropped:
        text += tr("  \N{MIDDLE DOT}  {count} skipped").format(count=f"{dropped:,}")
    return text


def shift(count: ShiftCount, unit: Unit) -> str:
    """Return "Parts: 1 REFUSED, would be NG; 163 OK; 5 NG; 2 other REFUSED"."""
    shown = [(Verdict.OK, count.ok), (Verdict.NG, count.ng), (Verdict.UNSURE, count.unsure)]
    named = [
        f"{n:,} {wording.verdict_word(verdict)}" for verdict, n in shown if n or verdict in (Verdict.OK, Verdict.NG)
    ]
    first, last = wording.refused(count.refused, count.refused_and_ng)
    named = [one for one in (first, *named, last) if one]
    words = tr("Frames: {counts}") if unit is Unit.FRAME else tr("Parts: {counts}")
    return words.format(counts="  \N{MIDDLE DOT}  ".join(named))


def ended(frames: int, count: ShiftCount, unit: Unit) -> str:
    """Return a summary of a video or folder that was judged or only shown: "Parts: 10 OK, 2 NG."."""
    if count.parts:
        return as_sentence(shift(count, unit))
    return tr("1 frame, not judged.") if frames == 1 else tr("{n} frames, not judged.").format(n=f"{frames:,}")


def ended_goods(frames: int, taken: int) -> str:
    """Return a summary of taken good photos: "3 good photos taken of 90 frames."."""
    words = tr("1 good photo taken") if taken == 1 else tr("{n} good photos taken").format(n=f"{taken:,}")
    return tr("{taken} of {frames} frames.").format(taken=words, frames=f"{frames:,}")


def left_out(count: int) -> str:
    """Return how many photos of a folder could not be read; empty if none."""
    return tr("{n} could not be read and were skipped.").format(n=f"{count:,}") if count else ""


def yield_words(count: ShiftCount) -> str:
    """Return the yield, or a dash without parts."""
    share = count.yield_share
    return "\N{EN DASH}" if share is None else f"{100 * share:.1f} %"


def kept(count: int) -> str:
    """Return how many parts the history took."""
    return (
        tr("1 part recorded in the history")
        if count == 1
        else tr("{n} parts recorded in the history").format(n=f"{count:,}")
    )


def taken(good: TakenGood) -> str:
    """Return a remark on a good photo; empty if it is like the others."""
    found = []
    if good.duplicate_of is not None:
        found.append(
            tr("near-duplicate of {name}: put another part before the camera").format(name=good.duplicate_of.name)
        )
    if good.fit.odd_light:
        words = (
            tr("{stops} stops brighter than the other photos")
            if good.fit.stops > 0
            else tr("{stops} stops darker than the other photos")
        )
        found.append(words.format(stops=f"{abs(good.fit.stops):.1f}"))
    if good.fit.odd_detail:
        found.append(
            tr("sharper than the other photos") if good.fit.detail > 0 else tr("less sharp than the other photos")
        )
    if good.refusal is not None:
        found.append(tr("the model in use would refuse it: {reason}").format(reason=Message.of(good.refusal).problem))
    return "; ".join(found)
