"""The log answers an engineer's questions afterwards."""

import logging
import shutil
from pathlib import Path

import pytest

from inspector.core.errors import BundleError, SourceError
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.values import Limits
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.log_file import faults_file, log_file
from inspector.workflows.computer.doctor import as_text, examine
from inspector.workflows.judging.limits import keep_limits
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.live.capture import BackOff, capture


def test_moved_limits_and_refused_models_are_logged(small_bundle, tmp_path, caplog):
    caplog.set_level(logging.INFO, "inspector")
    model = Path(shutil.copyfile(small_bundle, tmp_path / "part.inspector"))
    before = load_bundle(model)
    keep_limits(before, Limits(7.5, 5.25), changed_by="Kim")
    was = f"{before.manifest.limits.threshold:.6g}"
    assert f"{model}: limits moved from {was} to 7.5 (unsure from 5.25) by Kim" in caplog.messages
    model.write_bytes(model.read_bytes()[:-5])
    with pytest.raises(BundleError):
        open_bundle(model, device="cpu")
    assert any(one.startswith(f"refused to open {model}: the file is cut short") for one in caplog.messages)


class Flickering:
    """A camera that is lost three times in a row, then gone for good by the test's wish."""

    live = True

    def __init__(self, token):
        self.token, self.opened = token, 0

    def open(self):
        self.opened += 1
        if self.opened in (2, 3):
            raise SourceError("rtsp://cam/1", "it is off; switch it on")

    def read(self, _timeout):
        if self.opened == 1:
            raise SourceError("rtsp://cam/1", "it is off; switch it on")
        self.token.cancel()

    def close(self): ...

    def settings(self):
        return ()


def test_a_lost_camera_is_logged_once_and_that_it_is_back(caplog):
    caplog.set_level(logging.INFO, "inspector")
    token = CancelToken()
    with pytest.raises(Cancelled):
        capture(Flickering(token), lambda _: None, lambda _: None, token, back_off=BackOff(0.001, 0.001))
    assert caplog.messages == ["source lost: rtsp://cam/1: it is off; switch it on", "source is back"]


def test_doctor_shows_where_the_log_lies():
    found = examine()
    assert (found["log"], found["faults"]) == (str(log_file()), str(faults_file()))
    assert f"Log        {log_file()}; {faults_file()}" in as_text(found)
