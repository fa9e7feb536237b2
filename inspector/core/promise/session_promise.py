"""The promise of a threshold for a session that is not among the good photos, from sessions held out whole.

The plain promise assumes that the good parts and future parts are exchangeable. Parts of one session are exchangeable
among themselves, but a new session may differ from all earlier sessions. Where sessions differ, the interval of the
plain promise is therefore too narrow.

Without a model, only statements about sessions are possible. Let S + 1 sessions be exchangeable, and hold out S of
them. The share of false alarms of the next session exceeds the highest held-out share with probability at most ``1 / (S
+ 1)``. The argument is the ranks of `inspector.core.promise.threshold`, with the session as the unit. (Conformal
prediction for such two-layer data: Dunn, Wasserman and Ramdas, Distribution-free prediction sets for two-layer
hierarchical models, Journal of the American Statistical Association 118, 2023.) So the promise states the range over
sessions and their number, but no two-sided interval. With a handful of sessions, such an interval would mostly describe
its own assumptions.

Where sessions matter (`inspector.core.promise.groups`), the limit itself is taken from the held-out scores, with equal
weight for each session (`threshold_of_groups`). The expected share of a new session is then at most ``(sum of shares +
1) / (S + 1)``, by conformal prediction with pooled sessions. For the one-sided limit, a single photo is drawn at random
from each session. The count of those photos above the limit is then binomial over the number of sessions. With fewer
than `FEWEST_GROUPS` sessions no rate is estimated.

Two steps are approximate. The threshold comes from the same photos, though from their leave-one-image-out scores. With
more than 20 sessions, several sessions share a fold. The memory bank and the representation of a session then also lack
the other sessions of its fold. That errs on the safe side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inspector.core.good_photos.sessions import Sessions, SessionsBy
from inspector.core.promise.threshold import (
    CONFIDENCE,
    FEWEST_GROUPS,
    RISK,
    Promise,
    Threshold,
    goods_lacking,
)

LARGEST_SHARE = 0.75
"""Largest share of the good photos that a judged session may hold. Above it, too few photos of other sessions remain to
estimate the variation between sessions."""


@dataclass(frozen=True, slots=True)
class GroupsFound:
    """A grouping that makes scores rise.

    Parameters
    ----------
    kind : SessionsBy
        How the groups were found.
    count : int
        Number of groups.
    rise : float
        Relative increase of the mean score of the good photos when their groups are held out whole.
    matters : bool
        Whether the rise exceeds chance. The limit is then for a photo of a new group.
    """

    kind: SessionsBy
    count: int
    rise: float
    matters: bool = True


@dataclass(frozen=True, slots=True)
class HeldOutSession:
    """A session with the scores of its photos when the session is held out.

    Parameters
    ----------
    name : str
    scores : tuple of float
        Raw score of each of its good photos, with all of the session held out.
    """

    name: str
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class HeldOutSessions:
    """All sessions of a good set.

    Parameters
    ----------
    by : SessionsBy
        How they were found.
    sessions : tuple of HeldOutSession
        At least two.
    """

    by: SessionsBy
    sessions: tuple[HeldOutSession, ...]


@dataclass(frozen=True, slots=True)
class SessionShare:
    """The share of good photos of a session that would be NG.

    Parameters
    ----------
    name : str
    goods : int
        Good photos of the session.
    share : float or None
        Their share above the threshold, in 0..1. None if the session is too large a part of the good set to be judged
        by the rest.
    """

    name: str
    goods: int
    share: float | None


@dataclass(frozen=True, slots=True)
class SessionPromise:
    """The false-alarm rate that a threshold promises for parts of a session that is not among the good photos.

    Parameters
    ----------
    rate : float
        Upper bound of the expected share of good parts of a new session that are judged NG, in 0..1: ``(sum of shares +
        1) / (sessions + 1)``.
    low, high : float
        The lowest and the highest share of a held-out session.
    goods : int
        Number of parts held out.
    worst : str
        The session with the highest share.
    shares : tuple of SessionShare
        All sessions.
    """

    rate: float
    low: float
    high: float
    goods: int
    worst: str
    shares: tuple[SessionShare, ...]

    @property
    def expected(self) -> float | None:
        """The mean of the shares, each session counting the same; None for fewer than `FEWEST_GROUPS`."""
        return (self.rate * (self.sessions + 1) - 1.0) / self.sessions if self.sessions >= FEWEST_GROUPS else None

    @property
    def causing_most(self) -> int:
        """The least number of sessions that together have 75 % of the false alarms; 0 without false alarms."""
        alarms = sorted((one.share * one.goods for one in self.shares if one.share), reverse=True)
        reached = np.cumsum(alarms) >= 0.75 * sum(alarms) - 1e-9
        return int(reached.argmax()) + 1 if alarms else 0

    @property
    def sessions(self) -> int:
        """The number of sessions that were held out."""
        return sum(one.share is not None for one in self.shares)

    @property
    def next_is_worse(self) -> float:
        """Highest probability that the next session has a higher share than all of these, in 0..1."""
        return 1.0 / (self.sessions + 1)


def held_out_sessions(sessions: Sessions, scores: Sequence[float]) -> HeldOutSessions | None:
    """Sort scores of good photos by session.

    Parameters
    ----------
    sessions : Sessions
    scores : sequence of float
        The score of each photo; empty if no photo was held out by session.

    Returns
    -------
    HeldOutSessions or None
        None without sessions or without scores.
    """
    if sessions.by is SessionsBy.NONE or not len(scores):
        return None
    of_session: dict[str, list[float]] = {name: [] for name in sessions.names}
    for name, score in zip(sessions.of_photos, scores, strict=True):
        of_session[name].append(float(score))
    return HeldOutSessions(sessions.by, tuple(HeldOutSession(name, tuple(own)) for name, own in of_session.items()))


def promise_by_session(held_out: HeldOutSessions | None, threshold: float) -> SessionPromise | None:
    """Return the promise of a threshold for a session that is not among the good photos.

    Parameters
    ----------
    held_out : HeldOutSessions or None
    threshold : float
        Raw score.

    Returns
    -------
    SessionPromise or None
        None without sessions.
    """
    if held_out is None:
        return None
    total = sum(len(one.scores) for one in held_out.sessions)
    shares, goods = [], 0
    for one in held_out.sessions:
        if len(one.scores) > LARGEST_SHARE * total:
            shares.append(SessionShare(one.name, len(one.scores), None))
            continue
        over = int((np.asarray(one.scores) > threshold).sum())
        shares.append(SessionShare(one.name, len(one.scores), over / len(one.scores)))
        goods += len(one.scores)
    judged = {share.name: share.share for share in shares if share.share is not None}
    worst = max(judged, key=lambda name: judged[name])
    rate = (sum(judged.values()) + 1) / (len(judged) + 1)
    return SessionPromise(rate, min(judged.values()), judged[worst], goods, worst, tuple(shares))


def promise_for_new_group(
    held_out: HeldOutSessions, threshold: float, *, chosen: bool = False, taken_out: int = 0
) -> Promise:
    """Return the promise of a threshold for a photo of a group that is not among the good photos.

    Parameters
    ----------
    held_out : HeldOutSessions
    threshold : float
        Raw score.
    chosen : bool
        Whether it may have been chosen from the scores. The one-sided limit then holds for all limits at once.
    taken_out : int
        Photos that count as good parts above every limit
        (`inspector.core.promise.threshold.threshold_from_good_scores`). They have no held-out scores, so each counts in
        the group where it raises the bound most.
    """
    judged = _judged(held_out)
    groups, total = len(judged), sum(len(one.scores) for one in held_out.sessions)
    shares = float(_sums_of_shares(judged, np.array([threshold]), taken_out)[0])
    promise = Promise((shares + 1.0) / (groups + 1), 0.0, 1.0, CONFIDENCE, total + taken_out, chosen, groups)
    return replace(promise, high=promise.under_of(RISK))


def threshold_of_groups(held_out: HeldOutSessions, known: Threshold, rate: float, *, taken_out: int = 0) -> Threshold:
    """Choose the lowest threshold that is valid for a photo of a new group and not below `known`.

    Parameters
    ----------
    held_out : HeldOutSessions
    known : Threshold
        The threshold for photos of the groups among the good photos.
    rate : float
        Requested false-alarm rate, in 0..1. With enough groups for it, the bound does not exceed it. With fewer groups,
        the mean of the shares does not exceed it, and the promise states the resulting bound. If no threshold achieves
        this, the highest score is taken.
    taken_out : int
        Photos that count as good parts above every limit.
    """
    judged = _judged(held_out)
    groups = len(judged)
    most = rate * (groups + 1) - 1.0 if groups_lacking(groups, rate) == 0 else rate * groups
    tried = np.unique(np.concatenate([np.asarray(one.scores) for one in judged]))
    sums = _sums_of_shares(judged, tried, taken_out)
    enough = np.flatnonzero(sums <= most + 1e-9)
    value = max(float(tried[enough[0] if len(enough) else -1]), known.value)
    origin = (
        f"valid for a photo of a new group: {groups} groups of good photos were each scored without the whole group"
    )
    return Threshold(value, origin, promise_for_new_group(held_out, value, taken_out=taken_out))


def share_between(held_out: HeldOutSessions, low: float, high: float) -> float | None:
    """Return the expected share of good parts of a new group above `low` and not above `high` (raw scores).

    It is the mean of the groups' shares, in 0..1; None for fewer than `FEWEST_GROUPS`.
    """
    judged = [np.asarray(one.scores) for one in _judged(held_out)]
    if len(judged) < FEWEST_GROUPS:
        return None
    return float(np.mean([((scores > low) & (scores <= high)).mean() for scores in judged]))


def groups_lacking(groups: int, rate: float) -> int:
    """Return the number of groups missing for a promise of `rate` for a new group; 0 if `groups` are enough."""
    return goods_lacking(groups, rate)


def _judged(held_out: HeldOutSessions) -> list[HeldOutSession]:
    total = sum(len(one.scores) for one in held_out.sessions)
    return [one for one in held_out.sessions if len(one.scores) <= LARGEST_SHARE * total]


def _sums_of_shares(
    judged: Sequence[HeldOutSession], thresholds: NDArray[np.float64], taken_out: int
) -> NDArray[np.float64]:
    """Return the sum of the groups' shares above each threshold; removed photos count where they raise it most."""
    sizes = np.array([len(one.scores) for one in judged], dtype=np.float64)
    above = np.stack(
        [len(one.scores) - np.searchsorted(np.sort(one.scores), thresholds, side="right") for one in judged], axis=1
    ).astype(np.float64)
    sizes, rows = np.broadcast_to(sizes, above.shape).copy(), np.arange(len(thresholds))
    for _ in range(taken_out):
        # Each further photo raises a share by less than the previous photo, so the greedy choice is optimal.
        place = ((sizes - above) / (sizes * (sizes + 1.0))).argmax(axis=1)
        above[rows, place] += 1.0
        sizes[rows, place] += 1.0
    return np.asarray((above / sizes).sum(axis=1))
