"""The rows of the ablation table of coarse-to-fine: what each stage adds, by settings alone.

A row is the value of ``--set`` for ``inspector evaluate DATASET --method coarse-to-fine``. Rows that align do so
regardless of the gate, so that each stage shows its effect on parts that lie alike, too; "default" is the training
without settings, gate included.
"""

from __future__ import annotations

NEITHER = ["foreground=false", "background_rows=0", "symmetry=1"]
SEARCH = ["align=always"]
TRANSFORMER = ["align=always", "coarse=transformer", "crop=false", *NEITHER]

ABLATION: dict[str, list[str]] = {
    "default": [],
    "Gaussians alone (PaDiM)": ["align=never"],
    "+ ICA by search": [*SEARCH, "crop=false", *NEITHER],
    "+ crop": [*SEARCH, *NEITHER],
    "+ foreground": [*SEARCH, "background_rows=0", "symmetry=1"],
    "+ background": [*SEARCH, "symmetry=1"],
    "+ both poses": SEARCH,
    "ICA by transformer, rotation": [*TRANSFORMER, "family=rotation"],
    "ICA by transformer, rotation, without guard": [*TRANSFORMER, "family=rotation", "guard=false"],
    "ICA by transformer, rotation + scale + translation": [*TRANSFORMER, "family=rotation+scale+translation"],
    "ICA by transformer, affine": [*TRANSFORMER, "family=affine"],
    "ICA by transformer, affine, no limits": [*TRANSFORMER, "family=affine", "limited=false"],
    "ICA by transformer, affine, no limits, without guard": [
        *TRANSFORMER,
        "family=affine",
        "limited=false",
        "guard=false",
    ],
    "ICA by transformer, rotation, gated": ["coarse=transformer", "family=rotation"],
    "default + FCA": ["feature_transformers=true", "fine_trains=heads", "fine_steps=100"],
    "default + fine alignment of the blocks": ["fine_steps=100"],
    "default + FCA + fine alignment of the blocks": ["feature_transformers=true", "fine_steps=100"],
    "default + fine alignment of the heads, Gaussians on the projection": [
        "fine_trains=heads",
        "gaussians_on=projection",
        "fine_steps=100",
    ],
}
"""Label to settings, each ``NAME=VALUE``; the first two groups are cumulative."""

IN_SHORT = (
    "default",
    "Gaussians alone (PaDiM)",
    "+ both poses",
    "ICA by transformer, rotation",
    "default + FCA",
    "default + fine alignment of the blocks",
)
"""One row for each stage, for the sets that do not get all rows."""

OF_SMALL_PARTS = (
    "default",
    "Gaussians alone (PaDiM)",
    "+ ICA by search",
    "+ crop",
    "+ foreground",
    "+ background",
    "+ both poses",
    "ICA by transformer, rotation",
    "default + fine alignment of the blocks",
)
"""The rows for small parts on a plain ground."""
