"""The promise on new photos: kept features, kept splits, and figures with the stated meaning."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.judgement import promise_run
from benchmarks.judgement.kept_features import KeptFeatures, tickets
from benchmarks.judgement.promise_figures import beta_binomial, bias, how_kept
from benchmarks.judgement.promise_run import main
from benchmarks.judgement.promise_tables import BIAS_TABLE, table_name
from benchmarks.judgement.splits import SETTINGS, Cell, KeptSplits, Setting, Split, Splitter
from benchmarks.measuring.standalone import OF_THEIR_OWN
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.promise.threshold import promise_of_rank
from inspector.core.training.plan import Recipe
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.table import make_detector
from inspector.storage.good_photos.good_set import GoodSet, read_good_set
from tests.conftest import SolarCells

TINY = Recipe(method="patchcore", size=64, settings={"pool_rows": 600, "bank_rows": 100})
SETTING = Setting(TINY, splits=2, unseen=5, cells=(("solar-mono", 6), ("solar-mono", 7)))


@pytest.fixture
def goods(solar_cells: SolarCells) -> GoodSet:
    return read_good_set(solar_cells.good)


def test_a_split_on_kept_features_is_a_training_on_the_photos(goods: GoodSet, tmp_path: Path) -> None:
    split = Splitter(SETTING, goods).run(6, 4)
    order = np.random.default_rng(4).permutation(len(goods))
    drawn, left = np.sort(order[:6]), np.sort(order[6:11])
    detector = make_detector(TINY.model_copy(update={"seed": 4}), goods.photo_hw, tmp_path)
    fitted = detector.fit(goods.at(drawn.tolist()), ignore_progress, CancelToken())
    np.testing.assert_allclose(split.trained, [one.score for one in fitted.good_maps], rtol=1e-4)
    unseen = detector.score_maps(goods.at(left.tolist()))
    np.testing.assert_allclose(split.unseen, [one.score for one in unseen], rtol=1e-4)


def test_tickets_bring_the_features_of_their_photos(goods: GoodSet, tmp_path: Path) -> None:
    detector = make_detector(TINY, goods.photo_hw, tmp_path)
    assert isinstance(detector, PatchCore)
    kept = KeptFeatures(detector.extractor, goods.at(range(6)))
    asked = [4, 0, 4]
    torch.testing.assert_close(kept.extract(tickets(asked)), detector.extractor.extract(list(goods.at(asked))))
    with pytest.raises(ValueError, match="a ticket has one pixel"):
        kept.extract([goods[0]])
    assert [int.from_bytes(one.tobytes(), "big") for one in tickets([0, 255, 256, 70_000])] == [0, 255, 256, 70_000]


def test_kept_splits_are_found_again_and_other_code_measures_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, split = Cell("tiny", "solar-mono", 6), Split(np.arange(6.0), np.arange(3.0))
    monkeypatch.setattr("benchmarks.judgement.splits.source_version", lambda: "older")
    KeptSplits(tmp_path).keep(cell, 1, split)
    assert KeptSplits(tmp_path).find(cell, 1) is not None
    assert KeptSplits(tmp_path).find(cell, 0) is None
    monkeypatch.setattr("benchmarks.judgement.splits.source_version", lambda: "newer")
    assert list(KeptSplits(tmp_path).read(cell, 2)) == []
    (found,) = KeptSplits(tmp_path, reuse=True).read(cell, 2)
    np.testing.assert_array_equal(found.trained, split.trained)
    np.testing.assert_array_equal(found.unseen, split.unseen)


@pytest.mark.parametrize(("goods", "rank", "unseen"), [(20, 20, 30), (50, 48, 7), (400, 397, 188)])
def test_beta_binomial_counts_the_orders_of_the_scores(goods: int, rank: int, unseen: int) -> None:
    chances = beta_binomial(unseen, promise_of_rank(goods, rank))
    assert chances.sum() == pytest.approx(1.0)
    # Among all orders of n + m scores: x unseen ones above the k-th smallest trained one.
    orders = math.comb(goods + unseen, unseen)
    for above in (0, 1, unseen // 2, unseen):
        below = math.comb(rank - 1 + unseen - above, unseen - above)
        assert chances[above] == pytest.approx(below * math.comb(goods - rank + above, above) / orders)


def test_exchangeable_scores_keep_the_promise_as_far_as_any_can() -> None:
    rng = np.random.default_rng(8)
    splits = [Split(*np.split(rng.gamma(4.0, size=180), [60])) for _ in range(1500)]
    for rate in (0.05, 0.01):
        kept = how_kept(splits, rate)
        assert (kept.splits, kept.unseen) == (1500, 120)
        assert abs(kept.realised - kept.expected) < 4 * kept.error
        for name in ("inside", "predicted", "under"):
            reachable = getattr(kept.reachable, name)
            noise = math.sqrt(reachable * (1.0 - reachable) / 1500)
            assert getattr(kept.shares, name) == pytest.approx(reachable, abs=4 * noise)
        assert kept.reachable.predicted >= 0.95
    found = bias(splits)
    assert abs(found.ratio - 1.0) < 4 * found.ratio_error
    assert abs(found.above - 0.5) < 4 * found.above_error


def test_flattered_scores_show() -> None:
    rng = np.random.default_rng(9)
    splits = [Split(0.8 * rng.gamma(40.0, size=50), rng.gamma(40.0, size=100)) for _ in range(50)]
    kept = how_kept(splits, 0.05)
    assert kept.realised > 2 * kept.expected
    assert kept.shares.predicted < 0.8 < kept.reachable.predicted
    assert bias(splits).ratio < 0.9


def test_a_run_is_resumed_and_goes_into_the_document(
    goods: GoodSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(promise_run, "read_goods", lambda *_: goods)
    monkeypatch.setattr(
        "benchmarks.judgement.splits.source_version", lambda: "now"
    )  # someone may be at work on the code
    monkeypatch.setitem(SETTINGS, "tiny", SETTING)
    monkeypatch.setitem(OF_THEIR_OWN, table_name("tiny"), "python benchmarks/judgement/promise.py --only tiny")
    document, names = tmp_path / "benchmarks.md", [*map(table_name, SETTINGS), BIAS_TABLE]
    document.write_text("".join(f"<!-- table: {name} -->\nold\n<!-- /table -->\n" for name in names), encoding="utf-8")
    words = ["--data", "none", "--out", str(tmp_path / "kept"), "--only", "tiny", "--document", str(document)]
    assert main("", [*words, "--splits", "1"]) == 0
    assert main("", words) == 0
    assert capsys.readouterr().err.splitlines() == ["tiny: 2 of 2 splits", "tiny: 2 of 2 splits"]
    text = document.read_text(encoding="utf-8")
    assert "| solar-mono, 6 | 5, 2, 1 % | 14.29% | " in text
    assert "patchcore at 64 px, pool_rows 600, bank_rows 100. 2 splits a row, 5 unseen photos a split." in text
    assert "    python benchmarks/judgement/promise.py --only tiny\n" in text
    assert "| tiny: solar-mono, 6 | 2 | " in text
    assert text.count("\nold\n") == len(names) - 2
    (tmp_path / "kept" / "promise" / "tiny" / "solar-mono-7").rename(tmp_path / "away")
    assert main("", [*words, "--write"]) == 0
    assert "| solar-mono, 7 | not measured | " in document.read_text(encoding="utf-8")
