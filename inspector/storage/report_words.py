"""How a report puts numbers into words."""

from __future__ import annotations

from datetime import datetime

from inspector.core.calibration import promise_at
from inspector.core.feedback import promise_after_words
from inspector.core.operating_point import escapes_at
from inspector.core.promise_words import significant
from inspector.core.values import Limits
from inspector.storage.manifest import LimitsChange
from inspector.storage.results import InspectionRun


def relative_words(relative: float) -> str:
    """Return a relative score with two decimals, or with as many as show on which side of the limit it lies."""
    for decimals in range(2, 7):
        text = f"{relative:.{decimals}f}"
        if float(text) != 1.0 or relative == 1.0:
            return text
    return f"just {'over' if relative > 1.0 else 'under'} 1"


def percent(part: int, whole: int) -> str:
    """Return a share as "96.4 %", and "100 %" or "0 %" only where that is exact."""
    if whole == 0:
        return "none judged"
    if part in (0, whole):
        return f"{100 * part // whole} %"
    return f"{min(max(100 * part / whole, 0.1), 99.9):.1f} %"


def area_share(area_px: int, photo_hw: tuple[int, int]) -> str:
    """Return the share of a photo that an area covers, as "0.42 %"."""
    return f"{significant(100 * area_px / (photo_hw[0] * photo_hw[1]))} %"


def date_words(moment: datetime) -> str:
    """Return a date as "5 March 2026, 14:30 (UTC+01:00)"."""
    zone = f" (UTC{moment.isoformat()[-6:]})" if moment.utcoffset() is not None else ""
    return f"{moment.day} {moment:%B %Y, %H:%M}{zone}"


def visible(text: str) -> str:
    """Return a text with everything that does not print, or that turns the reading direction, as a visible escape."""
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def threshold_words(run: InspectionRun) -> tuple[str, str]:
    """Return where the threshold comes from and what it promises, each as a sentence or two."""
    chosen, aimed, fed_back = run.manifest.threshold, run.manifest.recipe.false_alarm_rate, run.manifest.parts_fed_back
    if run.threshold == chosen.value:
        return f"Set by the good photos: {chosen.origin}.", promise_after_words(chosen.false_alarm, aimed, fed_back)
    kept = run.threshold == run.manifest.limits.threshold
    hand = "Changed by hand, as listed below" if kept else "Chosen by hand for this inspection"
    origin = f"{hand}. The good photos set it at {chosen.value:.4g}: {chosen.origin}."
    return origin, promise_after_words(promise_at(run.manifest.good_scores, run.threshold), aimed, fed_back)


def defect_words(run: InspectionRun) -> str:
    """Return what the limits would let pass of the known defects, as a sentence; empty where none are known."""
    known = run.manifest.defects
    if known is None:
        return ""
    found = escapes_at(known.scores, run.limits.unsure_threshold or run.threshold)
    share, low, high = (significant(100 * value) for value in (found.share, found.low, found.high))
    return (
        f"Of {found.defects} photos of known defects ({visible(known.folder)}), "
        f"{found.count} would escape at this limit: "
        f"{share} %; the {100 * found.confidence:.0f} % interval for defects like these is {low} to {high} %."
    )


def change_words(change: LimitsChange) -> tuple[str, str, str, str, str]:
    """Return when, who, from what, to what and why limits were changed, each as words."""
    return (
        date_words(change.changed_at),
        visible(change.changed_by),
        limits_words(change.before),
        limits_words(change.after),
        visible(change.note),
    )


def limits_words(limits: Limits) -> str:
    """Return limits as raw scores: "13.1", or "13.1, UNSURE over 11.8"."""
    unsure = limits.unsure_threshold
    return f"{limits.threshold:.4g}" + ("" if unsure is None else f", UNSURE over {unsure:.4g}")


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
