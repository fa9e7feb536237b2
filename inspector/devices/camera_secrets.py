"""Addresses with secrets, stored in the system's keyring only.

The keyring may be missing (a computer without a desktop), locked, or waiting for its user. None of these makes a
function here fail or hang.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from inspector.core.address_secrets import shown_address
from inspector.core.progress import CancelToken
from inspector.devices.network.deadline import Deadline

SERVICE = "Inspector camera"
PATIENCE_S = 20.0
"""Seconds to wait for the keyring: its user may have to unlock it."""

Result = TypeVar("Result")
log = logging.getLogger(__name__)


def keep_secret(address: str) -> threading.Thread:
    """Store an address in the keyring under its shown form; return the thread, which may be left alone."""
    work = threading.Thread(target=_kept, args=(address,), name="keyring", daemon=True)
    work.start()
    return work


def recall_secret(shown: str, token: CancelToken) -> str | None:
    """Return the address that was stored under its shown form; None if the keyring does not return it.

    Raises
    ------
    Cancelled
        The token was cancelled during the wait for the keyring.
    """
    try:
        found = Deadline(PATIENCE_S, token).wait_for(lambda: _recalled(shown), lambda _: None)
    except TimeoutError:
        log.warning("the keyring does not answer")
        return None
    return found if found is not None and shown_address(found) == shown else None


def _kept(address: str) -> None:
    def keep() -> None:
        import keyring  # slow to import, and few cameras have a password in their address

        keyring.set_password(SERVICE, shown_address(address), address)

    _tried(keep)


def _recalled(shown: str) -> str | None:
    def recall() -> str | None:
        import keyring

        return keyring.get_password(SERVICE, shown)

    return _tried(recall)


def _tried(work: Callable[[], Result]) -> Result | None:
    try:
        return work()
    except _failures() as error:
        # The error's text is not logged: a keyring may repeat the address in it.
        log.warning("the keyring cannot be used (%s)", type(error).__name__)
        return None


def _failures() -> tuple[type[Exception], ...]:
    """Return the errors that keyrings raise: their own, and those of the system services below them."""
    kinds: list[type[Exception]] = [OSError, RuntimeError, ValueError, TypeError, LookupError, AttributeError]
    with suppress(ImportError):
        from keyring.errors import KeyringError

        kinds.append(KeyringError)
    with suppress(ImportError):  # on Linux
        from jeepney import DBusErrorResponse
        from secretstorage.exceptions import SecretStorageException

        kinds += [DBusErrorResponse, SecretStorageException]
    return (ImportError, *kinds)
