"""The statements of a report as sentences and table rows, the same in every format."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from inspector import __version__
from inspector.core.guards.readings import guard_promise_words
from inspector.core.promise.session_words import groups_words, known_limit_words, session_words
from inspector.core.promise.stray_words import answer_words, stray_words, taken_out_words
from inspector.core.promise.strays import Answer
from inspector.core.promise.words import significant, together_words
from inspector.core.review.decision import Decision
from inspector.core.review.feedback import promise_after_words
from inspector.core.training.held_out_words import held_out_words
from inspector.core.values import Verdict
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.bundles.manifest_changes import LimitsChange
from inspector.storage.reports.content.report import LimitsInUse, Report, ReportedPart, ReviewLine
from inspector.storage.reports.content.words import (
    count_words,
    date_words,
    decision_words,
    limits_words,
    one_line,
    percent,
    period_words,
    relative_words,
    second_words,
)

MOST_LIMITS = 6
"""Maximum number of limits that are listed, most used first; the CSV has the limits of each part."""
MOST_LISTED = 6
"""Maximum number of sources and operators that are named."""

_UNKNOWN = (
    "The promise of {limits} is not known from the history alone. The history keeps name and SHA-256 of the model; the "
    "promise is in the model's file."
)
PROMISE_NOTE = "Promises hold for parts that are made and photographed as the good parts were."

Rows = list[tuple[str, str]]


def when_words(report: Report) -> str:
    """Return the line that states when the parts were inspected."""
    if report.first is None or report.last is None:
        return "No part was inspected"
    return f"Inspected {period_words(report.first, report.last)}"


def written_words(report: Report) -> str:
    """Return the line that states the date of the report or of its reviews."""
    what = "Reviews as of" if report.reviewed_source else "Report written"
    return f"{what} {date_words(report.written_at)}"


def yield_words(report: Report) -> tuple[str, str]:
    """Return the yield, and its meaning."""
    tally = report.tally
    if report.chosen_by_outcome:
        return "none", "The parts were chosen by their findings, so no yield is stated."
    others = "unsure, NG and refused" if unsure_possible(report) else "NG and refused"
    said = f"Yield: the share of OK parts among OK, {others} parts. A refused part is not OK."
    return percent(tally.of(Verdict.OK), tally.judged), said


def unsure_possible(report: Report) -> bool:
    """Whether parts could be UNSURE."""
    limits = any(one.limits.unsure_threshold is not None for one in report.limits)
    return limits or report.tally.of(Verdict.UNSURE) > 0


REFUSED_AND_NG = "Refused, would be NG"
"""Heading of the parts that were refused and would be NG."""


def refused_words(report: Report) -> str:
    """Return the heading of refused parts other than those that would be NG."""
    return "Other refused" if report.refused_and_ng else "Refused"


def not_judged_words(report: Report) -> str:
    """Return the heading of refused or unreadable parts that are not shown above."""
    return f"{refused_words(report)} or unreadable ({len(report.not_judged):,})"


def reason_words(part: ReportedPart) -> str:
    """Return why a part was refused or cannot be read, and its would-be verdict."""
    if part.would_be is None or part.relative_score is None:
        return part.reason
    score = relative_words(part.relative_score)
    reason = part.reason.rstrip(".")
    return f"{reason}. It scores {score} \N{MULTIPLICATION SIGN} limit and would be {part.would_be}."


def review_words(report: Report) -> list[str]:
    """Return the state of the reviews as sentences; none if reviews are not known."""
    if not report.reviewed_source:
        return []
    tally = report.tally
    if not tally.reviewed:
        return ["These parts are not reviewed yet. All verdicts are the machine's."]
    return [one for one in (_agreement(report), _missed(tally.missed), _good_after_review(report)) if one]


def _agreement(report: Report) -> str:
    said = report.tally.agreement
    if not said.decided:
        return "No NG part is reviewed yet."
    return (
        f"People decided {said.decided:,} of {count_words(report.tally.of(Verdict.NG), 'NG part')} and agree with the "
        f"machine on {percent(said.confirmed, said.decided)}: "
        f"{count_words(said.confirmed, 'defect')}, {count_words(said.false_alarms, 'false alarm')}."
    )


def _missed(missed: int) -> str:
    if not missed:
        return ""
    return f"{count_words(missed, 'part')} that the machine judged OK {'is' if missed == 1 else 'are'} defective."


def _good_after_review(report: Report) -> str:
    if report.chosen_by_outcome:
        return ""
    judged = report.tally.judged
    least, most = report.tally.good_after_review
    if least == most:
        return f"After review {least:,} of {count_words(judged, 'judged part')} are good: {percent(least, judged)}."
    return (
        f"After review {least:,} to {most:,} of {count_words(judged, 'judged part')} are good, "
        f"{percent(least, judged)} to {percent(most, judged)}, because {most - least:,} are undecided."
    )


def _origin_words(used: LimitsInUse, manifest: Manifest) -> str:
    """Return the origin of the threshold in one or two sentences."""
    chosen, kept = manifest.threshold, manifest.limits.threshold
    if used.limits.threshold == chosen.value:
        return f"Set by the good photos: {chosen.origin}."
    hand = (
        "Changed manually, as listed below" if used.limits.threshold == kept else "Chosen manually for this inspection"
    )
    return f"{hand}. The good photos set it at {chosen.value:.4g}: {chosen.origin}."


def promise_words(used: LimitsInUse) -> list[str]:
    """Return the promise of the threshold as sentences."""
    if used.manifest is None:
        return [_UNKNOWN.format(limits="this limit")]
    manifest, threshold = used.manifest, used.limits.threshold
    promise = manifest.promise_at(threshold)
    said = [
        promise_after_words(promise, manifest.recipe.false_alarm_rate, manifest.parts_fed_back),
        together_words(promise, manifest.refusals),
        left_out_words(manifest),
        _stray_words(manifest),
        held_out_words(manifest.recipe),
        groups_words(manifest.groups),
        session_words(
            manifest.sessions, threshold, manifest.recipe.false_alarm_rate, bound=manifest.known_threshold is None
        ),
        known_limit_words(manifest.known_threshold, threshold),
        _origin_words(used, manifest),
        _defect_words(used, manifest),
    ]
    return [sentence for sentence in said if sentence]


def left_out_words(manifest: Manifest) -> str:
    """Return which photos were left out of the good set, and which of them count, as sentences; empty for none."""
    defective = [(one_line(one.by), one.at) for one in manifest.exclusions if one.answer is Answer.DEFECTIVE]
    return taken_out_words(manifest.taken_out, defective)


def _stray_words(manifest: Manifest) -> str:
    strays = manifest.strays
    if not strays:
        return ""
    said = stray_words(len(strays), len(manifest.good_scores), strays[0].limit_without)
    who = answer_words([(one.answer, one_line(one.by), one.at) for one in strays])
    return f"{said} {who}"


def _defect_words(used: LimitsInUse, manifest: Manifest) -> str:
    """Return how many known defects would escape at the limits, as a sentence; empty without known defects."""
    known, found = manifest.defects, manifest.escapes_at(used.limits)
    if known is None or found is None:
        return ""
    share, low, high = (significant(100 * value) for value in (found.share, found.low, found.high))
    return (
        f"Of {found.defects} photos of known defects ({known.folder}), "
        f"{found.count} would escape at this limit: "
        f"{share} %; the {100 * found.confidence:.0f} % interval for defects like these is {low} to {high} %."
    )


def limits_meaning(used: LimitsInUse) -> str:
    """Return the meaning of the limits."""
    unsure = used.limits.unsure_threshold
    also = "" if unsure is None else f"; a part above {unsure:.4g} is UNSURE, and a person decides"
    return f"raw score; a part with a higher score is NG{also}"


LIMITS_HEADINGS = ("NG above", "UNSURE above", "Parts", "Judged", "Model")


def limits_rows(report: Report) -> list[tuple[str, ...]]:
    """Return the rows of several limits, most used first, with the columns `LIMITS_HEADINGS`."""
    return [
        (
            f"{used.limits.threshold:.4g}",
            "" if used.limits.unsure_threshold is None else f"{used.limits.unsure_threshold:.4g}",
            f"{used.parts:,}",
            period_words(used.first, used.last),
            f"{used.bundle_name} ({used.bundle_sha256[:12]}...)",
        )
        for used in report.limits[:MOST_LIMITS]
    ]


def several_promises(report: Report) -> list[str]:
    """Return the promise of each of several limits as paragraphs, and name the limits without a known promise."""
    told = report.limits[:MOST_LIMITS]
    said = [f"At {one.limits.threshold:.4g}: {' '.join(promise_words(one))}" for one in told if one.manifest]
    if any(one.manifest is None for one in told):
        said.append(_UNKNOWN.format(limits="the other limits" if said else "these limits"))
    left = len(report.limits) - len(told)
    if left:
        other = f"{left:,} other limits were" if left > 1 else "Another limit was"
        said.append(f"{other} in use for fewer parts. A report as CSV lists the limits of each part.")
    return said


def changes(report: Report) -> list[tuple[str, str, str, str, str]]:
    """Return time, person, old and new limits and reason of each change in the known bundles, as text."""
    seen: dict[tuple[str, ...], LimitsChange] = {}
    for used in report.limits:
        for change in used.manifest.changes if used.manifest is not None else ():
            seen[(change.changed_at.isoformat(), change.changed_by)] = change
    return [
        (
            date_words(one.changed_at),
            one_line(one.changed_by),
            limits_words(one.before),
            limits_words(one.after),
            one_line(one.note),
        )
        for one in sorted(seen.values(), key=lambda one: one.changed_at)
    ]


def part_facts(part: ReportedPart, reviewed_source: bool) -> str:
    """Return time, place and operator of a part's inspection as a line; empty if only the run is known."""
    if not reviewed_source:
        return ""
    told = [second_words(part.inspected_at), part.source, part.operator and f"operator {one_line(part.operator)}"]
    return " \N{MIDDLE DOT} ".join(one for one in told if one)


