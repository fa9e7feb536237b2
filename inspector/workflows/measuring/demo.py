"""The main job on real photos: solar cells from the PyPI package elpv-dataset (CC BY-NC-SA 4.0)."""

from __future__ import annotations

import importlib.util
import random
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inspector.core.errors import DatasetError
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.core.promise.detection import Detection, LabelledScores, detection_of, detection_words
from inspector.core.promise.metrics import auroc
from inspector.core.training.plan import Recipe
from inspector.core.values import Inspection, Verdict
from inspector.storage.photos.photo_formats import IMAGE_SUFFIXES
from inspector.storage.reports import write_report
from inspector.storage.results.inspection_run import InspectionRun
from inspector.workflows.computer.machine import PACKAGE
from inspector.workflows.judging.inspect import as_json as inspect_json
from inspector.workflows.judging.inspect import inspect_folder
from inspector.workflows.training.train import TrainingOutcome, train
from inspector.workflows.training.train import as_json as train_json

TRAINING_GOODS = 150
NEW_GOODS = 100
NEW_DEFECTIVES = 100
SEED = 0


DEFECTIVE = "defective"

CREDIT = (
    "Electroluminescence photos of solar cells: ELPV dataset (Buerhop-Lutz et al. 2018; Deitsch et al. 2019, 2021), "
    "CC BY-NC-SA 4.0."
)


@dataclass(frozen=True, slots=True)
class DemoData:
    """Folders of demo photos.

    Parameters
    ----------
    good : Path
        Good cells to train on.
    mixed : Path
        Cells never trained on, in the subfolders ``good`` and ``defective``.
    """

    good: Path
    mixed: Path


def prepare_demo_data(
    folder: Path,
    *,
    kind: str = "mono",
    goods: int = TRAINING_GOODS,
    new_goods: int = NEW_GOODS,
    new_defectives: int = NEW_DEFECTIVES,
) -> DemoData:
    """Copy solar-cell photos into a folder: good ones to train on, and good and surely defective ones to inspect.

    Parameters
    ----------
    folder : Path
        Made if it does not exist; photos from an earlier call are replaced.
    kind : {"mono", "poly"}
        Mono- or polycrystalline cells.
    goods, new_goods, new_defectives : int
        How many; always the same photos for the same numbers. Good means defect probability 0, defective 1.

    Raises
    ------
    DatasetError
        If the package is not installed, the folder cannot be written, or it holds photos that are not the demo's.
    """
    good, defective = _labelled(kind)
    order = random.Random(SEED)
    order.shuffle(good)
    order.shuffle(defective)
    data = DemoData(folder / "good", folder / "new")
    new_good, new_defective = data.mixed / "good", data.mixed / DEFECTIVE
    try:
        for target in (data.good, new_good, new_defective):
            _clear(target, good[0].parent)
        _copy(good[:goods], data.good)
        _copy(good[goods : goods + new_goods], new_good)
        _copy(defective[:new_defectives], new_defective)
    except OSError as error:
        raise DatasetError(
            folder, f"the demo photos cannot be copied here ({error.strerror})", action="choose another folder"
        ) from error
    return data


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """The outcome of the demo.

    Parameters
    ----------
    data : DemoData
    trained : TrainingOutcome
    run : InspectionRun
    image_auroc : float
        Of the photos never trained on.
    results, report : Path
        Folder of results, and the HTML report.
    seconds : float
        Wall time in all.
    """

    data: DemoData
    trained: TrainingOutcome
    run: InspectionRun
    image_auroc: float
    results: Path
    report: Path
    seconds: float


