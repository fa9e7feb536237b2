"""Numbers and dates as text in reports."""

from __future__ import annotations

from datetime import datetime

from inspector.core.promise.words import significant
from inspector.core.review.decision import Decision
from inspector.core.values import Limits

DECISION_WORDS = {
    None: "not reviewed",
    Decision.DEFECT: "confirmed defect",
    Decision.FALSE_ALARM: "false alarm",
    Decision.UNSURE: "undecided",
}


def relative_words(relative: float) -> str:
    """Return a relative score with two decimals, or with as many as show its side of the limit."""
    for decimals in range(2, 7):
        text = f"{relative:.{decimals}f}"
        if float(text) != 1.0 or relative == 1.0:
            return text
    return f"just {'over' if relative > 1.0 else 'under'} 1"


def percent(part: int, whole: int) -> str:
    """Return a share as "96.4 %"; "100 %" and "0 %" appear only if exact."""
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


def period_words(first: datetime, last: datetime) -> str:
    """Return a period as "5 March 2026, 06:00 to 13:58 (UTC+01:00)", with a second date only if it differs."""
    begun, ended = date_words(first), date_words(last)
    if begun == ended:
        return begun
    if first.utcoffset() != last.utcoffset():
        return f"{begun} to {ended}"
    begun = begun.partition(" (")[0]
    return f"{begun} to {ended if first.date() != last.date() else ended.partition(', ')[2]}"


def second_words(moment: datetime) -> str:
    """Return a time as "2026-03-05 14:30:07", in its own time zone."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def count_words(number: int, one: str, more: str = "") -> str:
    """Return "1 photo", "1,234 photos"."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def visible(text: str) -> str:
    """Return a text with a visible escape for each character that does not print or that reverses the direction."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def one_line(text: str) -> str:
    """Return a person's text on one line; line breaks and tabs become spaces."""
    return " ".join(text.split())


def decision_words(decision: Decision | None, defect_class: str) -> str:
    """Return "confirmed defect: scratch", "false alarm", "not reviewed"."""
    said = DECISION_WORDS[decision]
    return f"{said}: {one_line(defect_class)}" if defect_class else said


def limits_words(limits: Limits) -> str:
    """Return limits as raw scores: "13.1", or "13.1, UNSURE above 11.8"."""
    unsure = limits.unsure_threshold
    return f"{limits.threshold:.4g}" + ("" if unsure is None else f", UNSURE above {unsure:.4g}")


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
