"""Parts, decisions and agreement as words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from PySide6.QtCore import QCoreApplication

from inspector.core.address_secrets import shown_address
from inspector.core.errors import Message
from inspector.core.review.agreement import Agreement, AgreementCurve, AgreementPoint
from inspector.core.review.decision import Decision
from inspector.core.values import Region, Verdict
from inspector.gui.state.review_filter import Judged, Period, Reviewed
from inspector.gui.widgets import wording
from inspector.storage.history.records import PartDetails, PartRecord, ReviewRecord
from inspector.workflows.review.missed_defects import Catch, Untold

HASH_CHARACTERS = 6
SHOWN_CHANGES = 4

verdict_word = wording.verdict_word


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("review", text)


def name(record: PartRecord) -> str:
    """Return the name of a part; a part without a name has its number."""
    return record.name if record.part_id else tr("Part {number}").format(number=f"{record.id:,}")


def tip(record: PartRecord) -> str:
    """Return name, source and bundle of a part, a line each."""
    return "\n".join(text for text in (name(record), shown_address(record.source), record.bundle_name) if text)


def moment(when: datetime) -> str:
    """Return date and time, by the clock of that moment."""
    return f"{when:%Y-%m-%d %H:%M:%S}"


def minute(when: datetime) -> str:
    """Return date and time to the minute, which fits the list."""
    return f"{when:%Y-%m-%d %H:%M}"


def decision_word(decision: Decision | None) -> str:
    """Return the word for a decision."""
    words = {
        None: tr("to review"),
        Decision.DEFECT: tr("defect"),
        Decision.FALSE_ALARM: tr("false alarm"),
        Decision.UNSURE: tr("undecided"),
    }
    return words[decision]


def decision(said: Decision | None, defect_class: str) -> str:
    """Return "defect, crack", "false alarm"; empty where nobody has reviewed the part."""
    if said is None:
        return ""
    return f"{decision_word(said)}, {defect_class}" if defect_class else decision_word(said)


def judged(choice: Judged) -> str:
    """Return the name of a choice by verdict."""
    words = {
        Judged.FLAGGED: tr("Not OK"),
        Judged.REFUSED_AND_NG: wording.refused_word(Verdict.NG),
        Judged.NG: tr("NG"),
        Judged.UNSURE: tr("UNSURE"),
        Judged.OK: tr("OK"),
        Judged.REFUSED: tr("REFUSED"),
        Judged.ANY: tr("Any verdict"),
    }
    return words[choice]


def reviewed(choice: Reviewed) -> str:
    """Return the name of a filter by review."""
    words = {
        Reviewed.NOT_YET: tr("To review"),
        Reviewed.YES: tr("Reviewed"),
        Reviewed.DEFECT: tr("Confirmed defects"),
        Reviewed.FALSE_ALARM: tr("False alarms"),
        Reviewed.UNSURE: tr("Undecided"),
        Reviewed.ANY: tr("Any review"),
    }
    return words[choice]


def period(choice: Period) -> str:
    """Return the name of a choice by time."""
    words = {
        Period.TODAY: tr("Today"),
        Period.YESTERDAY: tr("Yesterday"),
        Period.WEEK: tr("This week"),
        Period.ANY: tr("Any time"),
    }
    return words[choice]


def parts(count: int) -> str:
    """Return "no parts", "1 part", "37 parts"."""
    if count == 0:
        return tr("no parts")
    return tr("1 part") if count == 1 else tr("{count} parts").format(count=f"{count:,}")


def found(details: PartDetails) -> str:
    """Return the machine's findings on a part as a sentence."""
    verdict = details.record.verdict
    if details.refusal:
        return wording.refused_because(Message.of(details.refusal).problem, details.record.would_be)
    if verdict is Verdict.UNSURE:
        return tr("in the review band: a person decides")
    if not details.regions:
        return tr("no region over the limit")
    height, width = details.photo_hw
    percent = 100 * sum(region.area_px for region in details.regions) / (height * width)
    shown = f"{percent:.1f}" if percent >= 0.1 else "< 0.1"
    words = tr("{regions} over the limit, {percent} % of the photo")
    return words.format(regions=wording.regions(len(details.regions)), percent=shown)


def facts(details: PartDetails) -> list[tuple[str, str]]:
    """Return names and values of a part's facts, the most important first."""
    record = details.record
    limits = f"{record.limits.threshold:.4f}"
    if record.limits.unsure_threshold is not None:
        limits = tr("{limit}, band from {unsure}").format(limit=limits, unsure=f"{record.limits.unsure_threshold:.4f}")
    rows = [
        (tr("Judged"), moment(record.inspected_at)),
        (tr("Source"), shown_address(record.source)),
        (tr("Model"), record.bundle_name),
        (tr("Raw score"), "" if record.score is None else f"{record.score:.4f}"),
        (tr("Limit at that time"), "" if record.score is None else limits),
        (tr("Regions"), ", ".join(_size(region) for region in details.regions[:4])),
        (tr("Operator"), record.operator),
    ]
    return [(key, value) for key, value in rows if value]


def said(review: ReviewRecord) -> str:
    """Return one review as a line: who, when, what, why."""
    taken_back = review.undoes is not None
    what = tr("withdrew the decision") if taken_back else decision(review.decision, review.defect_class)
    line = f"{moment(review.reviewed_at)}  {review.reviewer or tr('Unknown')}: {what}"
    return f"{line} \N{EN DASH} {review.note}" if review.note else line


