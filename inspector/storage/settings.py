"""The user's preferences. A damaged file must not prevent the start of the program."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from inspector.core.address_secrets import has_secrets, shown_address
from inspector.core.errors import ResultsError
from inspector.core.letterhead import Letterhead
from inspector.core.training.plan import DEFAULT_METHOD, DEFAULT_SIZE
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.folders import settings_file
from inspector.storage.ordinary_files import check_ordinary, read_ordinary

BROKEN_SUFFIX = ".broken"
PRIVATE = 0o600
"""File mode: only the user reads the preferences. Windows keeps them in the user's own folder."""
LOCK_S = 2.0

_ASKS_FOR_SIGNED = re.compile(rb'"only_signed"\s*:(?!\s*false)')

log = logging.getLogger(__name__)


class Settings(BaseModel):
    """The preferences that the window keeps after it is closed.

    Parameters
    ----------
    schema_number : int
        Schema number of this file.
    good_folder, inspect_folder, bundle_folder, export_folder : str
        Folders that the user last used; empty at first. They may no longer exist.
    method : str
        A name from the detector table.
    size : int
        See `Recipe.size`.
    device : {"auto", "cpu", "cuda"}
        Device that computes.
    overlay_opacity : float
        Opacity of the heatmap, 0..1.
    heatmap_on : bool
        Whether the heatmap is shown.
    filmstrip : bool
        Whether results are shown as photos instead of a table.
    window_geometry, window_state : str
        Position, size and panels of the window, as Qt saved them, in base64.
    source_address : str
        Address of the last source, without secrets; empty at first.
    source_asks : bool
        Whether a secret was left out of the address; the keyring holds it or the user enters it.
    live_mode : {"continuous", "trigger", "arrival"}
        When a frame of the source is judged as a part.
    hold_on_ng : bool
        Whether a part that is not OK is held until it is acknowledged.
    defect_classes : tuple of str or None
        The user's list of defect classes; None until the user edits it.
    history_gb : float
        Disk space that pictures of the history may use, in GB.
    theme : {"system", "light", "dark"}
        Colours of the window.
    letterhead : Letterhead
        Letterhead of reports.
    recent_models : tuple of str
        Files of the models used last, most recent first.
    last_good, last_photos : str
        Folder of the good photos that the last model was trained on, and of the photos that it judged; empty if not
        known.
    only_signed : bool
        Whether a bundle is opened only if a trusted key has signed it; see `inspector.storage.bundles.signatures`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)

    schema_number: Literal[1] = 1
    good_folder: str = ""
    inspect_folder: str = ""
    bundle_folder: str = ""
    export_folder: str = ""
    method: str = DEFAULT_METHOD
    size: Annotated[int, Field(ge=64, le=2048)] = DEFAULT_SIZE
    device: Literal["auto", "cpu", "cuda"] = "auto"
    overlay_opacity: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    heatmap_on: bool = True
    filmstrip: bool = False
    window_geometry: str = ""
    window_state: str = ""
    source_address: str = ""
    source_asks: bool = False
    live_mode: Literal["continuous", "trigger", "arrival"] = "continuous"
    hold_on_ng: bool = False
    defect_classes: tuple[str, ...] | None = None
    history_gb: Annotated[float, Field(gt=0.0)] = 20.0
    theme: Literal["system", "light", "dark"] = "system"
    letterhead: Letterhead = Letterhead()
    recent_models: tuple[str, ...] = ()
    last_good: str = ""
    last_photos: str = ""
    only_signed: bool = False

    @field_validator("only_signed", mode="before")
    @classmethod
    def _strict_where_damaged(cls, given: Any) -> Any:
        """Replace a damaged value by True: a damaged file must not lift the user's restriction."""
        return given if isinstance(given, bool) else True

    @model_validator(mode="before")
    @classmethod
    def _without_secrets(cls, given: Any) -> Any:
        """Remove secrets from the address; an earlier release stored them."""
        return _clean(given) if isinstance(given, dict) else given


