"""Splits with planted outliers from distances between photos, and their tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.judgement import shipped_limit
from benchmarks.judgement.pair_distances import PairDistances
from benchmarks.judgement.shipped_limit import TABLES, judge, main, splits_of
from benchmarks.measuring.document import MARKER


@pytest.fixture
def pairs() -> PairDistances:
    """Thirty-six good photos that are alike, ten defects and three mirrored photos far from all of them."""
    kinds = np.array(["good"] * 36 + ["defect"] * 10 + ["mirror"] * 3 + ["light"] * 3)
    dist = np.random.default_rng(0).uniform(1.0, 1.1, (52, 52, 9)).astype(np.float32)
    dist[36:] += 2.0
    dist[:, 36:] += 2.0
    numbers = np.arange(52)
    return PairDistances(dist, kinds, numbers, np.zeros((52, 4), np.float32), np.arange(3), np.array([3, 3]))


def test_a_photo_is_not_compared_with_itself(pairs: PairDistances) -> None:
    pairs.dist[0, 0] = 0.0
    assert pairs.scores([0], [0, 1, 2])[0] == pytest.approx(pairs.scores([0], [1, 2])[0])
    assert pairs.scores([0], [1, 2])[0] > 0.9
    assert pairs.scores([40], [1, 2])[0] > 2.9


def test_an_outlier_hides_defects_from_the_limit_and_not_from_the_lower_line(pairs: PairDistances) -> None:
    found = list(splits_of("toys", pairs, 3))
    cells = {(one["n"], one["outliers"], one["kind"]): one for one in found}
    assert {key[0] for key in cells} == {20}  # with 30 to train on, too few are left to judge
    assert cells[20, 0, "none"]["ng"] == cells[20, 0, "none"]["attainable"] == 1.0
    for kind in ("light", "mirror", "defect"):
        one = cells[20, 1, kind]
        assert one["ng"] < one["found"] == one["attainable"] == 1.0
        assert one["promised"] == pytest.approx(1 / 21)
        assert one["asked"]


def test_false_alarms_and_unsure_parts_are_shares_of_unseen_good_photos() -> None:
    goods = np.linspace(1.0, 1.3, 25)
    unseen, defects = np.array([1.1, 1.2, 1.29, 9.0]), np.array([1.25, 2.0])
    found = judge(goods, np.zeros((0, 4), np.float32), np.concatenate([unseen, defects]), len(unseen))
    assert (found["realised"], found["ng"], found["attainable"]) == (0.25, 0.5, 0.5)


def test_what_is_kept_goes_into_the_document(
    pairs: PairDistances, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped_limit, "pair_distances", lambda *_: pairs)
    monkeypatch.setattr(shipped_limit, "labelled_photos", lambda *_: None)
    words = ["--data", str(tmp_path), "--out", str(tmp_path)]
    main([*words, "--only", "toy_alien", "--splits", "2"])
    assert len(json.loads((tmp_path / "shipped_limit" / "toy_alien.json").read_text(encoding="utf-8"))) == 8
    document = tmp_path / "threshold.md"
    document.write_text("".join(f"<!-- table: {name} -->\n<!-- /table -->\n" for name in TABLES), encoding="utf-8")
    main([*words, "--write", "--document", str(document)])
    bodies = {found["name"]: found["body"] for found in MARKER.finditer(document.read_text(encoding="utf-8"))}
    assert "| 20, 0 | 2 | 100% |" in bodies["limit-counts"]
    assert "| toy_alien | 8 |" in bodies["limit-sets"]
    assert "python benchmarks/judgement/shipped_limit.py --data DIR --out RESULTS" in bodies["limit-kinds"]
