"""The sender of a report: the text at its head and the signatures at its foot."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Letterhead(BaseModel):
    """Head and foot of a report.

    Parameters
    ----------
    company, address, department : str
        One line each, as on the company's letterhead; empty for none.
    logo : str
        Path of an image file (PNG, JPEG, BMP, TIFF or WebP); empty for none.
    signatures : tuple of str
        Text under each signature line; empty for a report without signatures.
    paper : {"A4", "Letter"}
        Paper size of PDF reports.
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
        """Address and department, without empty lines."""
        return tuple(line for line in (self.address, self.department) if line.strip())
