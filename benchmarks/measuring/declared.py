"""The tables of docs/benchmarks: what each row measures.

A new row is one line here. A new table is one entry here and one pair of markers in docs/benchmarks; a test compares
both.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measuring import ablation_rows
from benchmarks.photos.datasets import DATASETS

SEEDS = 3
"""Of each row; the ablation, whose learned stages take minutes each, has one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a label, and the words of `inspector evaluate` after the dataset."""

    label: str
    options: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Parameters
    ----------
    name : str
        Of its markers in docs/benchmarks.
    datasets : tuple of str
        Names from `benchmarks.photos.datasets.DATASETS`. One: all its figures are shown. Several: `figure` is shown
        for each, and their mean.
    rows : tuple of Row
    figure : str or None
        The figure that is shown for several datasets.
    repeats : int
        Seeds of each row, from 0.
    """

    name: str
    datasets: tuple[str, ...]
    rows: tuple[Row, ...]
    figure: str | None = None
    repeats: int = SEEDS


METHODS = (
    Row("reconpatch", "--method reconpatch"),
    Row("coarse-to-fine", "--method coarse-to-fine"),
    Row("patchcore", "--method patchcore"),
    Row("untrained", "--method reconpatch --set steps=0 --set start=orthogonal"),
    Row("untrained start", "--method reconpatch --set steps=0"),
)
ABLATION = tuple(
    Row(label, " ".join(["--method coarse-to-fine", *(f"--set {setting}" for setting in settings)]))
    for label, settings in ablation_rows.ABLATION.items()
)
ABLATION_IN_SHORT = tuple(row for row in ABLATION if row.label in ablation_rows.IN_SHORT)
ABLATION_ROWS = {
    "turned-transistor": ABLATION,
    # Only here is there anything to crop.
    "laid-out-transistor": tuple(row for row in ABLATION if row.label in ablation_rows.OF_SMALL_PARTS),
}
FEW_SHOTS = (1, 5, 10)
FEW_SHOT_METHODS = ("reconpatch", "patchcore", "coarse-to-fine")
FEW_SHOT = tuple(
    Row(f"{method}, {shots} good", f"--method {method} --shots {shots}")
    for method in FEW_SHOT_METHODS
    for shots in FEW_SHOTS
)
FEW_SHOT_TURNED = tuple(
    Row(f"{method}, {shots} good in 8 rotations", f"--method {method} --shots {shots} --set rotations=8")
    for method in ("reconpatch", "patchcore")
    for shots in FEW_SHOTS
)
# Defaults are not spelled out: a row with the same words as one of another table is measured once.
SIZES = (
    Row("192 px", "--method reconpatch --size 192"),
    Row("256 px", "--method reconpatch"),
    Row("320 px", "--method reconpatch --size 320"),
    Row("384 px", "--method reconpatch --size 384"),
)
BACKBONES = (
    Row("lite0", "--method reconpatch"),
    Row("lite1", "--method reconpatch --backbone tf_efficientnet_lite1"),
    Row("lite2", "--method reconpatch --backbone tf_efficientnet_lite2"),
    Row(
        "lite0 + lite1 + lite2",
        "--method reconpatch --backbone tf_efficientnet_lite0+tf_efficientnet_lite1+tf_efficientnet_lite2",
    ),
)
FOR_ABLATION_ONLY = ("tilted-transistor", "laid-out-transistor")
ALL = tuple(name for name in DATASETS if name not in FOR_ABLATION_ONLY)
WITH_MASKS = tuple(name for name in ALL if not name.startswith("solar"))
SMALL_STUDY = ("transistor", "solar-mono", "solar-poly")

TABLES = (
    *(Table(f"methods-{name}", (name,), METHODS) for name in ALL),
    Table("summary-image-auroc", ALL, METHODS, figure="image_auroc"),
    Table("summary-pixel-auroc", WITH_MASKS, METHODS, figure="pixel_auroc"),
    Table("summary-aupro-30", WITH_MASKS, METHODS, figure="aupro_30"),
    # The learned stages take minutes a row, so one seed, and all rows only where parts come turned.
    *(Table(f"ablation-{name}", (name,), ABLATION_ROWS.get(name, ABLATION_IN_SHORT), repeats=1) for name in DATASETS),
    Table("few-shot-transistor", ("transistor",), FEW_SHOT),
    Table("few-shot-hazelnut", ("hazelnut",), FEW_SHOT + FEW_SHOT_TURNED),
    *(Table(f"sizes-{name}", (name,), SIZES, repeats=1) for name in SMALL_STUDY),
    *(Table(f"backbones-{name}", (name,), BACKBONES, repeats=1) for name in SMALL_STUDY),
)


def chosen_tables(names: list[str]) -> list[Table]:
    """Return the tables that names stand for: a table's own name, or the beginning that several share; all for none."""
    return [
        table
        for table in TABLES
        if not names or any(table.name == name or table.name.startswith(f"{name}-") for name in names)
    ]
