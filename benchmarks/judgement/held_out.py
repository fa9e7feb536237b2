"""By how much the scores of good photos are too low, since the detector has seen them.

    python benchmarks/judgement/held_out.py DATASET [--goods 20] [--splits 10] [--unseen 40] [--size 96] [--method
    reconpatch]
        [--set NAME=VALUE ...] [--data FOLDER] [--results FOLDER]

Each split trains on good photos drawn at random, and scores others that it has never seen. A line gives the ratio of
the mean score of the former, each scored without its own patches, to that of the latter, with its standard error over
the splits. Below 1 the scores are too low, and more false alarms come than the threshold promises. The rows of the
table "Scores of the good photos" in docs/threshold.md:

    python benchmarks/judgement/held_out.py solar-mono --set pool_rows=4200 bank_rows=560 anchors=16 start=orthogonal
    --splits 16 python benchmarks/judgement/held_out.py solar-mono --preset reconpatch-wrn50 --set pool_rows=4200
    bank_rows=560 steps=400 \
        learning_rate=5e-4 anchors=192
    python benchmarks/judgement/held_out.py hazelnut --method coarse-to-fine --set channels=40 align=always --splits 4
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from benchmarks.judgement.splits import read_goods
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.training.presets import PRESETS
from inspector.storage.folders import weights_folder
from inspector.storage.good_photos.good_set import GoodSet


def ratios(goods: GoodSet, recipe: Recipe, trained_on: int, unseen: int, splits: int) -> Iterator[float]:
    """Yield, for each split, the mean score of the photos trained on, divided by that of photos never seen.

    Parameters
    ----------
    goods : GoodSet
        All good photos.
    recipe : Recipe
        Its seed is replaced by the split's number.
    trained_on, unseen : int
        Photos to train on, and others to score at most.
    splits : int
        Number of random splits.
    """
    from inspector.engine.methods.table import make_detector

    for number in range(splits):
        order = np.random.default_rng(number).permutation(len(goods))
        drawn, left = np.sort(order[:trained_on]), np.sort(order[trained_on : trained_on + unseen])
        detector = make_detector(recipe.model_copy(update={"seed": number}), goods.photo_hw, weights_folder(), "cpu")
        fitted = detector.fit([goods[int(place)] for place in drawn], ignore_progress, CancelToken())
        never_seen = detector.score_maps([goods[int(place)] for place in left])
        seen = np.mean([one.score for one in fitted.good_maps])
        yield float(seen / np.mean([one.score for one in never_seen]))


def row(found: list[float]) -> str:
    """Return "0.95 +- 0.01 over 10 splits"."""
    error = float(np.std(found, ddof=1)) / len(found) ** 0.5 if len(found) > 1 else float("nan")
    return f"{np.mean(found):.2f} +- {error:.2f} over {len(found)} splits"


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """Return the recipe that the command asks for: of a preset its settings, with the backbone that is installed."""
    chosen = dict(PRESETS[arguments.preset].settings) if arguments.preset else {}
    for words in arguments.set:
        name, _, value = words.partition("=")
        chosen[name] = _value(value)
    return Recipe(method=arguments.method, size=arguments.size, settings=chosen)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def main() -> int:
    """Print a line for each split, the last one of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--goods", type=int, default=20)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--unseen", type=int, default=40)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--method", default="reconpatch")
    parser.add_argument("--preset", choices=sorted(PRESETS))
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--results", type=Path, default=Path("benchmark-results"))
    arguments = parser.parse_args()
    goods = read_goods(arguments.dataset, arguments.data, arguments.results)
    found: list[float] = []
    for ratio in ratios(goods, recipe_of(arguments), arguments.goods, arguments.unseen, arguments.splits):
        found.append(ratio)
        print(row(found), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
