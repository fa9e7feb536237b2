import shutil
import sys
from pathlib import Path

import pytest

from inspector.storage import shipped_files
from inspector.storage.shipped_files import resource


def test_in_a_checkout_or_a_wheel() -> None:
    assert resource("report/report.html").is_file()
    assert resource("report").is_dir()


def test_in_an_installed_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(resource("report"), tmp_path / "inspector" / "resources" / "report")
    monkeypatch.setattr(shipped_files, "__file__", str(tmp_path / "inspector" / "storage" / "shipped_files.py"))
    assert resource("report/report.html") == tmp_path / "inspector" / "resources" / "report" / "report.html"


@pytest.mark.parametrize("place", ["resources", "inspector/resources"])
def test_in_a_frozen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    shutil.copytree(resource("report"), tmp_path / place / "report")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("report/report.html") == tmp_path / place / "report" / "report.html"


def test_a_resource_that_is_not_there_is_a_bug() -> None:
    with pytest.raises(FileNotFoundError, match=r"without its resource 'report/none\.html'"):
        resource("report/none.html")
