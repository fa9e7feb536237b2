"""The measurements of profiles.py as tables, each time beside the time at the speed of the probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measuring.apart import markdown
from benchmarks.measuring.hardware import cores, hardware_line

Found = Mapping[str, Any]
NONE = "-"
TARGET = 0.8
"""Asked for: a folder is judged at this share of the detector's own speed, at least."""


@dataclass(frozen=True, slots=True)
class Work:
    """Arithmetic and memory traffic of a stage.

    Parameters
    ----------
    macs : float
        Multiplications with an addition each, in float32.
    traffic : float
        Bytes that have to come from memory.
    of : str
        Their names, for people.
    """

    macs: float
    traffic: float
    of: str

    def seconds(self, probe: Found) -> float:
        """Return the time that it takes at the probe's speed: of arithmetic or memory, whichever takes longer."""
        gflops, gbytes = float(probe["gflops"]), float(probe["gbytes"])
        return max(2.0 * self.macs / gflops, self.traffic / gbytes) / 1e9

    def words(self) -> str:
        """Return the content of a cell of a table."""
        sizes = [f"{2.0 * self.macs / 1e9:.3g} GFLOP"] if self.macs else []
        return f"{self.of}: {', '.join(sizes + ([f'{self.traffic / 1e9:.3g} GB'] if self.traffic else []))}"


def backbone_work(found: Found, photos: int) -> Work:
    """Return the convolutions of so many photos."""
    return Work(
        found["backbone_macs"] * photos, 0.0, f"convolutions of {photos:,} photos" if photos > 1 else "convolutions"
    )


def search_work(found: Found, photos: int) -> Work:
    """Return the comparison of all patches of so many photos with all rows, the bank read once a photo."""
    rows, width = found["bank"]
    macs = found["patches"] * rows * width * photos
    return Work(macs, 4.0 * rows * width * photos, f"{found['patches']:,} patches against {rows:,} x {width}")


def coreset_work(found: Found) -> Work:
    """Return greedy k-centre without pruning: all projected rows of the pool are read for each choice."""
    rows, width = found["bank"]
    settings = found["settings"]
    pool = min(settings.get("pool_rows", 0) or found["goods"] * found["patches"], found["goods"] * found["patches"])
    dim = min(settings.get("coreset_dim", 0) or width, width)
    return Work(float(rows * pool * dim), 4.0 * rows * pool * dim, f"{rows:,} passes over {pool:,} x {dim}")


def write_tables(found: Found) -> dict[str, str]:
    """Return the three tables by the name of their markers."""
    probe = found["probe"]
    speed = (
        f"The probe: {probe['gflops']:.0f} GFLOP/s in a float32 matrix product, {probe['gbytes']:.1f} GB/s in copying "
        f"memory. {cores()} threads. {hardware_line('torch', 'numpy')}"
    )
    return {
        "profile-train": f"{write_train(found['train'], probe)}\n\n{speed}",
        "profile-frame": f"{write_frame(found['frame'], probe)}\n\n{speed}",
        "profile-folder": f"{write_folder(found['folder'], found['train'], probe)}\n\n{speed}",
    }


def write_train(found: Found, probe: Found) -> str:
    """Return the stages of training, and the bound of each."""
    seconds, goods = found["seconds"], found["goods"]
    works = {
        "features": (backbone_work(found, goods),),
        "coreset": (coreset_work(found),),
        "calibrate": (backbone_work(found, goods), search_work(found, goods)),
    }
    stages = {name: value for name, value in seconds.items() if name != "total"}
    stages["the rest"] = seconds["total"] - sum(stages.values())
    rows = [_row(name, value, works.get(name, ()), probe, "s") for name, value in stages.items()]
    rows.append(["from files to bundle", f"{seconds['total']:.2f} s", "100%", "", ""])
    _share(rows, list(stages.values()), seconds["total"])
    return markdown(["training", "takes", "share", "its work", "at the probe's speed"], rows)


def write_frame(found: Found, probe: Found) -> str:
    """Return the steps of one frame, and the bound of each."""
    ms = found["ms"]
    works = {"backbone": (backbone_work(found, 1),), "nearest remembered patch": (search_work(found, 1),)}
    steps = {name: value for name, value in ms.items() if name != "whole"}
    rows = [_row(name, value / 1000.0, works.get(name, ()), probe, "ms") for name, value in steps.items()]
    rows.append(["the whole frame", f"{ms['whole']:.1f} ms", "100%", "", ""])
    _share(rows, list(steps.values()), ms["whole"])
    return markdown(["one frame of 1280 x 720", "takes", "share", "its work", "at the probe's speed"], rows)


def write_folder(found: Found, trained: Found, probe: Found) -> str:
    """Return the speed of a folder against that of the detector alone, and the steps of a photo."""
    photos, seconds = found["photos"], found["seconds"]
    alone = photos / seconds["detector alone"]
    rows = [
        [name, f"{value:.1f} s", f"{photos / value:.1f}", f"{photos / value / alone:.0%}"]
        for name, value in seconds.items()
    ]
    table = markdown([f"{photos:,} photos", "takes", "photos a second", "of the detector alone"], rows)
    works = {"backbone": backbone_work(trained, 1), "nearest remembered patch": search_work(trained, 1)}
    steps = ", ".join(
        f"{step} {ms:.1f} ms"
        + (f" ({works[step].seconds(probe) * 1000.0:.1f} at the probe's speed)" if step in works else "")
        for step, ms in found["steps"].items()
    )
    reached = "reached" if seconds["detector alone"] / seconds["without guards"] >= TARGET else "missed"
    return (
        f"{table}\n\n{found['refused']} of the photos are refused by the guards, some of them before the detector sees "
        f"them. Steps of a photo without guards, each added over threads: {steps}. Asked for: {TARGET:.0%} of the "
        f"detector alone, without guards; {reached}."
    )


def _row(name: str, seconds: float, works: Sequence[Work], probe: Found, unit: str) -> list[str]:
    shown = f"{seconds:.2f} s" if unit == "s" else f"{seconds * 1000.0:.1f} ms"
    if not works:
        return [name, shown, "", NONE, NONE]
    bound = sum(work.seconds(probe) for work in works)
    limit = f"{bound:.2f} s" if unit == "s" else f"{bound * 1000.0:.1f} ms"
    return [name, shown, "", "; ".join(work.words() for work in works), limit]


def _share(rows: list[list[str]], parts: Sequence[float], whole: float) -> None:
    for row, part in zip(rows, parts, strict=False):
        row[2] = f"{part / whole:.0%}"