def review_lines(reviews: Sequence[ReviewLine]) -> list[str]:
    """Return one line for each review: person, time, decision and reason; a single decision is shown above instead."""
    return [_review_line(line, told_above=len(reviews) == 1) for line in reviews]


def _review_line(line: ReviewLine, told_above: bool) -> str:
    what = "withdrew the last review" if line.takes_back else decision_words(line.decision, line.defect_class)
    who = f"{one_line(line.reviewer) or 'Unknown'}, {second_words(line.reviewed_at)}"
    said = who if told_above else f"{who}: {what}"
    note = one_line(line.note)
    return f"{said}. \N{LEFT DOUBLE QUOTATION MARK}{note}\N{RIGHT DOUBLE QUOTATION MARK}" if note else said


def outcome_rows(report: Report) -> list[tuple[str, int, str]]:
    """Return label, number and meaning of each kind of decision; none if reviews are not known."""
    if not report.reviewed_source:
        return []
    tally = report.tally
    return [
        ("Confirmed defects", tally.flagged(Decision.DEFECT), "flagged by the machine, confirmed by a person"),
        ("False alarms", tally.flagged(Decision.FALSE_ALARM), "flagged by the machine, good according to a person"),
        ("Undecided", tally.flagged(Decision.UNSURE), "flagged, reviewed, undecided"),
        ("Not reviewed", tally.flagged(None), "flagged, not reviewed yet"),
        ("Missed defects", tally.missed, "OK according to the machine, defective according to a person"),
    ]


