"""Measure detection at the shipped limit over many splits, with and without outliers among the good photos.

    python benchmarks/judgement/shipped_limit.py --data DIR --out RESULTS [--only SET] [--splits K] [--write]

Each split draws good photos of a set, of which none to three are outliers: all of other light, all mirrored or all real
defects. Limit, lower line, strays and the stated share of UNSURE parts are those of the product's own code. Scores are
those of plain PatchCore, from distances that are kept in RESULTS/pairs (`benchmarks/judgement/pair_distances.py`).
Guards and groups take no part: `benchmarks/judgement/verdicts.py` measures them, with whole trainings. --write puts the
tables into docs/threshold.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from benchmarks.judgement.pair_distances import PairDistances, pair_distances
from benchmarks.judgement.verdict_sets import SETS, labelled_photos
from benchmarks.measuring.apart import markdown, write_into
from inspector.core.promise.detection import LabelledScores, detection_of
from inspector.core.promise.strays import find_strays
from inspector.core.promise.tail_model import review_line
from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.training.plan import Recipe
from inspector.storage.atomic import replacing
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.good_photos.good_set_answers import StrayRecord

COUNTS, OUTLIERS, KINDS = (20, 30, 50, 100, 200), (0, 1, 2, 3), ("light", "mirror", "defect")
FEWEST_UNSEEN = 12
MOST_UNSEEN = 150
TABLES = ("limit-counts", "limit-kinds", "limit-sets")
HEAD = (
    "splits", "attainable", "NG", "NG or UNSURE", "before", "after", "least set", "realised", "promised",
    "UNSURE good: stated, seen", "largest difference", "asks",
)  # fmt: skip


def splits_of(name: str, pairs: PairDistances, splits: int) -> Iterator[dict[str, Any]]:
    """Measure all splits of a set: each number of good photos that it has, and of outliers."""
    for n in COUNTS:
        for outliers in OUTLIERS:
            for number in range(splits):
                kind = KINDS[number % len(KINDS)] if outliers else "none"
                rng = np.random.default_rng([zlib.crc32(name.encode()), n, number])
                found = _split(pairs, n, outliers, kind, rng)
                if found is not None:
                    yield {"set": name, "n": n, "outliers": outliers, "kind": kind, "split": number} | found


def _split(pairs: PairDistances, n: int, outliers: int, kind: str, rng: np.random.Generator) -> dict[str, Any] | None:
    goods, defects = rng.permutation(pairs.of_kind("good")).tolist(), pairs.of_kind("defect")
    strange: list[int] = []
    if outliers:
        known = {int(one) for one in pairs.cols}
        pool = [one for one in pairs.of_kind(kind) if one in known]
        strange = rng.permutation(pool)[:outliers].tolist()
    if kind in ("light", "mirror"):  # the photo that an outlier was made of is neither trained on nor judged
        own = [int(pairs.six[pairs.of_kind(kind).index(one)]) for one in strange]
        goods = [one for one in goods if one not in own]
    if len(goods) - (n - outliers) < FEWEST_UNSEEN:
        return None
    train = goods[: n - outliers] + strange
    unseen = goods[n - outliers :][:MOST_UNSEEN]
    judged = [one for one in defects if one not in strange]
    return judge(pairs.scores(train, train), pairs.emb[train], pairs.scores(unseen + judged, train), len(unseen))


def judge(good_scores: Any, embeddings: Any, scores: Any, unseen: int) -> dict[str, Any]:
    """Set the limits as training does and return the figures of a split.

    Parameters
    ----------
    good_scores : ndarray of float64, shape (n,)
        Of the photos trained on, each without its own patches.
    embeddings : ndarray of float32, shape (n, E)
        Theirs.
    scores : ndarray of float64, shape (N,)
        Of photos never seen: `unseen` good ones, then the defective ones.
    unseen : int
    """
    recipe = Recipe()
    rate = recipe.false_alarm_rate
    own = [float(one) for one in good_scores]

    def limit_of(positions: Sequence[int]) -> float:
        return threshold_from_good_scores([own[one] for one in positions], rate).value

    threshold = threshold_from_good_scores(own, rate)
    strays = find_strays(own, embeddings, limit_of)
    manifest = Manifest.model_construct(
        recipe=recipe, good_scores=own, threshold=threshold, unsure_threshold=review_line(own, rate),
        strays=tuple(StrayRecord.model_construct(position=one.position, answer=None) for one in strays),
        exclusions=(), known_threshold=None, sessions=None,
    )  # fmt: skip
    limits = manifest.trained_limits
    defective = np.arange(len(scores)) >= unseen
    found = detection_of(LabelledScores(scores, defective, np.zeros(len(scores), dtype=bool)), limits)
    goods = scores[:unseen]
    above = int((goods > threshold.value).sum())
    return {
        "ng": found.at_limit,
        "found": found.at_limit_or_unsure,
        "attainable": found.attainable,
        "realised": above / unseen,
        "promised": threshold.false_alarm.rate,
        "high": threshold.false_alarm.high,
        "unsure": float(((goods > limits.lowest) & (goods <= threshold.value)).mean()),
        "stated": manifest.unsure_share(limits) or 0.0,
        "asked": bool(strays),
    }


def read(results: Path) -> list[dict[str, Any]]:
    """Return the splits of all sets that are kept."""
    return [one for path in sorted((results / "shipped_limit").glob("*.json")) for one in json.loads(path.read_text())]


def tables_of(found: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the tables by their names: by number of photos and of outliers, by kind of outlier, and by set."""
    by_count = [
        (f"{n}, {outliers}", [one for one in found if (one["n"], one["outliers"]) == (n, outliers)])
        for n in COUNTS for outliers in OUTLIERS
    ]  # fmt: skip
    by_kind = [(kind, [one for one in found if one["kind"] == kind]) for kind in ("none", *KINDS)]
    names = sorted({one["set"] for one in found})
    by_set = [(name, [one for one in found if one["set"] == name]) for name in names]
    rows = zip(
        TABLES,
        ("good photos, outliers", "kind of outlier", "set"),
        (by_count, by_kind, by_set),
        strict=True,
    )
    return {
        name: markdown((label_of, *HEAD), [[label, *_row(some)] for label, some in those if some])
        for name, label_of, those in rows
    }


