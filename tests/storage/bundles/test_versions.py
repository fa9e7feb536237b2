"""Earlier versions of a bundle lie beside it, byte for byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.core.errors import BundleError
from inspector.core.values import Limits
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.bundles.versions import bundle_versions, keep_version, restore_version, versions_folder
from inspector.workflows.judging.limits import keep_limits
from tests.workflows.conftest import few_goods, small_bundle

__all__ = ["few_goods", "small_bundle"]


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cells.inspector"
    path.write_bytes(small_bundle.read_bytes())
    return path


def test_a_version_is_kept_once(bundle: Path) -> None:
    first, second = (keep_version(load_bundle(bundle)) for _ in range(2))
    assert first == second
    assert first.read_bytes() == bundle.read_bytes()
    assert len(bundle_versions(bundle)) == 1  # the copy of the current file is not another version


def test_restoring_keeps_what_was_current(bundle: Path) -> None:
    old = load_bundle(bundle)
    keep_version(old)
    new = keep_limits(old, Limits(3.0), changed_by="test")
    assert [one.sha256 for one in bundle_versions(bundle)] == [new.sha256, old.sha256]
    assert restore_version(bundle, old.sha256).sha256 == old.sha256
    assert restore_version(bundle, new.sha256[:10].upper()).sha256 == new.sha256
    assert restore_version(bundle, new.sha256).sha256 == new.sha256  # which is current


def test_a_version_that_is_not_there_changes_nothing(bundle: Path) -> None:
    before = bundle.read_bytes()
    for sha256 in ("", "f" * 64):
        with pytest.raises(BundleError, match="there is no such version"):
            restore_version(bundle, sha256)
    assert bundle.read_bytes() == before


def test_a_damaged_version_is_told_and_not_restored(bundle: Path) -> None:
    old = load_bundle(bundle)
    copy = keep_version(old)
    keep_limits(old, Limits(3.0), changed_by="test")
    copy.write_bytes(copy.read_bytes()[:-10])
    damaged = bundle_versions(bundle)[1]
    assert damaged.manifest is None
    assert "cut short" in damaged.problem
    before = bundle.read_bytes()
    with pytest.raises(BundleError, match="cut short"):
        restore_version(bundle, old.sha256[:16])
    assert bundle.read_bytes() == before


def test_a_damaged_copy_is_replaced_by_a_whole_one(bundle: Path) -> None:
    copy = keep_version(load_bundle(bundle))
    copy.write_bytes(b"half")
    assert keep_version(load_bundle(bundle)).read_bytes() == bundle.read_bytes()


def test_a_bundle_that_was_changed_meanwhile_is_not_kept(bundle: Path) -> None:
    opened = load_bundle(bundle)
    keep_limits(opened, Limits(3.0), changed_by="test")
    with pytest.raises(BundleError, match="changed since it was opened"):
        keep_version(opened)
    # Whoever changed it kept it as it was opened, and nothing else is there.
    assert [load_bundle(path).sha256 for path in versions_folder(bundle).iterdir()] == [opened.sha256]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(bundle: Path) -> None:
    bundle.parent.chmod(0o500)
    try:
        with pytest.raises(BundleError, match="writing is not allowed"):
            keep_version(load_bundle(bundle))
    finally:
        bundle.parent.chmod(0o700)


def test_a_file_in_place_of_the_folder_is_told(bundle: Path) -> None:
    versions_folder(bundle).write_text("in the way")
    with pytest.raises(BundleError, match="a file stands where a folder is needed"):
        keep_version(load_bundle(bundle))
