"""Whether the coverage curve foretells what more good photos do: trained on few, then really on more.

    python benchmarks/judgement/coverage.py DATASET [DATASET ...] [--method patchcore] [--out FILE.json]

Each DATASET is a category in the layout of MVTec AD. Of its good photos, those of training and those of the test
together, a part is never trained on. The others train with 12, 25, 50, 100 and 150 of them, each set within the next. A
line states how far the mean score of new photos fell to the next larger set, how far the curve had forecast it, and how
many more photos the curve asked for.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from inspector.core.good_photos.enough_photos import coverage_of, score_at
from inspector.core.good_photos.suspects import count_once
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.storage.folders import weights_folder
from inspector.storage.good_photos.good_set import GoodSet, read_good_set
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images

COUNTS = (12, 25, 50, 100, 150)
UNSEEN = 60
DEFECTIVE = 40


def measure(dataset: Path, method: str, seed: int = 0) -> list[dict[str, Any]]:
    """Train with each number of good photos.

    Parameters
    ----------
    dataset : Path
        A category in the layout of MVTec AD.
    method : str
        With a memory bank.
    seed : int
        Draws which photos train, and seeds the recipe.

    Returns
    -------
    list of dict
        For each of `COUNTS` that there are enough photos for: ``goods``, ``points`` of the curve, its ``drop`` and
        ``more``, ``unseen`` and ``defective``: mean raw score of new good photos and of defective photos.
    """
    goods = read_good_set(dataset / "train" / "good")
    distinct = list(count_once(goods.fingerprints, ignore_progress, CancelToken()).distinct)
    order = [distinct[at] for at in np.random.default_rng(seed).permutation(len(distinct))]
    tests = list_images(dataset / "test")
    defective = [path for path in tests if path.parent.name != "good"][:DEFECTIVE]
    unseen = [path for path in tests if path.parent.name == "good"]
    spare = max(UNSEEN - len(unseen), 0)
    unseen = [goods.paths[at] for at in order[len(order) - spare :]] + unseen[:UNSEEN]
    order = order[: len(order) - spare]
    recipe = Recipe(method=method, seed=seed)
    return [_train(goods, order[:count], recipe, unseen, defective) for count in COUNTS if count <= len(order)]


def _train(
    goods: GoodSet, chosen: Sequence[int], recipe: Recipe, unseen: Sequence[Path], defective: Sequence[Path]
) -> dict[str, Any]:
    from inspector.engine.methods.table import make_detector

    detector = make_detector(recipe, goods.photo_hw, weights_folder())
    fitted = detector.fit(goods.at(sorted(chosen)), ignore_progress, CancelToken())
    coverage = coverage_of(fitted.coverage)
    assert coverage is not None
    new, bad = (
        float(np.mean([detector.score_maps([read_image(path)])[0].score for path in paths]))
        for paths in (unseen, defective)
    )
    print(f"{len(chosen)} good photos: {coverage}", file=sys.stderr)
    return {
        "goods": len(chosen),
        "points": [[point.goods, point.score] for point in fitted.coverage],
        "held_out": float(np.mean([one.score for one in fitted.good_maps])),
        "drop": coverage.drop,
        "more": coverage.more,
        "unseen": new,
        "defective": bad,
        "foretold": {str(count): score_at(fitted.coverage, count) for count in COUNTS},
        "now": score_at(fitted.coverage, len(chosen)),
    }


def table(figures: dict[str, list[dict[str, Any]]]) -> str:
    """Return the measurements as a markdown table."""
    lines = [
        "| set | good photos | more photos asked for | next | score falls, foretold | score fell, measured |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in figures.items():
        for run, following in zip(runs, [*runs[1:], None], strict=True):
            more = "many" if run["more"] is None else f"{run['more'] or 'none: enough'}"
            cells = [name, str(run["goods"]), more, "", "", ""]
            if following is not None:
                foretold = 1.0 - run["foretold"][str(following["goods"])] / run["now"]
                fell = 1.0 - following["unseen"] / run["unseen"]
                cells[3:] = [str(following["goods"]), f"{foretold:.1%}", f"{fell:.1%}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Read the words of the command, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--method", default="patchcore", choices=["patchcore", "reconpatch"])
    parser.add_argument("--out", type=Path, help="also keep all that was measured")
    words = parser.parse_args()
    figures = {dataset.name: measure(dataset, words.method) for dataset in words.datasets}
    if words.out is not None:
        words.out.write_text(json.dumps(figures, indent=1))
    print(table(figures))


if __name__ == "__main__":
    main()
