"""The datasets that are measured on: where they lie, or how they are made."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset in the layout of MVTec AD.

    Parameters
    ----------
    folder : str
        Its folder name: in the folder of data for a given dataset, in the folder of results for a dataset that a script
        makes.
    script : tuple of str
        The script of this folder that makes it and its arguments, without the last, the target folder. A word that is
        another dataset's folder stands for its path. Empty for a dataset that is given.
    """

    folder: str
    script: tuple[str, ...] = ()


DATASETS = {
    "transistor": Dataset("mvtec_transistor_512"),
    "hazelnut": Dataset("mvtec_hazelnut_256"),
    "solar-mono": Dataset("solar_mono", ("photos/solar_cells.py", "mono")),
    "solar-poly": Dataset("solar_poly", ("photos/solar_cells.py", "poly")),
    "deeppcb": Dataset("deeppcb"),
    "turned-transistor": Dataset("turned_transistor", ("photos/turn_dataset.py", "mvtec_transistor_512")),
    "tilted-transistor": Dataset(
        "tilted_transistor", ("photos/turn_dataset.py", "mvtec_transistor_512", "--degrees", "30")
    ),
    "laid-out-transistor": Dataset("laid_out_transistor", ("photos/lay_out_parts.py", "mvtec_transistor_512")),
}
"""By the name in the tables; docs/benchmarks/detection.md describes them."""


class DatasetMissing(Exception):
    """A given dataset is missing in the folder of data, or a script could not make its dataset."""


def find_dataset(name: str, data: Path, results: Path) -> Path:
    """Return where a dataset lies; one that a script makes is made at the first call.

    Raises
    ------
    DatasetMissing
        With one sentence.
    """
    dataset = DATASETS[name]
    if not dataset.script:
        path = data / dataset.folder
        if not path.is_dir():
            raise DatasetMissing(f"{path}: there is no such folder; put the dataset there, or give another --data")
        return path
    path = results / "datasets" / dataset.folder
    with _making:  # measurements run several at once, and may ask for the same one
        if not path.is_dir():
            script, *words = dataset.script
            given = {one.folder: data / one.folder for one in DATASETS.values() if not one.script}
            _make(HERE / script, [str(given.get(word, word)) for word in words], path)
    return path


def commands(names: tuple[str, ...]) -> list[str]:
    """Return the commands that make those of the datasets that a script makes."""
    return [
        f"python benchmarks/{' '.join(DATASETS[name].script)} {DATASETS[name].folder}"
        for name in names
        if DATASETS[name].script
    ]


def _make(script: Path, words: list[str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        made = Path(scratch, path.name)
        finished = subprocess.run(
            [sys.executable, str(script), *words, str(made)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if finished.returncode != 0:
            reason = (finished.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise DatasetMissing(f"{script.name} could not make {path.name}: {reason}")
        made.rename(path)  # only now, so that a run that is broken off leaves no half a dataset under this name
