"""The verdicts as arrays say the same as each result does."""

from pathlib import Path

import numpy as np
import pytest

from inspector.core.values import Inspection, Limits, Verdict
from inspector.gui.state.verdict_column import ORDER, VerdictColumn

RESULTS = (
    *(Inspection(Path(f"{score}.png"), (4, 4), score) for score in (0.5, 1.0, 1.5, 2.0, 2.5)),
    Inspection(Path("cut.png"), error="cut short"),
    Inspection(Path("odd.png"), (4, 9), refusal="its shape differs"),
    *(Inspection(Path("dark.png"), (4, 4), score, refusal="too dark") for score in (0.05, 1.2, 9.5)),
)


@pytest.mark.parametrize("limits", [Limits(2.0), Limits(2.0, 1.0), Limits(1.5, 1.5), Limits(0.1), Limits(9.0, 8.0)])
def test_arrays_and_single_results_agree(limits):
    column = VerdictColumn()
    column.add(RESULTS[:3])
    column.add(RESULTS[3:])
    singly = [one.verdict(limits) for one in RESULTS]
    assert [ORDER[code] for code in column.of(limits)] == singly
    assert column.counts(limits) == {verdict: singly.count(verdict) for verdict in Verdict}
    assert column.refused_and_ng(limits).tolist() == [one.refused_and_ng(limits) for one in RESULTS]


def test_it_grows_and_is_cleared_although_it_remembers():
    column = VerdictColumn()
    column.add(RESULTS[:2])
    assert len(column.of(Limits(1.0))) == 2
    column.add(RESULTS[2:])
    assert len(column.of(Limits(1.0))) == len(RESULTS)
    assert np.isnan(column.scores[-5:]).all()
    assert column.known_scores[-3:].tolist() == [0.05, 1.2, 9.5]
    column.clear()
    assert sum(column.counts(Limits(1.0)).values()) == 0
