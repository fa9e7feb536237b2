"""Sentences about limits, their effect and their cost."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from inspector.core.promise.detection import Detection
from inspector.core.promise.operating_point import Escapes
from inspector.core.promise.words import significant
from inspector.core.values import Limits, Verdict
from inspector.gui.widgets.wording import verdict_word
from inspector.storage.bundles.bundle import LimitsChange


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("limit_wording", text)


def limits(shown: Limits, own_limit: float) -> str:
    """Return "1.12 x trained limit, review band from 0.90": limits in units of the trained one."""
    words = tr("{limit} \N{MULTIPLICATION SIGN} trained limit")
    if shown.unsure_threshold is not None:
        words = tr("{limit} \N{MULTIPLICATION SIGN} trained limit, review band from {unsure}")
    unsure = 0.0 if shown.unsure_threshold is None else shown.unsure_threshold / own_limit
    return words.format(limit=f"{shown.threshold / own_limit:.2f}", unsure=f"{unsure:.2f}")


def raw_limits(shown: Limits, own_limit: float) -> str:
    """Return limits as raw scores, beside the trained one."""
    words = tr("Raw score {threshold}; the trained limit is {own}")
    if shown.unsure_threshold is not None:
        words = tr("Raw score {threshold}, review band from {unsure}; the trained limit is {own}")
    unsure = shown.unsure_threshold or 0.0
    return words.format(threshold=f"{shown.threshold:.4f}", unsure=f"{unsure:.4f}", own=f"{own_limit:.4f}")


def line_for_rate(relative: float, *, there: bool, goods: int, lacking: int) -> str:
    """Return the limit for the accepted rate, and the number of good photos that are missing for it."""
    place = tr("here") if there else tr("at {limit} \N{MULTIPLICATION SIGN} trained limit")
    words = tr("With {goods} good photos this limit is {place}.")
    if lacking:
        words = tr("This takes {lacking} more good photos. The lowest rate that {goods} photos support is {place}.")
        if lacking == 1:
            words = tr("This takes 1 more good photo. The lowest rate that {goods} photos support is {place}.")
    return words.format(lacking=f"{lacking:,}", goods=f"{goods:,}", place=place.format(limit=f"{relative:.2f}"))


def unsure_parts(share_of_goods: float | None, known: float | None = None) -> str:
    """Return how many good parts go to a person, as a sentence.

    Where groups set the limit, `known` is the share of parts of known groups. The other share is then that of a new
    group, and None if the groups are too few for a number.
    """
    words = tr("Of 100 good parts, {count} more will be UNSURE. A person decides.")
    if known is not None:
        words = tr(
            "Of 100 good parts, {count} more will be UNSURE in a new group, {known} in known groups. A person decides."
        )
        if share_of_goods is None:
            words = tr(
                "Of 100 good parts of known groups, {known} more will be UNSURE. A person decides. "
                "The groups are too few to state a number for a new group."
            )
    return words.format(count=significant((share_of_goods or 0.0) * 100), known=significant((known or 0.0) * 100))


def flips(turned: Mapping[Verdict, int], *, moved: bool) -> str:
    """Return the number of parts that flip against the saved limits, by their new verdict."""
    if not moved:
        return tr("As saved in the model")
    one, many = tr("1 becomes {verdict}"), tr("{count} become {verdict}")
    said = [
        (one if turned[verdict] == 1 else many).format(count=f"{turned[verdict]:,}", verdict=verdict_word(verdict))
        for verdict in Verdict
        if turned.get(verdict, 0)
    ]
    return tr("{words}, compared with the saved limit").format(words=", ".join(said) or tr("No part flips"))


def limits_change(change: LimitsChange, own_limit: float) -> str:
    """Return time, person, old and new value, and reason of a change of the limits."""
    words = tr("{when}, {who}: from {before} to {after}.")
    said = words.format(
        when=change.changed_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        who=change.changed_by,
        before=limits(change.before, own_limit),
        after=limits(change.after, own_limit),
    )
    return f"{said} \N{LEFT DOUBLE QUOTATION MARK}{change.note}\N{RIGHT DOUBLE QUOTATION MARK}" if change.note else said


def escapes(passed: Escapes) -> str:
    """Return how many known defects would not be noticed, as a sentence."""
    one = tr("{count} of 1 known defect would escape.")
    many = tr(
        "{count} of {defects} known defects would escape ({share} %, with {confidence} % confidence under {high})."
    )
    said = (one if passed.defects == 1 else many).format(
        count=passed.count,
        defects=f"{passed.defects:,}",
        share=significant(passed.share * 100),
        confidence=f"{passed.confidence * 100:.0f}",
        high=significant(passed.under * 100, upwards=True),
    )
    return said.replace(" %", "\N{NO-BREAK SPACE}%")


def detection(found: Detection | None) -> str:
    """Return which share of the known defects is NG, NG or UNSURE, and attainable; empty where none are known."""
    if found is None or found.at_limit is None or found.at_limit_or_unsure is None:
        return ""
    words = tr("{ng} % of the known defects are NG.")
    if found.at_limit_or_unsure > found.at_limit:
        words = tr("{ng} % of the known defects are NG, {unsure} % NG or UNSURE.")
    if found.attainable is not None:
        best = tr("The best limit with as many false alarms finds {attainable} %.")
        words = tr("{said} {best}").format(said=words, best=best)
    if found.at_known_limit is not None:
        cost = tr("The limit for known groups finds {known} %.")
        words = tr("{said} {best}").format(said=words, best=cost)
    shares = {
        "known": found.at_known_limit or 0.0,
        "ng": found.at_limit,
        "unsure": found.at_limit_or_unsure,
        "attainable": found.attainable or 0.0,
    }
    said = words.format(**{name: significant(share * 100) for name, share in shares.items()})
    return said.replace(" %", "\N{NO-BREAK SPACE}%")


def known_defects(count: int, folder: str, not_judged: int) -> str:
    """Return which defects a bundle knows."""
    words = tr("1 photo") if count == 1 else tr("{count} photos").format(count=f"{count:,}")
    said = tr("{photos} from {folder}.").format(photos=words, folder=folder)
    left = tr("{count} could not be judged.").format(count=f"{not_judged:,}")
    return f"{said} {left}" if not_judged else said


def cost(now: float, lowest: float, at: float) -> str:
    """Return the cost at the present limit and at the cheapest limit, in units of the trained limit."""
    said = tr("Wrong verdicts at this limit cost {now} per 1,000 parts.").format(now=amount(now))
    if now <= lowest * (1 + 1e-9):
        return tr("{said} No other limit costs less for these defects.").format(said=said)
    words = tr("{said} The cheapest limit, {at} \N{MULTIPLICATION SIGN} trained limit, costs {lowest}.")
    return words.format(said=said, at=f"{at:.2f}", lowest=amount(lowest))


def amount(value: float) -> str:
    """Return a cost as exact as it deserves: "0.25", "12.3", "1,204"."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