def _row(found: Sequence[dict[str, Any]]) -> list[str]:
    def mean(key: str, some: Sequence[dict[str, Any]] = found) -> float:
        return float(np.mean([one[key] for one in some]))

    cells = _cells(found)
    apart = max(abs(mean("unsure", some) - mean("stated", some)) for some in cells)
    asked = sum(one["asked"] for one in found) / len(found)
    return [
        str(len(found)), f"{mean('attainable'):.0%}", f"{mean('ng'):.0%}", f"{mean('found'):.0%}",
        f"{share_of_attainable(found, 'ng'):.0%}", f"{share_of_attainable(found, 'found'):.0%}",
        f"{min(share_of_attainable(some, 'found') for some in _cells(found, 'set')):.0%}",
        f"{mean('realised'):.1%}", f"{mean('promised'):.1%}",
        f"{mean('stated'):.1%}, {mean('unsure'):.1%}", f"{apart:.1%}", f"{asked:.0%}",
    ]  # fmt: skip


def _cells(found: Sequence[dict[str, Any]], *keys: str) -> list[list[dict[str, Any]]]:
    cells: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in found:
        cells.setdefault(tuple(one[key] for key in keys or ("set", "n", "outliers")), []).append(one)
    return list(cells.values())


def share_of_attainable(found: Sequence[dict[str, Any]], key: str) -> float:
    """Return the mean share of defects that verdicts find by the mean attainable one."""
    attainable = sum(one["attainable"] for one in found)
    return sum(one[key] for one in found) / attainable if attainable else math.nan


def main(words: list[str] | None = None, tell: Callable[[str], None] = print) -> int:
    """Read the words of the command, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the given datasets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--only", action="append", choices=SETS, help="a set; repeatable")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="measure nothing, write what is kept")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args(words)
    if asked.write:
        write_into(asked.document, tables_of(read(asked.out)))
        return 0
    for name in asked.only or SETS:
        pairs = pair_distances(name, labelled_photos(name, asked.data, asked.out), asked.out)
        found = list(splits_of(name, pairs, asked.splits))
        place = asked.out / "shipped_limit" / f"{name}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary:
            temporary.write_text(json.dumps(found), encoding="utf-8")
        tell(f"{name}: {len(found)} splits, {share_of_attainable(found, 'found'):.0%} of the attainable share")
    return 0


if __name__ == "__main__":
    sys.exit(main())
