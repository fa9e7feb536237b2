"""The measurements of benchmarks/whole_runs/side_by_side.py, as the tables of docs/benchmarks/anomalib.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.measuring.apart import markdown
from benchmarks.measuring.hardware import cores, hardware_line

SIDES = {"anomalib": "anomalib PatchCore", "patchcore": "Inspector PatchCore", "reconpatch": "Inspector ReConPatch"}
"""From a side's name in files to its name in tables."""
STAGES = ("features", "fit", "coreset", "calibrate", "guards", "validation")
NONE = "-"

Found = Mapping[str, Any]
Rounds = Sequence[Mapping[str, Mapping[str, Any]]]


def write_tables(found: Found) -> dict[str, str]:
    """Return the four tables by the name of their markers."""
    return {
        "side-by-side-fit": write_fit(found["rounds"]),
        "side-by-side-photo": write_photo(found["rounds"], found["backbone"]),
        "side-by-side-backbone": write_backbone(found["backbone"]),
        "side-by-side-quality": write_quality(found["quality"]),
    }


def write_fit(rounds: Rounds) -> str:
    """Return the seconds from files to bundle by stage, and their ratios."""
    named = [stage for stage in STAGES if any(stage in one[side]["fit"]["seconds"] for one in rounds for side in SIDES)]
    more = {stage for one in rounds for side in SIDES for stage in one[side]["fit"]["seconds"]} - {*named, "total"}
    stages = [*named, *sorted(more)]
    rows = [[stage, *(_seconds(rounds, side, stage) for side in SIDES)] for stage in stages]
    rows.append(["the rest", *(_middle(rounds, side, _rest, "{:.1f} s") for side in SIDES)])
    rows.append(["from files to bundle", *(_middle(rounds, side, _total, "{:.1f} s") for side in SIDES)])
    rows.append(["without validation", *(_middle(rounds, side, _unvalidated, "{:.1f} s") for side in SIDES)])
    rows.append(["anomalib's time without validation, divided by this", *(_ratios(rounds, side) for side in SIDES)])
    rows.append(["rows in the bank", *(f"{rounds[-1][side]['fit']['bank_rows']:,}" for side in SIDES)])
    rows.append(
        ["peak memory", *(_middle(rounds, side, lambda fit: fit["peak_mib"] / 1024, "{:.2f} GiB") for side in SIDES)]
    )
    return "\n".join([markdown(["training", *SIDES.values()], rows), "", _how(rounds)])


def _total(fit: Found) -> float:
    return float(fit["seconds"]["total"])


def _unvalidated(fit: Found) -> float:
    return _total(fit) - float(fit["seconds"].get("validation", 0.0))


def _rest(fit: Found) -> float:
    return _total(fit) - sum(float(value) for name, value in fit["seconds"].items() if name != "total")


def _seconds(rounds: Rounds, side: str, stage: str) -> str:
    if stage not in rounds[0][side]["fit"]["seconds"]:
        return NONE
    return _middle(rounds, side, lambda fit: fit["seconds"][stage], "{:.1f} s")


def _middle(rounds: Rounds, side: str, figure: Callable[[Any], float], form: str) -> str:
    return form.format(float(np.median([figure(one[side]["fit"]) for one in rounds])))


def _ratios(rounds: Rounds, side: str) -> str:
    ratios = [_unvalidated(one["anomalib"]["fit"]) / _unvalidated(one[side]["fit"]) for one in rounds]
    return _with_range(ratios)


def _with_range(ratios: Sequence[float]) -> str:
    return f"{np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _how(rounds: Rounds) -> str:
    return (
        f"Medians over {len(rounds)} rounds in which the sides take turns; ratios are taken within a round (in "
        f"brackets their range). {cores()} threads each. {hardware_line('torch', 'timm', 'numpy')}"
    )


PHOTO = {
    "file to verdict": ("file {}", "file {}", "file {} guards"),
    "decoded photo to verdict": ("decoded {}", "decoded {}", "decoded {} guards"),
    "its pre-processing": ("pre-processing {}", None, None),
    "its forward pass, scoring included": ("forward {}", None, None),
    "its post-processing": ("post-processing {}", None, None),
}
"""The timed subject: its key with anomalib, with Inspector without guards, and with them; {} is the batch."""


