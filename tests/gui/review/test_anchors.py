"""Known places in a long list stay right while rows are taken off it and put back."""

from __future__ import annotations

import random
from dataclasses import replace

from inspector.core.values import Limits, Verdict
from inspector.gui.review import anchors as module
from inspector.gui.review.anchors import BEGINNING, Anchors
from inspector.storage.history.records import PartRecord, Pictures
from tests.storage.history.conftest import NOON

PART = PartRecord(
    1, "cell", "camera:0", NOON, Verdict.OK, 0.5, Limits(1.0), 0.5, "b", "cells", "Kim", "key", None, "", Pictures.KEPT
)


def laid(rows):
    """A list of parts with all its anchors."""
    parts = [replace(PART, id=number) for number in range(rows)]
    made = Anchors()
    while (last := made.last(rows)) is not None:
        made.lay(parts[last.rows + module.APART - 1])
    return parts, made


def test_each_anchor_names_the_last_part_before_its_place():
    parts, made = laid(3 * module.APART)
    assert made.before(0) == made.before(module.APART - 1) == BEGINNING
    for row in (module.APART, module.APART + 1, 2 * module.APART, 3 * module.APART - 1):
        found = made.before(row)
        assert row - module.APART < found.rows <= row
        assert found.record == parts[found.rows - 1]
    assert made.last(3 * module.APART + 1) is not None  # a longer list has room for one more
    made.end()
    assert made.last(3 * module.APART + 1) is None
    made.clear()
    assert made.before(2 * module.APART) == BEGINNING


def test_anchors_follow_rows_that_go_and_come_back(monkeypatch):
    monkeypatch.setattr(module, "APART", 10)
    parts, made = laid(95)
    order, gone = {part.id: place for place, part in enumerate(parts)}, []
    for _ in range(300):
        if gone and random.random() < 0.5:
            part = gone.pop()  # the last decision is taken back first
            row = sum(order[one.id] < order[part.id] for one in parts)
            parts.insert(row, part)
            made.put_back(row, part)
        else:
            row = random.randrange(len(parts))
            gone.append(parts.pop(row))
            made.removed(row)
        for at in range(len(parts)):
            found = made.before(at)
            behind = [one for one in parts if found.record is None or order[one.id] > order[found.record.id]]
            assert len(parts) - len(behind) == found.rows