def run_demo(
    out: Path, *, device: str = "auto", report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> DemoOutcome:
    """Train on good solar cells, inspect good and defective ones never trained on, and write the report.

    Raises
    ------
    InspectorError
        With the action; usually because the demo photos are not installed.
    Cancelled
        If `token` was cancelled.
    """
    started = time.perf_counter()
    data = prepare_demo_data(out / "photos")
    bundle, results, page = out / "solar-cells.inspector", out / "results", out / "report.html"
    trained = train(data.good, bundle, Recipe(), device=device, report=report, token=token)
    run = inspect_folder(data.mixed, bundle, results, device=device, report=report, token=token)
    write_report(run, page, report=report, token=token)
    return DemoOutcome(data, trained, run, _image_auroc(run), results, page, time.perf_counter() - started)


def as_json(outcome: DemoOutcome) -> dict[str, Any]:
    """Return the outcome under stable keys; ``train`` and ``inspect`` hold those of their commands."""
    return {
        "image_auroc": outcome.image_auroc,
        "seconds": outcome.seconds,
        "train": train_json(outcome.trained),
        "inspect": inspect_json(outcome.run, outcome.results),
        "confusion": _confusion(outcome.run),
        "detection": asdict(_detection(outcome.run)),
        "report": str(outcome.report),
        "credit": CREDIT,
    }


def in_words(outcome: DemoOutcome) -> str:
    """Return the outcome of the demo as text."""
    counts = _counts(outcome.run)
    found = _detection(outcome.run)
    return (
        f"Trained on {outcome.trained.manifest.goods.count} good solar cells in "
        f"{outcome.trained.seconds['total']:.0f} s.\n"
        f"Of {_all(counts, True)} defective cells never trained on: {_listed(counts, True)}. {detection_words(found)}\n"
        f"Of {_all(counts, False)} good cells never trained on: {_listed(counts, False)}. "
        f"Image AUROC {outcome.image_auroc:.3f}.\n"
        f"Report: {outcome.report}\n{CREDIT}"
    )


Counts = Mapping[tuple[bool, Verdict], int]


def _all(counts: Counts, defective: bool) -> int:
    return sum(count for (kind, _), count in counts.items() if kind is defective)


def _listed(counts: Counts, defective: bool) -> str:
    """Return "72 NG, 3 UNSURE, 25 OK": the verdicts that were given."""
    given = (Verdict.NG, Verdict.UNSURE, Verdict.OK, Verdict.REFUSED, Verdict.UNREADABLE)
    return ", ".join(f"{counts[defective, one]} {one}" for one in given if counts[defective, one] or one is Verdict.NG)


def _detection(run: InspectionRun) -> Detection:
    defective = np.array([_is_defective(one) for one in run.inspections])
    scores = np.array([np.nan if one.score is None else one.score for one in run.inspections], dtype=np.float64)
    refused = np.array([not one.judged for one in run.inspections])
    return detection_of(LabelledScores(scores, defective, refused), run.limits)


def _is_defective(inspection: Inspection) -> bool:
    return inspection.path.parent.name == DEFECTIVE


def _image_auroc(run: InspectionRun) -> float:
    judged = [one for one in run.inspections if one.judged]
    scores = np.array([one.score for one in judged], dtype=np.float64)
    return auroc(scores, np.array([_is_defective(one) for one in judged]))


def _counts(run: InspectionRun) -> Counter[tuple[bool, Verdict]]:
    return Counter((_is_defective(one), one.verdict(run.limits)) for one in run.inspections)


def _confusion(run: InspectionRun) -> dict[str, int]:
    counts = _counts(run)
    kinds = {"good": False, "defective": True}
    verdicts = (Verdict.OK, Verdict.UNSURE, Verdict.NG, Verdict.REFUSED)
    return {f"{kind}_{str(one).lower()}": counts[place, one] for kind, place in kinds.items() for one in verdicts}


def _labelled(kind: str) -> tuple[list[Path], list[Path]]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DatasetError(
            "elpv-dataset", "the demo photos are not installed", action="run: pip install 'inspector[demo]'"
        )
    data = Path(spec.origin).parent / "data"
    good, defective = [], []
    for line in (data / "labels.csv").read_text(encoding="utf-8").splitlines():
        name, probability, its_kind = line.split()
        if its_kind != kind:
            continue
        if float(probability) == 0.0:
            good.append(data / name)
        elif float(probability) == 1.0:
            defective.append(data / name)
    return good, defective


def _clear(folder: Path, originals: Path) -> None:
    """Remove the photos of an earlier demo, and nothing else: the folder may be one that the user had before."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [file for file in folder.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES]
    for file in found:
        if file.parent != folder or not (originals / file.name).is_file():
            raise DatasetError(
                file, "this is no photo of the demo, and none may lie here", action="choose another folder"
            )
    for file in found:
        file.unlink()


def _copy(photos: Sequence[Path], folder: Path) -> None:
    for photo in photos:
        shutil.copyfile(photo, folder / photo.name)
