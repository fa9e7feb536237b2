"""The folders of the user's files: weights, settings, logs. Nothing here creates a folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP_NAME = "Inspector"

HOME_VARIABLE = "INSPECTOR_HOME"
"""Environment variable that moves all files below one folder: for tests, a USB stick or a locked-down computer."""


def data_folder() -> Path:
    """Return the folder for files that Inspector keeps for the user; it may not exist yet."""
    home = _home()
    return home / "data" if home else platformdirs.user_data_path(APP_NAME, appauthor=False)


def weights_folder() -> Path:
    """Return the folder of imported backbone weights; it may not exist yet."""
    return data_folder() / "weights"


def history_folder() -> Path:
    """Return the folder of the history of inspections; it may not exist yet."""
    return data_folder() / "history"


def settings_file() -> Path:
    """Return the file of the user's preferences; it may not exist yet."""
    home = _home()
    folder = home if home else platformdirs.user_config_path(APP_NAME, appauthor=False)
    return folder / "settings.json"


def trusted_keys_folder() -> Path:
    """Return the folder of trusted public keys; it may not exist yet."""
    return settings_file().with_name("trusted_keys")


def log_folder() -> Path:
    """Return the folder of log files; it may not exist yet."""
    home = _home()
    return home / "logs" if home else platformdirs.user_log_path(APP_NAME, appauthor=False)


def _home() -> Path | None:
    named = os.environ.get(HOME_VARIABLE, "")
    return Path(named).expanduser().absolute() if named else None