def agreement(counted: Agreement) -> str:
    """Return the share of defects among reviewed NG parts, as a sentence."""
    if counted.share is None:
        return tr("No NG part is reviewed yet.")
    words = tr("NG parts reviewed: {defects}, {alarms}. Agreement {percent} %.")
    return words.format(
        defects=tr("1 defect") if counted.confirmed == 1 else tr("{n} defects").format(n=f"{counted.confirmed:,}"),
        alarms=tr("1 false alarm")
        if counted.false_alarms == 1
        else tr("{n} false alarms").format(n=f"{counted.false_alarms:,}"),
        percent=f"{100 * counted.share:.0f}",
    )


def open_to_see_limit(record: PartRecord) -> str:
    """Return that a model must be open to find the limit that catches a missed defect."""
    return tr("Open the model {name} to see which limit would catch it.").format(name=record.bundle_name)


def untold(found: Catch, open_name: str) -> str:
    """Return why no limit that catches a missed defect is proposed, and the action; `open_name` is the open model's."""
    name = found.record.bundle_name
    if found.untold is Untold.OTHER_BUNDLE:
        words = tr("{name} judged this part, but {open} is open. Open {name} to see which limit would catch it.")
        return words.format(name=name, open=open_name)
    if found.untold is Untold.PHOTO_GONE:
        words = tr("The limit that would catch it is unknown. Another version of {name} judged it, and {why}.")
        return words.format(name=name, why=found.why.rstrip("."))
    if found.untold is Untold.REFUSED:
        words = tr("The limit that would catch it is unknown, because the open model refuses the photo. {why}")
        return words.format(why=found.why[:1].upper() + found.why[1:]).rstrip()
    if found.untold is Untold.NG_ALREADY:
        return tr("The open model judges it NG: its limit or its memory bank was changed since.")
    return tr(
        "No limit separates it from good parts: it scores lower than every good photo. Check light "
        "and focus, or take a closer photo."
    )


def compared(found: Catch, shown: int) -> str:
    """Return a caption for the good parts shown below, and for parts that were not compared; empty without either."""
    lines = []
    if found.missed is not None and not found.same_version:
        lines.append(tr("An earlier version of the model judged it. These are the results of the open version."))
    if found.uncounted:
        lines.append(tr("{count} more parts with a false alarm could not be compared.").format(count=found.uncounted))
    if len(found.also_ng) > shown:
        lines.append(tr("The {shown} highest of {count}:").format(shown=shown, count=len(found.also_ng)))
    return "\n".join(lines)


def escapes(count: int) -> str:
    """Return "1 missed defect", "3 missed defects"."""
    words = tr("{count} missed defect") if count == 1 else tr("{count} missed defects")
    return words.format(count=f"{count:,}")


def day(when: date) -> str:
    """Return a day as the axis shows it."""
    return f"{when:%Y-%m-%d}"


def agreement_axis(points: Sequence[AgreementPoint]) -> str:
    """Return a caption of the curve; empty without a curve."""
    if not points:
        return ""
    weekly = points[0].days > 1
    stretch = tr("by week") if weekly else tr("by day")
    return tr("Defects in 100 reviewed NG parts, {stretch}. Bars: 95 % confidence.").format(stretch=stretch)


def agreement_point(point: AgreementPoint) -> str:
    """Return the facts of a dot of the curve, one per line."""
    begin = day(point.begin)
    when = begin if point.days == 1 else tr("Week of {day}").format(day=begin)
    share = tr("{percent} % of {decided} reviewed NG parts are defects ({low} to {high} %)").format(
        percent=f"{100 * (point.agreement.share or 0.0):.0f}",
        decided=f"{point.agreement.decided:,}",
        low=f"{100 * point.low:.0f}",
        high=f"{100 * point.high:.0f}",
    )
    version = tr("Version {hash}").format(hash=point.bundle_sha256[:HASH_CHARACTERS])
    return "\n".join((when, share, _alarms_and_escapes(point.agreement, point.escapes), version))


def agreement_curve(curve: AgreementCurve | None) -> str:
    """Return a summary of the curve as a sentence."""
    if curve is None:
        return tr("No reviews yet. The curve begins with the first decisions.")
    said = agreement(curve.whole)
    return f"{said} {escapes(curve.escapes).capitalize()}." if curve.escapes else said


def changes(curve: AgreementCurve) -> str:
    """Return the start of each version, the latest first, one per line; empty for a single version."""
    lines = [
        tr("From {day}: version {hash}").format(day=day(one.begin), hash=one.bundle_sha256[:HASH_CHARACTERS])
        for one in reversed(curve.changes)
    ]
    if len(lines) > SHOWN_CHANGES:
        lines[SHOWN_CHANGES:] = [tr("and {count} changes before").format(count=len(lines) - SHOWN_CHANGES)]
    return "\n".join(lines)


def _alarms_and_escapes(counted: Agreement, missed: int) -> str:
    alarms = tr("1 false alarm") if counted.false_alarms == 1 else tr("{n} false alarms")
    return f"{alarms.format(n=f'{counted.false_alarms:,}')}, {escapes(missed)}"


def _size(region: Region) -> str:
    return tr("{w} \N{MULTIPLICATION SIGN} {h} px").format(w=region.w, h=region.h)
