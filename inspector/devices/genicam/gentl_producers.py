"""GenTL producers: libraries of camera makers that find and control GenICam cameras, loaded by harvesters.

A process can open a producer only once, so all users share it. Its list of cameras is taken when it is opened.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inspector.core.errors import SourceError

PATH_VARIABLE = "GENICAM_GENTL64_PATH"
"""Environment variable of the GenTL standard with the folders of producers, joined as in PATH."""

_RESET_TRIES = 3


@dataclass(slots=True)
class _Shared:
    harvester: Any
    users: int = 0


_shared: dict[Path, _Shared] = {}
_sharing = threading.Lock()


def harvesters_installed() -> bool:
    """Return whether the packages of the extra `genicam` are installed."""
    return find_spec("harvesters") is not None and find_spec("genicam") is not None


def installed_producers() -> tuple[Path, ...]:
    """Return the producers in the folders of the environment variable, in its order."""
    folders = [Path(folder) for folder in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if folder]
    return tuple(path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.cti")))


def borrow_producer(path: Path) -> Any:
    """Return the Harvester that has opened a producer; its `device_info_list` holds the cameras.

    Raises
    ------
    SourceError
        The producer does not exist or cannot be loaded.
    """
    path = path.resolve()
    with _sharing:
        if path not in _shared:
            _shared[path] = _Shared(_opened(path))
        _shared[path].users += 1
        return _shared[path].harvester


def return_producer(path: Path) -> None:
    """Release a borrowed producer; it is closed after its last user has released it."""
    path = path.resolve()
    with _sharing:
        shared = _shared[path]
        shared.users -= 1
        if shared.users == 0:
            del _shared[path]
            _reset(shared.harvester)


@contextlib.contextmanager
def producer(path: Path) -> Iterator[Any]:
    """Borrow a producer, and return it at exit."""
    harvester = borrow_producer(path)
    try:
        yield harvester
    finally:
        return_producer(path)


def gentl_errors() -> tuple[type[Exception], ...]:
    """Return the errors that harvesters raises if a camera or a producer refuses."""
    from genicam import genapi, gentl

    return (gentl.GenericException, genapi.GenericException)


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise SourceError(
            path, "there is no GenTL producer here", action="give the path of the camera maker's .cti file"
        )
    from harvesters.core import Harvester

    harvester = Harvester()
    try:
        harvester.add_file(str(path), check_validity=True)
    except OSError as error:
        raise SourceError(
            path,
            "this is no GenTL producer that can be loaded",
            action=f"install the camera maker's for this system ({error})",
        ) from error
    harvester.update()
    return harvester


def _reset(harvester: Any) -> None:
    # If a camera is gone, each try gets past one more request that the camera does not answer.
    for _ in range(_RESET_TRIES):
        with contextlib.suppress(*gentl_errors()):
            harvester.reset()
            return
