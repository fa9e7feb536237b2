from __future__ import annotations

import os
import platform
import sys

import pytest

from inspector import __version__
from inspector.workflows.computer import machine
from inspector.workflows.computer.machine import library_versions, memory_gb, peak_memory_mb, window_obstacle


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux desktop with X11 and every library."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(machine, "_loads", lambda _library: True)
    return monkeypatch


def test_a_complete_desktop_has_no_obstacle(desktop: pytest.MonkeyPatch) -> None:
    assert window_obstacle() is None


def test_no_display_is_told_with_what_to_do(desktop: pytest.MonkeyPatch) -> None:
    desktop.delenv("DISPLAY")
    assert window_obstacle() == (
        "there is no display; start it in a desktop session, or use the commands ('inspector --help')"
    )


@pytest.mark.parametrize("name", ["WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_wayland_or_a_named_platform_need_no_x_display(desktop: pytest.MonkeyPatch, name: str) -> None:
    desktop.delenv("DISPLAY")
    desktop.setenv(name, "offscreen" if name == "QT_QPA_PLATFORM" else "wayland-0")
    assert window_obstacle() is None


def test_missing_libraries_are_told_as_debian_packages(desktop: pytest.MonkeyPatch) -> None:
    desktop.setattr(machine, "_loads", lambda library: library not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    obstacle = window_obstacle()
    assert obstacle is not None
    assert obstacle.endswith("on Debian or Ubuntu run: sudo apt-get install libegl1 libxcb-cursor0")


def test_offscreen_wants_no_x_libraries(desktop: pytest.MonkeyPatch) -> None:
    desktop.setenv("QT_QPA_PLATFORM", "offscreen")
    desktop.setattr(machine, "_loads", lambda library: library not in machine.X11_LIBRARIES)
    assert window_obstacle() is None


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_bring_a_display(desktop: pytest.MonkeyPatch, system: str) -> None:
    desktop.delenv("DISPLAY")
    desktop.setattr(sys, "platform", system)
    assert window_obstacle() is None


def test_versions_name_what_decides_numbers() -> None:
    versions = library_versions()
    assert versions["inspector"] == __version__
    assert versions["python"] == platform.python_version()
    assert {"torch", "timm", "numpy", "opencv-python-headless", "safetensors"} <= set(versions)


def test_a_library_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LIBRARIES", ("numpy", "no-such-library-here"))
    assert set(library_versions()) == {"inspector", "python", "numpy"}


def test_memory_is_told_in_its_units() -> None:
    peak = peak_memory_mb()
    assert 30 < peak < 200_000
    block = bytearray(os.urandom(2**20) * 64)
    assert peak <= peak_memory_mb()
    assert len(block) == 2**26
    total = memory_gb()
    assert total is None or total * 1024 > peak
