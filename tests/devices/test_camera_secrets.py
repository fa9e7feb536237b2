"""Secrets go into the keyring if there is one; without a keyring, nothing fails or hangs."""

import logging
import threading

import pytest
from keyring.errors import KeyringLocked, NoKeyringError, PasswordSetError

from inspector.core.progress import Cancelled, CancelToken
from inspector.devices import camera_secrets
from inspector.devices.camera_secrets import keep_secret, recall_secret

ADDRESS, SHOWN = "http://line:hunter2@camera/video?pwd=hunter2", "http://camera/video"


def test_what_was_kept_comes_back_by_its_shown_form(memory_keyring):
    keep_secret(ADDRESS).join(10.0)
    assert recall_secret(SHOWN, CancelToken()) == ADDRESS
    assert recall_secret("http://other/video", CancelToken()) is None
    assert [name for _, name in memory_keyring.kept] == [SHOWN]


def test_what_someone_else_put_there_is_not_used(memory_keyring):
    memory_keyring.kept[camera_secrets.SERVICE, SHOWN] = "http://a:b@elsewhere/video"
    assert recall_secret(SHOWN, CancelToken()) is None


@pytest.mark.parametrize(
    "error",
    [
        NoKeyringError("hunter2"), KeyringLocked("hunter2"), PasswordSetError("hunter2"), RuntimeError("hunter2"),
        OSError("hunter2"), AttributeError("hunter2"), ImportError("hunter2"),
    ],
)  # fmt: skip
def test_a_keyring_that_fails_is_as_good_as_none(memory_keyring, error, caplog):
    memory_keyring.error = error
    with caplog.at_level(logging.DEBUG):
        keep_secret(ADDRESS).join(10.0)
        assert recall_secret(SHOWN, CancelToken()) is None
    assert type(error).__name__ in caplog.text
    assert "hunter2" not in caplog.text


def test_without_a_keyring_nothing_fails():
    """As on a computer without a desktop, and in all other tests."""
    keep_secret(ADDRESS).join(10.0)
    assert recall_secret(SHOWN, CancelToken()) is None


def test_a_keyring_that_does_not_answer_is_not_waited_for(memory_keyring, monkeypatch):
    memory_keyring.wait = threading.Event()
    monkeypatch.setattr(camera_secrets, "PATIENCE_S", 0.2)
    assert recall_secret(SHOWN, CancelToken()) is None
    monkeypatch.setattr(camera_secrets, "PATIENCE_S", 60.0)
    token = CancelToken()
    timer = threading.Timer(0.1, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        recall_secret(SHOWN, token)
    timer.join()
    kept = keep_secret(ADDRESS)
    assert kept.daemon
    memory_keyring.wait.set()
    kept.join(10.0)
