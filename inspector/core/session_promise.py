"""What a threshold promises for a session that is not among the good photos, from sessions held out whole.

The plain promise takes the good parts and those to come as exchangeable. Parts of one session are exchangeable among
themselves, but a new session may differ from all that were seen, so its interval is too narrow wherever sessions
differ. What can be said without a model is about sessions: where they are exchangeable, the share of false alarms of
the next one exceeds the highest share of S held-out ones with probability at most ``1 / (S + 1)`` (ranks, as in
`inspector.core.calibration`, with the session as the unit; conformal prediction for such two-layer data: Dunn,
Wasserman and Ramdas, Distribution-free prediction sets for two-layer hierarchical models, Journal of the American
Statistical Association 118, 2023). So the range over sessions is told and how many there are, and no interval with a
confidence: for a handful of sessions any interval would be a statement about its own assumptions.

Two things are approximate. The threshold comes from the same photos, though from their leave-one-image-out scores. And
a session is judged by a memory and a representation made without its help, but also without that of the sessions that
share its fold where there are more than 20: that is on the safe side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspector.core.sessions import Sessions, SessionsBy

LARGEST_SHARE = 0.75
"""A session that holds more of the good photos is not judged: what few others there are would say more of how few they
are than of how the sessions differ."""


@dataclass(frozen=True, slots=True)
class HeldOutSession:
    """A session and what its photos score without it.

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
        Two at least.
    """

    by: SessionsBy
    sessions: tuple[HeldOutSession, ...]


@dataclass(frozen=True, slots=True)
class SessionShare:
    """How many parts of one session would be called NG.

    Parameters
    ----------
    name : str
    goods : int
        Good photos of the session.
    share : float or None
        Of them, above the threshold, in 0..1; None where the session is too large a part of the good set to be judged
        by the others.
    """

    name: str
    goods: int
    share: float | None


@dataclass(frozen=True, slots=True)
class SessionPromise:
    """The false-alarm rate that a threshold promises for parts of a session that it has not seen.

    Parameters
    ----------
    rate : float
        Expected share of good parts of a new session that will be called NG, in 0..1, all held-out parts counting the
        same: ``(above + 1) / (goods + 1)``, as in the plain promise.
    low, high : float
        The lowest and the highest share of a session that was held out.
    goods : int
        Parts held out.
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
    def sessions(self) -> int:
        """How many sessions were held out."""
        return sum(one.share is not None for one in self.shares)

    @property
    def next_is_worse(self) -> float:
        """Highest probability that the next session does worse than the worst of these, in 0..1."""
        return 1.0 / (self.sessions + 1)


def held_out_sessions(sessions: Sessions, scores: Sequence[float]) -> HeldOutSessions | None:
    """Sort scores of good photos by session.

    Parameters
    ----------
    sessions : Sessions
    scores : sequence of float
        One a photo; empty where none was held out by session.

    Returns
    -------
    HeldOutSessions or None
        None where there are no sessions or no scores.
    """
    if sessions.by is SessionsBy.NONE or not len(scores):
        return None
    of_session: dict[str, list[float]] = {name: [] for name in sessions.names}
    for name, score in zip(sessions.of_photos, scores, strict=True):
        of_session[name].append(float(score))
    return HeldOutSessions(sessions.by, tuple(HeldOutSession(name, tuple(own)) for name, own in of_session.items()))


def promise_by_session(held_out: HeldOutSessions | None, threshold: float) -> SessionPromise | None:
    """Return what a threshold promises for a session it has not seen.

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
    shares, above, goods = [], 0, 0
    for one in held_out.sessions:
        if len(one.scores) > LARGEST_SHARE * total:
            shares.append(SessionShare(one.name, len(one.scores), None))
            continue
        over = int((np.asarray(one.scores) > threshold).sum())
        shares.append(SessionShare(one.name, len(one.scores), over / len(one.scores)))
        above, goods = above + over, goods + len(one.scores)
    judged = {share.name: share.share for share in shares if share.share is not None}
    worst = max(judged, key=lambda name: judged[name])
    rate = (above + 1) / (goods + 1)
    return SessionPromise(rate, min(judged.values()), judged[worst], goods, worst, tuple(shares))
