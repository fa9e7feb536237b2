"""Groups from file names: the place, lot or day that a camera writes into each name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TOKENS = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+")
_DAY_DIGITS = (8, 6)
"""A long number may begin with a date, with or without the century."""
_LONGEST = 16
"""Maximum number of tokens that are read, from the beginning of a name."""


def groups_by_name(stems: Sequence[str]) -> Iterator[list[str]]:
    """Yield the groupings that names suggest.

    A name is split into runs of letters and of digits. Four kinds of key group the photos: the run at a place, the runs
    at two neighbouring places, all runs up to a place, and the first digits of long numbers. Such digits may be a date.
    This function does not decide whether a grouping is meaningful.

    Parameters
    ----------
    stems : sequence of str
        File names without their suffix, in the order of the photos.

    Yields
    ------
    list of str
        The name of each photo's group. Groupings may be equal, or have one photo per group.
    """
    tokens = [_TOKENS.findall(stem)[:_LONGEST] for stem in stems]
    places = min((len(one) for one in tokens), default=0)
    regular = all(len(one) == places for one in tokens)
    for place in range(places if regular else min(places, 1)):
        values = [one[place] for one in tokens]
        yield values
        if place and regular:
            yield [" ".join(one[place - 1 : place + 1]) for one in tokens]
            yield [" ".join(one[: place + 1]) for one in tokens]
        if all(value.isdigit() for value in values):
            for digits in _DAY_DIGITS:
                if min(len(value) for value in values) > digits:
                    yield [value[:digits] for value in values]
    if not regular and places:
        yield [one[-1] for one in tokens]
        yield [re.sub(r"\d+$", "", stem) for stem in stems]