def load_settings() -> Settings:
    """Return the user's preferences, or the defaults; never fails.

    A field that cannot be used gets its default, and the other fields stay; a copy of the file is kept as NAME.broken.
    A file that cannot be parsed is moved to that name. Nothing is lost, and the next start reads a sound file. If the
    damaged text requires signed models, that requirement stays.
    """
    file, raw = settings_file(), b""
    try:
        raw = read_ordinary(file)
        _make_private(file)
        fields = _without_secret(_fields(raw))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        kept = _set_aside(file, error)
        if _ASKS_FOR_SIGNED.search(raw):
            kept = Settings(only_signed=True)
            with suppress(ResultsError):
                save_settings(kept)
        return kept
    try:
        return Settings.model_validate(fields)
    except ValidationError as error:
        names = {str(one["loc"][0]) for one in error.errors()}
        log.warning("%s: these preferences cannot be used and have their defaults: %s", file, ", ".join(sorted(names)))
        _keep_copy(file)
        return Settings.model_validate({name: value for name, value in fields.items() if name not in names})


def change_settings(**changes: Any) -> Settings:
    """Change preferences; values that another window wrote meanwhile stay, and so do fields of a later release.

    Parameters
    ----------
    **changes
        Fields of `Settings` with their new values.

    Returns
    -------
    Settings
        All preferences after the change.

    Raises
    ------
    ResultsError
        The preferences cannot be written; the file is unchanged.
    """
    with _one_at_a_time():
        settings = Settings.model_validate(load_settings().model_dump() | changes)
        try:
            known = _fields(read_ordinary(settings_file()))
        except (OSError, ValueError, RecursionError):  # no file yet, or the file was moved aside
            known = {}
        _write(known | settings.model_dump(mode="json"))
    return settings


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait until no other window changes the preferences, at most `LOCK_S` seconds."""
    from filelock import FileLock  # loads asyncio, which the start of the window does not need

    file = settings_file()
    lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=LOCK_S, mode=PRIVATE)
    with ExitStack() as held:
        with suppress(OSError, NotImplementedError):  # no locks or no space on the disk: writing reports it
            file.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(lock)
        yield


def _fields(content: bytes) -> dict[str, Any]:
    fields = json.loads(content.decode("utf-8-sig"))  # editors on Windows put a byte order mark before the text
    if not isinstance(fields, dict):
        raise ValueError("no JSON object")
    return fields


def save_settings(settings: Settings) -> None:
    """Write the user's preferences; a missing folder is made.

    Raises
    ------
    ResultsError
        The preferences cannot be written; the file is unchanged.
    """
    _write(settings.model_dump(mode="json"))


def _write(fields: dict[str, Any]) -> None:
    file = settings_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        check_ordinary(file)
        with replacing(file) as temporary:
            temporary.chmod(PRIVATE)
            temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResultsError(file, f"the preferences cannot be saved: {write_problem(error)}") from error


def _keep_copy(file: Path) -> None:
    with suppress(OSError):
        content = read_ordinary(file)
        with replacing(file.with_name(file.name + BROKEN_SUFFIX)) as temporary:
            temporary.chmod(PRIVATE)
            temporary.write_bytes(content)


def _clean(fields: dict[str, Any]) -> dict[str, Any]:
    address = fields.get("source_address")
    if not isinstance(address, str) or not has_secrets(address):
        return fields
    return fields | {"source_address": shown_address(address), "source_asks": True}


def _without_secret(fields: dict[str, Any]) -> dict[str, Any]:
    """Remove a secret from the file at once; it must not stay there until the window is closed."""
    clean = _clean(fields)
    if clean is not fields:
        with suppress(ResultsError):
            _write(clean)
    return clean


def _make_private(file: Path) -> None:
    if os.name == "nt" or not stat.S_IMODE(file.stat().st_mode) & ~PRIVATE:
        return
    with suppress(OSError):  # another user's file; the next save replaces it by an own file
        file.chmod(PRIVATE)


def _set_aside(file: Path, error: Exception) -> Settings:
    log.warning("the preferences in %s cannot be used and are moved aside: %s", file, error)
    try:
        os.replace(file, file.with_name(file.name + BROKEN_SUFFIX))
    except OSError as problem:
        log.warning("%s cannot be moved aside: %s", file, problem)
    return Settings()
