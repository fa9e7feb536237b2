"""Who a report comes from: what stands at its head, and who signs at its foot."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Letterhead(BaseModel):
    """Head and foot of a report.

    Parameters
    ----------
    company, address, department : str
        As they stand on the company's paper, a line each; empty for none.
    logo : str
        Path of a picture (PNG, JPEG, BMP, TIFF or WebP); empty for none.
    signatures : tuple of str
        What stands under each line that somebody signs; none for a report that nobody signs.
    paper : {"A4", "Letter"}
        What PDF reports are laid out for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    company: str = ""
    address: str = ""
    department: str = ""
    logo: str = ""
    signatures: tuple[str, ...] = ("Inspected by", "Approved by")
    paper: Literal["A4", "Letter"] = "A4"

    @property
    def lines(self) -> tuple[str, ...]:
        """Address and department, as far as there are any."""
        return tuple(line for line in (self.address, self.department) if line.strip())
