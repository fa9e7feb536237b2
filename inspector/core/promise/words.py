"""The sentence that states the promise of a threshold, for window, report and command line."""

from __future__ import annotations

import math
from collections.abc import Callable

from inspector.core.promise.threshold import FEWEST_GROUPS, Promise, goods_lacking, together

EXPECT = (
    "Expect {rate} false alarms in {out_of} good parts, {confidence} % sure it is under {under}, "
    "from {goods} good photos."
)
EXPECT_CHOSEN = (
    "Expect {rate} false alarms in {out_of} good parts, {confidence} % sure it is under {under} whichever limit is "
    "chosen, from {goods} good photos."
)
EXPECT_GROUP = (
    "Expect up to {rate} false alarms in {out_of} good parts of a new group, {confidence} % sure it is under {under}, "
    "from {groups} groups of good photos."
)
FEW_GROUPS = (
    "The good photos come from {groups} groups: too few to state a rate of false alarms for parts of a new group."
)
TOGETHER = (
    "NG or REFUSED together: expect at most {rate} in {out_of} good parts, {confidence} % sure it is under {under}."
)
BELOW_ALL = "All good parts may be NG: the scores of all {goods} good photos are over this limit."
ONE_LACKING = (
    "The aim was {aim} in {out_of}: it takes 1 more good photo. This is the lowest rate that {goods} photos support."
)
LACKING = (
    "The aim was {aim} in {out_of}: it takes {more} more good photos. This is the lowest rate that {goods} photos "
    "support."
)


def promise_words(promise: Promise, aimed: float, translate: Callable[[str], str] = str) -> str:
    """Return the promise of a threshold; with too few good photos for the aim, also the number that is missing.

    Parameters
    ----------
    promise : Promise
    aimed : float
        The false-alarm rate that the user chose, in 0..1.
    translate : callable
        Translates this module's templates to the user's language.

    Returns
    -------
    str
        One or two sentences. "Sure it is under" states the one-sided limit `Promise.under`, rounded up so that the
        sentence stays true. For a limit chosen after training, it holds for all limits at once.
    """
    if promise.rate >= 1.0:
        return translate(BELOW_ALL).format(goods=f"{promise.goods:,}")
    if promise.groups:
        return _group_words(promise, translate)
    base = _base(promise.rate)
    said = translate(EXPECT_CHOSEN if promise.chosen else EXPECT).format(
        rate=significant(promise.rate * base),
        out_of=f"{base:,}",
        confidence=f"{promise.confidence * 100:.0f}",
        under=significant(promise.under * base, upwards=True),
        goods=f"{promise.goods:,}",
    )
    more = goods_lacking(promise.goods, aimed)
    if more == 0 or promise.above > 1:  # the user chose a lower limit than the good photos allow
        return said
    base = _base(aimed)
    lacking = translate(ONE_LACKING if more == 1 else LACKING).format(
        aim=significant(aimed * base), out_of=f"{base:,}", more=f"{more:,}", goods=f"{promise.goods:,}"
    )
    return f"{said} {lacking}"


def _group_words(promise: Promise, translate: Callable[[str], str]) -> str:
    if promise.groups < FEWEST_GROUPS:
        return translate(FEW_GROUPS).format(groups=promise.groups)
    base = _base(promise.rate)
    return translate(EXPECT_GROUP).format(
        rate=significant(promise.rate * base, upwards=True),
        out_of=f"{base:,}",
        confidence=f"{promise.confidence * 100:.0f}",
        under=significant(promise.under * base, upwards=True),
        groups=f"{promise.groups:,}",
    )


def together_words(promise: Promise, refusals: Promise | None, translate: Callable[[str], str] = str) -> str:
    """Return the rate of good parts that are NG or REFUSED; empty without guards, or if all parts may be NG.

    Parameters
    ----------
    promise : Promise
        Promise of the threshold.
    refusals : Promise or None
        Promise of the guards.
    translate : callable
        As in `promise_words`.
    """
    if refusals is None or promise.rate >= 1.0 or 0 < promise.groups < FEWEST_GROUPS:
        return ""
    both = together(promise, refusals)
    base = _base(both.rate)
    return translate(TOGETHER).format(
        rate=significant(both.rate * base, upwards=True),
        out_of=f"{base:,}",
        confidence=f"{both.confidence * 100:.0f}",
        under=significant(both.under * base, upwards=True),
    )


def significant(value: float, *, upwards: bool = False) -> str:
    """Return a number >= 0 with two significant digits and no exponent ("0.66", "2.4", "13"), to the nearest or up."""
    if value < 0.0005 and not upwards:
        return "0"
    if value <= 0.0:
        return "0"
    decimals = max(1 - math.floor(math.log10(value)), 0)
    if upwards:
        value = math.ceil(value * 10**decimals - 1e-9) / 10**decimals
    return f"{value:.{decimals}f}"


def _base(rate: float) -> int:
    return 100 if rate >= 0.001 else 10_000
