"""Measure whether verdicts are as good as the scores: detection at the shipped limits, promises, refusals, groups.

    python benchmarks/judgement/verdicts.py --data DIR --out RESULTS [--only SET] [--n N] [--splits K] [--outliers K]
    [--groups]
        [--small] [--minutes M] [--write]

Each split draws good photos, plants none to three outliers among them, trains as `inspector train` does, and judges
other good photos and the defective photos as `inspector inspect` does. With --groups the splits are drawn by group,
which the program is not told, and new groups are judged. Features of the backbone are kept in RESULTS. Each result is a
line of RESULTS/verdicts.jsonl, and an interrupted run continues; results of other code are measured again. --small
trains the small setting of benchmarks/judgement/promise.py, a seventh of the work. --write puts the kept results into
docs/benchmarks/verdicts.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np

from benchmarks.judgement.kept_by_content import features_kept
from benchmarks.judgement.splits import SETTINGS
from benchmarks.judgement.verdict_sets import PLANTED, SETS, LabelledPhotos, groups_of, labelled_photos, planted
from benchmarks.judgement.verdict_tables import write_tables
from benchmarks.measuring.cells import source_version
from inspector.core.errors import InspectorError
from inspector.core.promise.detection import LabelledScores, detection_of
from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.training.plan import Recipe
from inspector.core.values import Verdict
from inspector.storage.bundles.bundle import StoredBundle
from inspector.storage.good_photos.good_set import check_good_photos
from inspector.storage.photos.images import list_images
from inspector.workflows.judging.inspect import inspect_photo
from inspector.workflows.judging.limits import as_json
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.training.grouping import groups_json
from inspector.workflows.training.train import Learned, learn

COUNTS = (20, 30, 50, 100, 200)
FEWEST_UNSEEN = 8
MOST_JUDGED = 60
"""Unseen good photos, and defective ones, that are judged in each split at most."""
OUTLIERS = (0, 1, 2, 3)
RECIPES = {"default": Recipe(), "small": SETTINGS["small-reconpatch"].recipe}
GROUPED = ("ball_screw", "mvtec_transistor_512", "solar-mono", "solar-poly")
MOST_GROUPED = 120
"""Good photos of half of the groups that are trained on at most."""
GROUPED_DEFECTS = 20
"""Defective photos judged in splits by group, where the good photos of new groups matter."""


@dataclass(frozen=True, slots=True)
class Split:
    """One split: its training and test photos, and its name in the results.

    `train` says for each good photo which file takes its place: mostly its own.
    """

    names: dict[str, Any]
    train: dict[Path, Path]
    unseen: list[Path]
    defects: list[Path]


def split_of(name: str, photos: LabelledPhotos, n: int, number: int, outliers: int, planted_in: Path) -> Split:
    """Draw a split of a set: `n` photos to train on, of which `outliers` are none of the kind."""
    rng = np.random.default_rng([number, n])
    goods = [photos.goods[place] for place in rng.permutation(len(photos.goods))]
    defects = [photos.defects[place] for place in rng.permutation(len(photos.defects))]
    kinds = [PLANTED[(number + place) % len(PLANTED)] for place in range(outliers)]
    kept, replaced = goods[: n - outliers], goods[n - outliers : n]
    strange = [planted(*words, planted_in) for words in zip(kinds, replaced, defects[:outliers], strict=True)]
    train = {path: path for path in kept} | dict(zip(replaced, strange, strict=True))
    used = set(strange)
    unseen = goods[n : n + MOST_JUDGED]
    judged = [path for path in defects if path not in used][:MOST_JUDGED]
    names = {"set": name, "n": n, "split": number, "outliers": outliers, "kinds": kinds}
    return Split(names, train, unseen, judged)


def grouped_split(name: str, photos: LabelledPhotos, number: int, results: Path) -> Split:
    """Draw half of the groups to train on; photos of the others are new."""
    groups = groups_of(name, photos, results)
    rng = np.random.default_rng(number)
    order = [list(groups)[place] for place in rng.permutation(len(groups))]
    known, new = order[: len(order) // 2], order[len(order) // 2 :]
    train = [path for group in known for path in groups[group]]
    train = sorted(train[place] for place in rng.permutation(len(train))[:MOST_GROUPED])
    unseen = [path for group in new for path in groups[group]]
    unseen = [unseen[place] for place in rng.permutation(len(unseen))[:MOST_JUDGED]]
    names = {"set": name, "grouped": True, "split": number, "known": len(known), "new": len(new), "n": len(train)}
    return Split(names, {path: path for path in train}, unseen, list(photos.defects[:GROUPED_DEFECTS]))


def lay_out(train: dict[Path, Path], folder: Path) -> list[Path]:
    """Copy the photos to train on into one folder, in natural order: neither folder, name nor time tells an outlier."""
    for good, file in train.items():
        target = folder / f"{good.stem}{file.suffix}"
        if target.exists():  # photos to train on and to test on are numbered alike in some sets
            target = folder / f"{good.stem}b{file.suffix}"
        shutil.copyfile(file, target)
        shutil.copystat(good, target)
    return list_images(folder)


def measure(split: Split, recipe: Recipe) -> dict[str, Any]:
    """Train and judge as the product does."""
    with tempfile.TemporaryDirectory() as scratch:
        return _measure(split, recipe, lay_out(split.train, Path(scratch)))


def _measure(split: Split, recipe: Recipe, train: Sequence[Path]) -> dict[str, Any]:
    started = time.monotonic()
    folder = train[0].parent
    good_set = check_good_photos(folder, train)
    learned = learn(good_set, recipe.model_copy(update={"seed": split.names["split"]}), device="cpu")
    trained = time.monotonic() - started
    model = LoadedBundle(StoredBundle(folder, "", learned.manifest, {}), learned.detector, learned.guards)
    found = [inspect_photo(model, path) for path in (*split.unseen, *split.defects)]
    scores = np.array([math.nan if one.score is None else one.score for one in found])
    verdicts = [one.verdict(learned.manifest.limits) for one in found]
    defective = np.arange(len(found)) >= len(split.unseen)
    refused = np.array([one in (Verdict.REFUSED, Verdict.UNREADABLE) for one in verdicts])
    labelled = LabelledScores(scores, defective, refused)
    limits = learned.manifest.limits
    goods = verdicts[: len(split.unseen)]
    return {
        "detection": asdict(detection_of(labelled, limits)),
        "realised": float((labelled.goods > limits.threshold).mean()),
        "unseen": len(split.unseen),
        "unsure": goods.count(Verdict.UNSURE) / len(goods),
        "unsure_stated": as_json(model.stored)["unsure_share"] or 0.0,
        "refused": {"good": float(refused[~defective].mean()), "defective": float(refused[defective].mean())},
        **_stated(learned),
        "seconds": {"train": trained, "judge": time.monotonic() - started - trained},
        "good_scores": _rounded(learned.manifest.good_scores),
        "scores": _rounded(scores),
    }


def _stated(learned: Learned) -> dict[str, Any]:
    """Return the product's answer on its limit, and the limit of the plain order statistic."""
    manifest = learned.manifest
    promise = manifest.promise_at(manifest.limits.threshold)
    plain = threshold_from_good_scores(manifest.good_scores, manifest.recipe.false_alarm_rate)
    return {
        "threshold": manifest.limits.threshold,
        "unsure_threshold": manifest.limits.unsure_threshold,
        "plain_threshold": plain.value,
        "promised": promise.rate,
        "high": promise.high,
        "under": promise.under,
        "groups": groups_json(manifest.groups),
    }


