"""Groups of good photos: suggested before training, judged within it, and the limit that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.core.promise.groups import GroupSearch
from inspector.core.promise.session_promise import GroupsFound, HeldOutSessions, threshold_of_groups
from inspector.core.promise.threshold import Threshold
from inspector.storage.good_photos.good_set import GoodSet
from inspector.storage.good_photos.taken_together import find_sessions, suggested_groups


def group_search(good_set: GoodSet, counted: Sequence[int], choice: SessionChoice) -> GroupSearch:
    """Return the search for groups among the good photos that count.

    Parameters
    ----------
    good_set : GoodSet
    counted : sequence of int
        Positions of the photos that count, without near-duplicates.
    choice : SessionChoice
        How they are to be grouped.
    """
    folder, paths = good_set.folder, good_set.paths
    asked = choice.by is not SessionsBy.AUTO or bool(choice.renamed)
    suggested = [one.at(counted) for one in suggested_groups(folder, paths, choice)]
    return GroupSearch(suggested, find_sessions(folder, paths, choice).at(counted), asked=asked, by=choice.by)


def threshold_for(
    held_out: HeldOutSessions | None, known: Threshold, search: GroupSearch, rate: float, taken_out: int
) -> Threshold:
    """Return the limit to judge by: for a photo of a new group where groups matter, or else `known` itself."""
    if held_out is None or not search.matters:
        return known
    return threshold_of_groups(held_out, known, rate, taken_out=taken_out)


def groups_found(
    held_out: HeldOutSessions | None, search: GroupSearch, good_scores: Sequence[float]
) -> GroupsFound | None:
    """Return the facts of the groups; None if groups were not found or not wanted."""
    if held_out is None or not (search.matters or search.asked):
        return None
    scores = [score for one in held_out.sessions for score in one.scores]
    rise = float(np.mean(scores) / np.mean(good_scores)) - 1.0
    return GroupsFound(held_out.by, len(held_out.sessions), rise, search.matters)


def groups_json(groups: GroupsFound | None) -> dict[str, Any] | None:
    """Return them under the keys of the command line contract."""
    if groups is None:
        return None
    return {"kind": str(groups.kind), "count": groups.count, "rise": groups.rise, "matters": groups.matters}
