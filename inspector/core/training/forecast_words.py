"""The sentences of a forecast, for window and command line."""

from __future__ import annotations

import math
from collections.abc import Callable

from inspector.core.training.forecast import Forecast, Proposal

ABOUT = "About {time} and {memory} of memory on this computer; {ms} a photo; model about {size}."
WILL_NOT_FIT = "Training needs about {need} more memory, and {free} is free."
TIGHT = "Memory is tight: about {need} more, and {free} is free."
SIZE = "{size} pixels instead takes about {need}."
SETTING = "{name} = {value} instead takes about {need}."

Translate = Callable[[str], str]


def forecast_words(forecast: Forecast, translate: Translate = str) -> str:
    """Return the time and memory of a training as a sentence; empty if nothing was measured."""
    seconds = forecast.seconds
    if seconds is None or forecast.ms_per_photo is None or forecast.bundle_mb is None:
        return ""
    return translate(ABOUT).format(
        time=time_words(seconds, translate),
        memory=memory_words(forecast.peak_memory_mb, translate),
        ms=translate("{count} ms").format(count=_two_digits(forecast.ms_per_photo)),
        size=translate("{count} MB").format(count=_two_digits(forecast.bundle_mb)),
    )


def warning_words(forecast: Forecast, translate: Translate = str) -> str:
    """Return a warning that memory is short or tight; empty if it is sufficient."""
    if forecast.fits or forecast.free_memory_mb is None:
        return ""
    need, free = (memory_words(one, translate) for one in (forecast.more_memory_mb, forecast.free_memory_mb))
    return translate(WILL_NOT_FIT if forecast.hopeless else TIGHT).format(need=need, free=free)


def proposal_words(proposal: Proposal, translate: Translate = str) -> str:
    """Return a proposal that fits, as a sentence."""
    need = memory_words(proposal.memory_mb, translate)
    if proposal.size is not None:
        return translate(SIZE).format(size=proposal.size, need=need)
    ((name, value),) = proposal.settings.items()
    return translate(SETTING).format(name=name, value=f"{value:,}", need=need)


def time_words(seconds: float, translate: Translate = str) -> str:
    """Return a time with the precision of a forecast: "8 s", "25 s", "3 min", "1 h 20 min"."""
    if seconds < 57.5:
        rounded = max(round(seconds), 1) if seconds < 10 else 5 * round(seconds / 5)
        return translate("{count} s").format(count=rounded)
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("{count} min").format(count=max(minutes, 1))
    return translate("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def memory_words(mb: float, translate: Translate = str) -> str:
    """Return "800 MB" or "1.1 GB" (in units of 1024, as task managers do)."""
    if mb < 1000:
        return translate("{count} MB").format(count=_two_digits(mb))
    return translate("{count} GB").format(count=_two_digits(mb / 1024))


def _two_digits(value: float) -> str:
    """Return a number rounded to two digits, without an exponent."""
    if value <= 0.0:
        return "0"
    digits = max(1 - math.floor(math.log10(value)), 0) if value < 10 else 0
    return f"{value:.{min(digits, 2)}f}" if value < 10 else f"{round(value, 1 - math.floor(math.log10(value))):,.0f}"
