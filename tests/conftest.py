"""Shared by all tests: no display, no user folders, and real photos of solar cells."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Two threads on a busy machine of two cores wait for one another several times as long as they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.core.training.plan import Recipe
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.measuring.demo import prepare_demo_data
from inspector.workflows.training.train import train
from tests.streams import MjpegServer, RtspServer

GOODS = 30
NEW = 6


@dataclass(frozen=True)
class SolarCells:
    """Photos of monocrystalline cells: `good` to train on; `mixed` never trained on, in good/ and defective/."""

    good: Path
    mixed: Path


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes run the tests.

    More than two hold one another up where a camera must deliver in time. Single files run in this process, which
    starts sooner; so does everything on one core.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2 or all(Path(named.partition("::")[0]).is_file() for named in config.args):
        config.option.dist = "no"
        return 0
    return 2


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Iterator[None]:
    """Escape lone surrogates, as in the names of hostile files: no report with one can pass between processes."""
    return _sendable((yield))


def _sendable(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, dict):
        return {_sendable(key): _sendable(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_sendable(part) for part in data]
    if isinstance(data, tuple):  # stays one: pytest's summary of skipped tests insists on it
        return tuple(_sendable(part) for part in data)
    return data


# Whatever runs, in this process or another, never comes near the user's keyring.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


@pytest.fixture
def memory_keyring():
    """A keyring for one test."""
    import keyring

    from tests.memory_keyring import MemoryKeyring

    before, ring = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep settings, weights and logs of each test in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("INSPECTOR_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def solar_cells(tmp_path_factory: pytest.TempPathFactory) -> SolarCells:
    """Real photos; read-only by agreement: a test that changes them copies them first."""
    data = prepare_demo_data(tmp_path_factory.mktemp("solar cells"), goods=GOODS, new_goods=NEW, new_defectives=NEW)
    return SolarCells(data.good, data.mixed)


@pytest.fixture(scope="session")
def trained_bundle(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the default recipe, trained on the 30 good cells."""
    bundle = tmp_path_factory.mktemp("bundle") / "cells.inspector"
    with pytest.MonkeyPatch.context() as patch:  # one limit, as where good photos are many
        patch.setattr("inspector.workflows.training.train.review_line", lambda *_: None)
        train(solar_cells.good, bundle, Recipe())
    return bundle


@pytest.fixture(scope="session")
def _cells_shown(solar_cells: SolarCells):
    return [read_image(path) for path in list_images(solar_cells.good)[:4]]


@pytest.fixture
def start_mjpeg(_cells_shown, tmp_path_factory: pytest.TempPathFactory):
    """Start MJPEG cameras, of some good cells unless told otherwise; they are gone after the test."""
    servers: list[MjpegServer] = []

    def start(photos_rgb=None, fps=30.0, size_hw=(480, 640)) -> MjpegServer:
        servers.append(MjpegServer(tmp_path_factory.mktemp("camera"), photos_rgb or _cells_shown, fps, size_hw))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def _mjpeg_server(_cells_shown, tmp_path_factory: pytest.TempPathFactory):
    server = MjpegServer(tmp_path_factory.mktemp("camera"), _cells_shown)
    yield server
    server.kill()


@pytest.fixture
def mjpeg_server(_mjpeg_server: MjpegServer) -> MjpegServer:
    """An MJPEG camera at 30 frames per second that shows good cells in turn; a test may kill it."""
    _mjpeg_server.revive()
    return _mjpeg_server


@pytest.fixture(scope="session")
def _rtsp_server(_cells_shown, tmp_path_factory: pytest.TempPathFactory):
    missing = RtspServer.what_is_missing()
    server = None if missing else RtspServer(tmp_path_factory.mktemp("camera"), _cells_shown[0])
    yield server or missing
    if server is not None:
        server.kill()


@pytest.fixture
def rtsp_server(_rtsp_server: RtspServer | str) -> RtspServer:
    """An RTSP camera at 30 frames per second that shows a good cell; a test may kill it."""
    if isinstance(_rtsp_server, str):
        pytest.skip(f"no RTSP server here, see CONTRIBUTING.md: {_rtsp_server}")
    _rtsp_server.revive()
    return _rtsp_server
