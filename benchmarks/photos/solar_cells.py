"""Write solar cells of the installed package elpv-dataset in the layout of MVTec AD.

    python benchmarks/photos/solar_cells.py KIND OUT      KIND: mono or poly

150 good cells to train on, 100 good and 100 surely defective ones to test on: those of `inspector demo`. No masks.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from inspector.workflows.measuring.demo import prepare_demo_data


def write_solar_cells(kind: str, out: Path, **counts: int) -> int:
    """Write cells of one kind and return the number of photos.

    Parameters
    ----------
    kind : {"mono", "poly"}
        Mono- or polycrystalline.
    out : Path
        Must not exist.
    **counts : int
        As in `inspector.workflows.measuring.demo.prepare_demo_data`.
    """
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        data = prepare_demo_data(Path(scratch), kind=kind, **counts)
        (out / "train").mkdir()
        shutil.move(data.good, out / "train" / "good")
        shutil.move(data.mixed, out / "test")
    return sum(1 for photo in out.rglob("*") if photo.is_file())


def main() -> None:
    """Read the words of the command and write the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["mono", "poly"])
    parser.add_argument("out", type=Path)
    words = parser.parse_args()
    print(f"{write_solar_cells(words.kind, words.out)} photos in {words.out}")


if __name__ == "__main__":
    main()
