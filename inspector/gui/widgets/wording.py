"""Numbers and results as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from inspector.core.good_photos.enough_photos import CoveragePoint
from inspector.core.good_photos.enough_words import coverage_words
from inspector.core.good_photos.sessions import Sessions, SessionsBy
from inspector.core.promise.session_promise import GroupsFound
from inspector.core.promise.session_words import groups_words, known_limit_words, session_words
from inspector.core.promise.threshold import Promise
from inspector.core.promise.words import promise_words, together_words
from inspector.core.training.held_out_words import held_out_words
from inspector.core.training.plan import Recipe
from inspector.core.values import Verdict
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.photos.skipped_files import SkippedFile, skipped_words


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("wording", text)


def photos(count: int) -> str:
    """Return "1 photo", "150 photos"."""
    return tr("1 photo") if count == 1 else tr("{count} photos").format(count=f"{count:,}")


def good_photos(count: int) -> str:
    """Return "1 good photo", "150 good photos"."""
    return tr("1 good photo") if count == 1 else tr("{count} good photos").format(count=f"{count:,}")


def regions(count: int) -> str:
    """Return "no region", "1 region", "3 regions"."""
    if count == 0:
        return tr("no region")
    return tr("1 region") if count == 1 else tr("{count} regions").format(count=count)


def relative(score: float) -> str:
    """Return a score in threshold units: "1.84 x limit" with a real multiplication sign."""
    return tr("{score} \N{MULTIPLICATION SIGN} limit").format(score=f"{score:.2f}")


def score(relative_score: float, relative_limit: float) -> str:
    """Return a score in units of the trained limit: "1.84 x limit", or "1.84, limit 0.86" where the limit was moved."""
    if relative_limit == 1.0:
        return relative(relative_score)
    return tr("{score}, limit {limit}").format(score=f"{relative_score:.2f}", limit=f"{relative_limit:.2f}")


def kept_run(added: int, known: int, unreadable: int) -> str:
    """Return how many photos of a run were kept in the history, as a sentence."""
    words = [tr("Recorded {photos} in the history").format(photos=photos(added))]
    if known:
        words.append(tr("{photos} were there already").format(photos=photos(known)))
    if unreadable:
        one, many = tr("{photos} cannot be opened or was replaced"), tr("{photos} cannot be opened or were replaced")
        words.append((one if unreadable == 1 else many).format(photos=photos(unreadable)))
    return "; ".join(words)


def duration(seconds: float) -> str:
    """Return "8 s", "3 min", "1 h 20 min": as exact as a forecast deserves."""
    if seconds < 60:
        return tr("{count} s").format(count=max(round(seconds), 1))
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("{count} min").format(count=minutes)
    return tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def promise(false_alarm: Promise, aimed: float) -> str:
    """Return the promise of a threshold, and the good photos that the accepted rate needs; see `promise_words`."""
    return promise_words(false_alarm, aimed, tr)


def promise_together(false_alarm: Promise, refusals: Promise | None) -> str:
    """Return how many good parts are NG or REFUSED together; empty without guards."""
    return together_words(false_alarm, refusals, tr)


def held_out(recipe: Recipe) -> str:
    """Return the reason why scores of good photos may be too low; empty if they are not."""
    return held_out_words(recipe, tr)


def promise_by_session(manifest: Manifest, threshold: float, *, found: bool = True) -> str:
    """Return the promise of a threshold (raw score) for a new group, and the groups; empty without groups."""
    known, aimed = manifest.known_threshold, manifest.recipe.false_alarm_rate
    said = (
        groups_words(manifest.groups, tr) if found else "",
        session_words(manifest.sessions, threshold, aimed, tr, bound=known is None),
        known_limit_words(known, threshold),
    )
    return " ".join(words for words in said if words)


def groups(found: GroupsFound) -> str:
    """Return which groups training found, and how much scores rise without them."""
    return groups_words(found, tr)


def sessions(found: Sessions) -> str:
    """Return which sessions were found, with their photos."""
    if not found.names:
        return tr("No groups: each photo is held out alone.")
    each = ", ".join(f"{name} ({count:,})" for name, count in zip(found.names, found.counts, strict=True))
    by = {
        SessionsBy.FOLDER: tr("{count} groups, by folder: {each}"),
        SessionsBy.DATE: tr("{count} groups, by date taken: {each}"),
        SessionsBy.FILE_TIME: tr("{count} groups, by file time, which copying may change: {each}"),
        SessionsBy.HAND: tr("{count} groups: {each}"),
        SessionsBy.NAME: tr("{count} groups, by name: {each}"),
        SessionsBy.ORDER: tr("{count} groups, by order: {each}"),
        SessionsBy.APPEARANCE: tr("{count} groups, by appearance: {each}"),
    }
    return by[found.by].format(count=len(found.names), each=each)


def coverage(points: Sequence[CoveragePoint]) -> str:
    """Return whether the good photos are enough, as a sentence; empty if that is unknown."""
    return coverage_words(points, tr)


def near_duplicates(copies: int, goods: int) -> str:
    """Return how many good photos were counted, as a sentence."""
    one = tr("1 of {goods} photos is a near-duplicate of another; counted as {counted}.")
    many = tr("{copies} of {goods} photos are near-duplicates of others; counted as {counted}.")
    return (one if copies == 1 else many).format(
        copies=f"{copies:,}", goods=f"{goods:,}", counted=f"{goods - copies:,}"
    )


def verdict_word(verdict: Verdict) -> str:
    """Return the word for a verdict."""
    words = {
        Verdict.OK: tr("OK"),
        Verdict.UNSURE: tr("UNSURE"),
        Verdict.NG: tr("NG"),
        Verdict.REFUSED: tr("REFUSED"),
        Verdict.UNREADABLE: tr("UNREADABLE"),
    }
    return words[verdict]


def would_be(verdict: Verdict | None) -> str:
    """Return "would be NG", for a photo that is refused; empty where nobody can tell."""
    return "" if verdict is None else tr("would be {verdict}").format(verdict=verdict_word(verdict))


def refused_word(would_be_verdict: Verdict | None) -> str:
    """Return "REFUSED, would be NG", or "REFUSED" where nothing more is to be said."""
    if would_be_verdict is not Verdict.NG:
        return verdict_word(Verdict.REFUSED)
    return f"{verdict_word(Verdict.REFUSED)}, {would_be(would_be_verdict)}"


def refused_because(refusal: str, would_be_verdict: Verdict | None) -> str:
    """Return "would be NG. Too dark: ...; check the light"; empty where nothing was refused."""
    if not refusal or would_be_verdict is None:
        return refusal
    return f"{would_be(would_be_verdict)}. {refusal[:1].upper()}{refusal[1:]}"


def refused(count: int, and_ng: int) -> tuple[str, str]:
    """Return "1 REFUSED, would be NG" and "2 other REFUSED", of all refused photos; each is empty for none."""
    others = count - and_ng
    first = f"{and_ng:,} {refused_word(Verdict.NG)}" if and_ng else ""
    if not others:
        return first, ""
    words = tr("{count} other {verdict}") if and_ng else "{count} {verdict}"
    return first, words.format(count=f"{others:,}", verdict=verdict_word(Verdict.REFUSED))


def counts(found: dict[Verdict, int], refused_and_ng: int) -> str:
    """Return "1 REFUSED, would be NG · 163 OK · 5 UNSURE · 37 NG"; a count of 0 is shown for OK and NG only."""
    shown = [one for one in (Verdict.OK, Verdict.UNSURE, Verdict.NG) if one is not Verdict.UNSURE or found[one]]
    first, last = refused(found[Verdict.REFUSED], refused_and_ng)
    parts = [first, *(f"{found[verdict]:,} {verdict_word(verdict)}" for verdict in shown), last]
    unreadable = found[Verdict.UNREADABLE]
    if unreadable:
        parts.append(f"{unreadable:,} {verdict_word(Verdict.UNREADABLE)}")
    return "  \N{MIDDLE DOT}  ".join(one for one in parts if one)


def found(counts_of: dict[Verdict, int]) -> str:
    """Return in few words which parts are not OK: "0 NG of 200", "3 NG, 2 unsure", "0 NG, 200 refused"."""
    words = [tr("{count} NG").format(count=f"{counts_of[Verdict.NG]:,}")]
    others = (
        (Verdict.UNSURE, tr("{count} unsure")),
        (Verdict.REFUSED, tr("{count} refused")),
        (Verdict.UNREADABLE, tr("{count} unreadable")),
    )
    words += [said.format(count=f"{counts_of[verdict]:,}") for verdict, said in others if counts_of[verdict]]
    if len(words) == 1:
        return tr("{ng} of {total}").format(ng=words[0], total=f"{sum(counts_of.values()):,}")
    return ", ".join(words)


def skipped(files: Sequence[SkippedFile]) -> str:
    """Return the skipped files among the photos, one line for each reason; empty without skipped files."""
    return "\n".join(skipped_words(files))
