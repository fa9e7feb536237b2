"""A password in a camera's address: typed once, never shown again, never on the disk, asked for if not kept."""

import logging
from dataclasses import replace

import keyring
import pytest

from inspector.gui.state.preferences import Preferences
from inspector.gui.state.state import Step
from inspector.storage.folders import settings_file
from tests.gui.conftest import window  # noqa: F401
from tests.streams import LOGIN

MS = 30_000


@pytest.fixture
def live(state):
    return state.live


@pytest.fixture
def field(window, state):  # noqa: F811
    state.set_step(Step.LIVE)
    return window.live.source.address


def type_address(field, qtbot, text):
    field.lineEdit().clear()
    qtbot.keyClicks(field.lineEdit(), text)


def end(window, qtbot, live):  # noqa: F811
    if live.running:
        window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: not any(runner.busy for runner in window.workers._runners.values()), timeout=MS)


@pytest.mark.parametrize(
    "secret", ["line:hunter2@camera/x", "camera/x?user=a&pwd=hunter2", "camera/user=a_pwd=hunter2"]
)
def test_a_secret_is_shown_only_while_it_is_typed(field, qtbot, live, secret):
    address = f"http://{secret}"
    type_address(field, qtbot, address)
    assert live.options.address == address
    qtbot.keyClick(field.lineEdit(), "\r")
    assert "hunter2" not in field.currentText()
    assert "camera" in field.currentText()
    assert live.options.address == address
    assert "hunter2" not in repr(live.options)
    live.set_options(replace(live.options, hold_on_ng=True))
    assert "hunter2" not in field.currentText()


def test_a_password_comes_back_from_the_keyring(window, qtbot, live, field, mjpeg_server, memory_keyring, caplog):  # noqa: F811
    type_address(field, qtbot, mjpeg_server.address("basic", LOGIN))
    with caplog.at_level(logging.DEBUG):
        window.actions_table["camera_on"].trigger()
        assert "pass" not in field.currentText()
        qtbot.waitUntil(lambda: live.picture is not None and bool(memory_keyring.kept), timeout=MS)
        end(window, qtbot, live)
    window._preferences.save(window.state, window)
    assert "pass%3A" not in settings_file().read_text(encoding="utf-8")
    assert "pass%3A" not in caplog.text
    live.set_picture(None)
    Preferences().restore(window.state, window)  # as the next start does
    assert live.options.secret_is_missing
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: live.picture is not None, timeout=MS)
    assert "pass" not in live.options.address
    end(window, qtbot, live)


def test_without_a_keyring_the_password_is_asked_for(window, qtbot, live, field, mjpeg_server, dialogs):  # noqa: F811
    assert type(keyring.get_keyring()).__module__ == "keyring.backends.fail"
    address = mjpeg_server.address("basic", LOGIN)
    live.set_options(replace(live.options, address=mjpeg_server.address("basic"), secret_is_missing=True))
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: "address" in dialogs.asked, timeout=MS)
    assert "not stored" in window.state.problem.title
    assert not live.running
    dialogs.address = address
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: live.picture is not None, timeout=MS)
    assert "pass" not in field.currentText()
    end(window, qtbot, live)


def test_a_new_address_needs_no_secret_of_the_old_one(field, qtbot, live):
    live.set_options(replace(live.options, address="http://camera/x", secret_is_missing=True))
    type_address(field, qtbot, "http://camera/y")
    assert not live.options.secret_is_missing
