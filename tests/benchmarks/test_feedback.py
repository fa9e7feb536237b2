"""False alarms of one batch are fed back, and a second one is counted before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.judgement import feedback_tables, feedback_trials
from benchmarks.judgement.feedback_tables import anew_table, fed_back_table, share_fixed
from benchmarks.judgement.feedback_trials import COMPARED, SHIFTS, Cells, Looked, Trials, figures, raised
from benchmarks.judgement.kept_features import tickets
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.detector import Wanted
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.review.feedback import GROWTH
from tests.conftest import SolarCells

SMALL = {"size": 64, "settings": {"pool_rows": 600, "bank_rows": 100}}


@pytest.fixture
def cells(solar_cells: SolarCells, monkeypatch: pytest.MonkeyPatch) -> Cells:
    """30 good cells and 6 defective ones of either kind, 8 to train on."""

    def few(_kind: str) -> tuple[list[ImageRGB], list[ImageRGB]]:
        folders = solar_cells.good, solar_cells.mixed / "defective"
        good, defective = ([read_image(path) for path in list_images(folder)] for folder in folders)
        return good, defective

    monkeypatch.setattr(feedback_trials, "all_cells", few)
    monkeypatch.setattr(feedback_trials, "GOODS", 8)
    return Cells("mono")


def test_no_photo_is_trained_on_fed_back_and_counted(cells: Cells) -> None:
    split, other = cells.split(0), cells.split(1)
    for shift in SHIFTS:
        groups = [split.train, split.first[shift], split.second[shift], split.defects[shift]]
        together = np.concatenate(groups)
        assert len(set(together)) == len(together)
        assert [len(one) for one in groups] == [8, 11, 11, 3]
    assert set(split.train) != set(other.train)
    bright = split.second[SHIFTS[1]][0]
    assert cells.photos[bright].mean() > 1.1 * cells.photos[split.second[SHIFTS[0]][0]].mean()


def test_what_is_counted_is_what_the_grown_detector_says(cells: Cells) -> None:
    trials, split = Trials(cells, **SMALL), cells.split(0)
    detector = trials.trained("patchcore", split, 0)[0]
    positions = np.concatenate([split.second[SHIFTS[1]], split.defects[SHIFTS[1]]])
    looked_at = Looked(detector, positions, 11)
    reach = 0.5 * float(looked_at.scores.min())
    alarms = tickets(split.first[SHIFTS[1]][:3])
    grown, maps = detector.grow(Wanted(alarms, reach, 50, 8), ignore_progress, CancelToken())
    assert sum(maps.rows) > 3
    told = looked_at.scores_by(grown)
    np.testing.assert_allclose(told, [one.score for one in grown.score_maps(tickets(positions))], rtol=1e-5)
    assert (told <= looked_at.scores).all()
    assert (told < looked_at.scores).any()


def test_each_shift_and_rate_has_its_row_and_alarms_can_only_fall(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_trials, "RATES", (0.5, 0.05))
    monkeypatch.setattr(feedback_trials, "SHIFTS", SHIFTS[:2])
    monkeypatch.setattr(feedback_trials, "COMPARED_METHOD", "patchcore")
    rows = Trials(cells, **SMALL).run("patchcore", 0)
    assert [(one["shift"], one["rate"]) for one in rows] == [
        (shift, rate) for shift in SHIFTS[:2] for rate in (0.5, 0.05)
    ]
    for row in rows:
        assert row["after"]["alarms"] <= row["before"]["alarms"] <= row["goods_2"]
        assert row["after"]["found"] <= row["before"]["found"] <= row["defects_2"]
        assert ("all trained" in row) == ("all fed back" in row) == (row["rate"] == COMPARED)
    assert 0 < rows[2]["rows"] <= 100 // GROWTH  # brighter cells are false alarms
    monkeypatch.setattr(feedback_tables, "COMPARED_METHOD", "patchcore")
    assert "| mono, as in training | as it is |" in anew_table({("mono", "patchcore"): rows})


def test_the_figures_count() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0, 2.5, 5.0, 6.0])
    told = figures(scores, 4, 2.2)
    assert (told["alarms"], told["found"]) == (2, 3)
    assert told["escapes"] == 1  # none of four good parts may be called NG
    assert told["auroc"] == pytest.approx(10 / 12)
    assert raised(scores, 4, 2.2, 2) == 3
    assert raised(scores, 4, 2.2, 1) == 2
    assert raised(scores, 4, 2.2, 0) == 2


def test_the_table_adds_up() -> None:
    counted = {"alarms": 4, "found": 9, "auroc": 0.9, "escapes": 2}
    row: dict[str, Any] = {
        "shift": SHIFTS[0], "rate": 0.05, "goods_1": 50, "alarms_1": 3, "goods_2": 50, "defects_2": 10,
        "rows": 7, "alike_1": 2,
        "before": counted, "after": counted | {"alarms": 1}, "raised": 8,
    }  # fmt: skip
    table = fed_back_table({("mono", "patchcore"): [row, row]})
    told = [line for line in table.splitlines() if line.startswith("| mono")]
    assert told == [
        "| mono, patchcore | 5% | 3, 3 | 4 | 7 | 8 to 2 of 100 | 75% (35% to 97%) | 18 to 18 of 20 | 16 "
        "| 0.900 to 0.900 | 4 to 4 |"
    ]


def test_the_share_that_is_fixed_has_the_interval_of_clopper_and_pearson() -> None:
    assert share_fixed(0, 0) == "-"
    assert share_fixed(10, 10) == "0% (0% to 31%)"
    assert share_fixed(10, 0) == "100% (69% to 100%)"
