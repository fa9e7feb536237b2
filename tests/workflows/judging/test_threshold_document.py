"""The statements of docs/threshold.md match the program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.promise.words import significant
from inspector.storage.bundles.bundle import load_bundle

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "threshold.md").read_text(encoding="utf-8")


def test_the_table_of_promises_is_what_the_program_promises() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", DOCUMENT, flags=re.MULTILINE)
    assert len(rows) == 6
    for goods, cells in rows:
        for cell, rate in zip(cells.split(" | "), (0.05, 0.02, 0.01), strict=True):
            promise = threshold_from_good_scores(range(1, int(goods) + 1), rate).false_alarm
            expected, under = significant(100 * promise.rate), significant(100 * promise.under, upwards=True)
            assert cell == f"expect {expected}, under {under}"


def test_the_check_without_inspector_passes_on_a_bundle(small_bundle: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
    (tmp_path / "PART.inspector").write_bytes(small_bundle.read_bytes())
    answer = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    promise = load_bundle(small_bundle).manifest.threshold.false_alarm
    assert answer.stdout == f"{promise.goods} good photos; expected rate {promise.rate}\n"