def _rounded(scores: Any) -> list[float | None]:
    return [None if math.isnan(one) else float(f"{one:.5g}") for one in scores]


def cases(asked: argparse.Namespace) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the splits to measure, the first split of every setting first."""
    if asked.groups:
        for number, name in itertools.product(range(asked.splits), asked.only or GROUPED):
            yield name, {"split": number}
        return
    outliers = OUTLIERS if asked.outliers is None else asked.outliers
    for number, n, planted_ones, name in itertools.product(
        range(asked.splits), asked.n or COUNTS, outliers, asked.only or SETS
    ):
        yield name, {"split": number, "n": n, "outliers": planted_ones}


def run(asked: argparse.Namespace) -> None:
    """Measure missing splits until the time is over."""
    place = asked.out / "verdicts.jsonl"
    source = source_version()
    done = {_key(one) for one in read(place) if one["source"] == source or asked.reuse}
    sets: dict[str, LabelledPhotos] = {}
    until = time.monotonic() + asked.minutes * 60.0
    for name, case in cases(asked):
        if time.monotonic() > until:
            break
        recipe = "small" if asked.small else "default"
        names = {"set": name, "recipe": recipe} | case | ({"grouped": True} if asked.groups else {})
        if _key(names) in done:
            continue
        photos = sets.setdefault(name, labelled_photos(name, asked.data, asked.out))
        if not asked.groups and len(photos.goods) < case["n"] + FEWEST_UNSEEN:
            continue
        try:
            split = (
                grouped_split(name, photos, case["split"], asked.out)
                if asked.groups
                else split_of(name, photos, case["n"], case["split"], case["outliers"], asked.out / "planted" / name)
            )
            with features_kept(asked.out / "features"):
                found = names | split.names | {"source": source} | measure(split, RECIPES[recipe])
        except InspectorError as error:
            print(f"{names}: {error}", file=sys.stderr, flush=True)
            continue
        with place.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(found) + "\n")  # a torn line stays alone
        print(f"{names}: {found['seconds']}, {found['detection']}", file=sys.stderr, flush=True)


def read(place: Path) -> list[dict[str, Any]]:
    """Return the results that are kept, oldest first; a torn last line is left out."""
    found = []
    for line in place.read_text(encoding="utf-8").splitlines() if place.is_file() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _key(names: dict[str, Any]) -> tuple[Any, ...]:
    if names.get("grouped"):
        return names["set"], names["recipe"], "grouped", names["split"]
    return names["set"], names["recipe"], names["n"], names["split"], names["outliers"]


def main(words: list[str] | None = None) -> int:
    """Read the words of the command, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the given datasets")
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps what was measured")
    parser.add_argument("--only", action="append", choices=SETS, help="a set; repeatable")
    parser.add_argument("--n", action="append", type=int, help="good photos to train on; repeatable")
    parser.add_argument("--outliers", action="append", type=int, choices=OUTLIERS, help="planted ones; repeatable")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--groups", action="store_true", help="draw splits by group")
    parser.add_argument("--small", action="store_true", help="train the small setting")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing after so long")
    parser.add_argument("--reuse", action="store_true", help="take what older code measured")
    parser.add_argument("--write", action="store_true", help="measure nothing, write what is kept")
    parser.add_argument("--document", type=Path, help="one file for all tables, instead of the pages of docs")
    asked = parser.parse_args(words)
    asked.out.mkdir(parents=True, exist_ok=True)
    if not asked.write:
        run(asked)
        return 0
    source = source_version()
    kept = {_key(one): one for one in read(asked.out / "verdicts.jsonl") if asked.reuse or one["source"] == source}
    write_tables(asked.document, list(kept.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
