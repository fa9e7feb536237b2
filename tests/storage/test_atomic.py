import errno
import os
import stat
from pathlib import Path

import pytest

from inspector.storage.atomic import check_writable, replacing, write_problem


def test_a_clean_exit_replaces_the_file(tmp_path: Path) -> None:
    target = tmp_path / "part.bin"
    target.write_text("old")
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == target.parent
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError, ValueError])
def test_any_other_way_out_leaves_the_old_file(tmp_path: Path, interruption: type[BaseException]) -> None:
    target = tmp_path / "part.bin"
    target.write_text("old")

    def write_half() -> None:
        with replacing(target) as temporary:
            temporary.write_text("half of the n")
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_rename_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "part.bin"
    target.write_text("old")

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError), replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_name_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 255)
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "part.bin", tmp_path / "link.bin"
    target.write_text("old")
    link.symlink_to(target)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bits")
def test_others_may_read_what_is_written(tmp_path: Path) -> None:
    plain, target = tmp_path / "plain", tmp_path / "written"
    plain.touch()
    with replacing(target):
        pass
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "part.bin"
    check_writable(target)
    assert list(tmp_path.iterdir()) == []
    target.write_text("old")
    check_writable(target)
    assert target.read_text() == "old"
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path)
    with pytest.raises(FileNotFoundError):
        check_writable(tmp_path / "missing" / "part.bin")


def test_problems_say_what_to_do() -> None:
    assert "disk is full" in write_problem(OSError(errno.ENOSPC, "No space left on device"))
    assert "read-only" in write_problem(OSError(errno.EROFS, "Read-only file system"))
    assert "create it" in write_problem(FileNotFoundError(errno.ENOENT, "No such file"))
    assert "Input/output error" in write_problem(OSError(errno.EIO, "Input/output error"))
