"""The id of the history last found at each place, so that a disconnected disk is not taken for a new history."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from inspector.storage.atomic import replacing
from inspector.storage.folders import settings_file
from inspector.storage.ordinary_files import read_ordinary

log = logging.getLogger(__name__)


def known_history(place: str) -> str | None:
    """Return the id of the history that was last used at a place, or None if no id is stored.

    Parameters
    ----------
    place : str
        The absolute path of its folder, or its URL without a password.
    """
    try:
        found = json.loads(read_ordinary(_file(place)))["uuid"]
        return found if isinstance(found, str) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):  # no id is stored, or the file is damaged
        return None


def remember_history(place: str, uuid: str) -> None:
    """Store the id of a history; a failure to write is logged and does not prevent use of the history."""
    if known_history(place) == uuid:
        return
    file = _file(place)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary:
            temporary.write_text(json.dumps({"place": place, "uuid": uuid}) + "\n", encoding="ascii")
    except OSError as error:
        log.warning("%s: the history there cannot be remembered: %s", place, error)


def _file(place: str) -> Path:
    name = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return settings_file().parent / "histories" / f"{name}.json"