def write_photo(rounds: Rounds, backbone: Found) -> str:
    """Return the milliseconds a photo, one by one and 16 in a row, and their ratios."""
    head = ["a photo", "anomalib"]
    for side in ("patchcore", "reconpatch"):
        head += [SIDES[side], f"{SIDES[side]}, guards"]
    rows = []
    for batch in (1, 16):
        for name, (theirs, ours, guarded) in PHOTO.items():
            cells = [_ms(rounds, "anomalib", theirs, batch)]
            for side in ("patchcore", "reconpatch"):
                cells += [_ms(rounds, side, ours, batch), _ms(rounds, side, guarded, batch)]
            rows.append([name if batch == 1 else f"{name}, {batch} in a row", *cells])
    fastest = min(backbone["1"].values())
    keys = [
        ("patchcore", "decoded 1"),
        ("patchcore", "decoded 1 guards"),
        ("reconpatch", "decoded 1"),
        ("reconpatch", "decoded 1 guards"),
    ]
    rows.append(
        ["anomalib's forward pass, divided by decoded photo to verdict", "", *(_faster(rounds, *key) for key in keys)]
    )
    rows.append(
        [
            "decoded photo to verdict, divided by the fastest backbone alone",
            _with_range([one["anomalib"]["predict"]["ms"]["decoded 1"] / fastest for one in rounds]),
            *(_with_range([one[side]["predict"]["ms"][key] / fastest for one in rounds]) for side, key in keys),
        ]
    )
    rows.append(
        [
            "peak memory",
            *(
                f"{np.median([one[side]['predict']['peak_mib'] for one in rounds]) / 1024:.2f} GiB" if side else ""
                for side in ("anomalib", "patchcore", "", "reconpatch", "")
            ),
        ]
    )
    refused = ", ".join(
        f"{rounds[-1][side]['predict']['refused']} with {SIDES[side]}" for side in ("patchcore", "reconpatch")
    )
    told = f"Guards refuse some of the test photos ({refused}); with guards, only those that pass are timed."
    return "\n".join([markdown(head, rows), "", told, "", _how(rounds)])


def _ms(rounds: Rounds, side: str, key: str | None, batch: int) -> str:
    # A batch of 16 decoded photos involves the detector only; guards measure photo after photo, so there is no batch.
    if key is None or key.format(batch) not in rounds[0][side]["predict"]["ms"]:
        return NONE
    return f"{np.median([float(one[side]['predict']['ms'][key.format(batch)]) for one in rounds]):.1f} ms"


def _faster(rounds: Rounds, side: str, key: str) -> str:
    return _with_range(
        [one["anomalib"]["predict"]["ms"]["forward 1"] / one[side]["predict"]["ms"][key] for one in rounds]
    )


def write_backbone(backbone: Found) -> str:
    """Return the milliseconds of the backbone alone, by form and batch."""
    fastest = min(backbone["1"].values())
    rows = [
        [form, f"{ms:.1f} ms", f"{backbone['16'][form]:.1f} ms", f"{ms / fastest:.2f}"]
        for form, ms in sorted(backbone["1"].items(), key=lambda one: -one[1])
    ]
    table = markdown(["backbone alone, float32", "one photo", "of 16, each", "against the fastest"], rows)
    line = hardware_line("torch", "openvino", "onnxruntime")
    return "\n".join([table, "", f"Median; the forms take turns. {cores()} threads. {line}"])


def write_quality(quality: Found) -> str:
    """Return image and pixel AUROC by dataset and side, and how far the banks reach."""
    rows = []
    for dataset, found in quality.items():
        banks = found["banks"]
        radii = {"anomalib": banks["radius_anomalib"], "patchcore": banks["radius_inspector"]}
        for side, name in SIDES.items():
            reach = radii.get(side)
            rows.append(
                [
                    dataset,
                    name,
                    f"{found[side]['image_auroc']:.3f}",
                    NONE if found[side]["pixel_auroc"] is None else f"{found[side]['pixel_auroc']:.3f}",
                    f"{found['round'][side]['fit']['bank_rows']:,}",
                    NONE if reach is None else f"{reach:.2f} ({reach / banks['radius_anomalib'] - 1:+.1%})",
                    _choice(found, side),
                ]
            )
        rows.append(
            [
                dataset,
                f"Inspector's k-centre on anomalib's {banks['patches']:,} patches",
                NONE,
                NONE,
                f"{banks['bank_rows']['anomalib']:,}",
                f"{banks['radius_k_centre']:.2f} ({banks['radius_k_centre'] / banks['radius_anomalib'] - 1:+.1%})",
                f"{banks['k_centre_seconds']:.1f} s",
            ]
        )
    differ = ", ".join(f"{found['banks']['features_differ']:.1%} on {name}" for name, found in quality.items())
    told = (
        "The radius is the largest distance of any of anomalib's patch features of the good photos to the nearest row "
        "of a bank. Both shrink photos in their own way, so that Inspector's features of a patch differ from "
        f"anomalib's (by {differ}, relative, in the median); its radius here is larger by that too. The k-centre row "
        "has no such handicap. Seed 0."
    )
    head = ["set", "", "image AUROC", "pixel AUROC", "rows", "radius (against anomalib's)", "choosing rows"]
    return "\n".join([markdown(head, rows), "", told])


def _choice(found: Found, side: str) -> str:
    return f"{found['round'][side]['fit']['seconds']['coreset']:.1f} s"
