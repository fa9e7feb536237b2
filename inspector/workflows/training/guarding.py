"""Guards, learned from the good photos while a bundle is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from inspector.core.ahead import Ahead
from inspector.core.good_photos.sessions import NO_SESSIONS, Sessions
from inspector.core.guards.fault_meters import Lessons
from inspector.core.guards.guards import FEWEST_GOODS, GuardLessons, Guards, learn_guards
from inspector.core.guards.readings import GuardPromise
from inspector.core.guards.simulated_faults import FAULTS, with_fault
from inspector.core.photo.measures import measure_appearance, working_gray
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import FloatArray
from inspector.storage.good_photos.good_set import GoodSet

MOST_COPIED = 150
"""Faults are simulated on so many good photos, evenly spread over the good set."""


def guards_of(
    good_set: GoodSet,
    counted: Sequence[int],
    embeddings: FloatArray,
    refusal_rate: float,
    report: OnProgress,
    token: CancelToken,
    sessions: Sessions = NO_SESSIONS,
) -> Guards | None:
    """Learn which photos may be judged.

    Parameters
    ----------
    good_set : GoodSet
    counted : sequence of int
        Positions of the good photos that count, without near-duplicates.
    embeddings : ndarray of float32, shape (len(counted), E)
        Theirs, from `inspector.engine.detector.Fitted`.
    refusal_rate : float
        Share of good photos that may be refused, in 0..1.
    report, token
        Progress, and the wish to stop.
    sessions : Sessions
        Groups of these photos that matter, each held out whole.

    Returns
    -------
    Guards or None
        None with fewer than `inspector.core.guards.guards.FEWEST_GOODS` photos.

    Raises
    ------
    Cancelled
        If `token` was cancelled.
    """
    if len(counted) < FEWEST_GOODS:
        return None
    measures = [good_set.measures[position] for position in counted]
    copied = np.unique(np.linspace(0, len(counted) - 1, min(len(counted), MOST_COPIED)).round().astype(int))

    def copies_of(place: int) -> list[FloatArray]:
        gray = working_gray(good_set[counted[place]])
        return [measure_appearance(with_fault(gray, fault)) for fault in FAULTS]

    faulty = []
    with Ahead() as ahead:
        for done, appearances in enumerate(ahead.done(copies_of, copied.tolist()), start=1):
            token.check()
            faulty += appearances
            report(Progress("learning the guards", done, len(copied)))
    lessons = Lessons(
        good=np.stack([one.appearance for one in measures]),
        faulty=np.stack(faulty),
        owners=np.repeat(copied, len(FAULTS)),
        faults=FAULTS * len(copied),
    )
    return learn_guards(GuardLessons(measures, lessons, embeddings, good_set.photo_hw, sessions), refusal_rate)


def guards_json(allowed: GuardPromise | None) -> dict[str, Any] | None:
    """Return the allowed ranges of the guards under the keys of the command line contract."""
    if allowed is None:
        return None
    promise = asdict(allowed.promise) | {"under": allowed.promise.under}
    return {"refused": promise, "ranges": [asdict(one) for one in allowed.ranges]}
