"""A judged part with all data that the history stores at the time of the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from inspector.core.values import ImageRGB, Inspection, Limits, Region, Verdict, read_only

FROM_A_FILE = "photo"
"""Trigger of a part whose photo is a file. `source` is then its folder, and `part_id` its name below that folder."""


def part_name(part_id: str, source: str, trigger: str) -> str:
    """Return the name of a part for users.

    Subfolders often repeat file names (good/27.png, damaged/27.png), so a file keeps the name of its folder.

    Parameters
    ----------
    part_id, source, trigger : str
        As in `JudgedPart`.

    Returns
    -------
    str
        Empty if the part has no id.
    """
    if part_id and trigger == FROM_A_FILE and "/" not in part_id:
        return "/".join(text for text in (PurePath(source).name, part_id) if text)
    return part_id


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPart:
    """One part with its photo, the machine's inspection, and the limits in use.

    Parameters
    ----------
    part_id : str
        Id of the part on the line; empty if parts have no ids.
    source : str
        Source of the photo: the address of a camera, or a folder.
    inspected_at : datetime
        Time of the inspection, with a time zone.
    image_rgb : ndarray of uint8, shape (H, W, 3)
        The photo that was judged. Made read-only.
    inspection : Inspection
        Score, score map, refusal and readings.
    limits : Limits
        The limits in use at that moment.
    regions : tuple of Region
        Regions above the threshold.
    bundle_sha256, bundle_name : str
        Hash of the bundle's file, and its name.
    operator : str
        Operator at the machine; may be empty.
    trigger : str
        Cause of this inspection, as text for users; may be empty.

    Raises
    ------
    ValueError
        If `inspected_at` has no time zone.
    """

    part_id: str
    source: str
    inspected_at: datetime
    image_rgb: ImageRGB
    inspection: Inspection
    limits: Limits
    regions: tuple[Region, ...] = ()
    bundle_sha256: str = ""
    bundle_name: str = ""
    operator: str = ""
    trigger: str = ""

    def __post_init__(self) -> None:
        if self.inspected_at.utcoffset() is None:
            raise ValueError("inspected_at without a time zone")
        read_only(self.image_rgb)

    @property
    def verdict(self) -> Verdict:
        """The verdict under these limits."""
        return self.inspection.verdict(self.limits)

    @property
    def refused_and_ng(self) -> bool:
        """Whether the part was refused and would be NG."""
        return self.inspection.refused_and_ng(self.limits)