def provenance(report: Report) -> Rows:
    """Return where the report comes from: heading and value."""
    rows = [("Scope", report.scope)]
    if report.operators:
        rows.append(("Operators" if len(report.operators) > 1 else "Operator", _listed(report.operators)))
    if report.sources:
        rows.append(("Sources" if len(report.sources) > 1 else "Source", _listed(report.sources)))
    for sha256, used in {one.bundle_sha256: one for one in reversed(report.limits)}.items():
        rows += [("Model", used.bundle_name), ("Model SHA-256", sha256), *_trained(used.manifest)]
    return [*rows, ("Report by", f"Inspector {__version__}, Python {platform.python_version()}")]


def _trained(manifest: Manifest | None) -> Rows:
    if manifest is None:
        return [("Trained on", "unknown, because the model's file is not available")]
    recipe, goods = manifest.recipe, manifest.goods
    return [
        ("Good photos", f"{goods.count} from {goods.folder}, {goods.photo_hw[1]} x {goods.photo_hw[0]} pixels"),
        ("Good photos SHA-256", goods.sha256),
        ("Guards", guard_promise_words(manifest.guards)),
        ("Method", f"{recipe.method}, size {recipe.size}, seed {recipe.seed}"),
        ("Backbone", f"{manifest.backbone.name} ({manifest.backbone.license})"),
        ("Backbone SHA-256", manifest.backbone.sha256),
        ("Trained with", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())),
    ]


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_LISTED
    return "; ".join(names[:MOST_LISTED]) + (f"; and {more:,} more" if more > 0 else "")
