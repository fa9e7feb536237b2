import errno
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.core.errors import ResultsError
from inspector.core.letterhead import Letterhead
from inspector.storage import settings as settings_module
from inspector.storage.folders import settings_file
from inspector.storage.settings import Settings, change_settings, load_settings, save_settings


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("INSPECTOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_defaults_without_a_file(home: Path) -> None:
    assert load_settings() == Settings()
    assert not home.exists()


def test_saved_settings_come_back() -> None:
    settings = Settings(good_folder="/fotos/größe \udcff", method="patchcore", size=320, theme="dark", heatmap_on=False)
    save_settings(settings)
    assert load_settings() == settings
    assert os.listdir(settings_file().parent) == ["settings.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_moved_aside(content: bytes) -> None:
    save_settings(Settings(size=512))
    settings_file().write_bytes(content)
    assert load_settings() == Settings()
    assert not settings_file().exists()
    assert settings_file().with_name("settings.json.broken").read_bytes() == content


@pytest.mark.parametrize(
    "field",
    ['"size": "huge"', '"theme": "pink"', '"schema_number": 2', '"overlay_opacity": NaN', '"defect_classes": [1]'],
)
def test_one_field_that_cannot_be_used_takes_no_other_with_it(field: str) -> None:
    save_settings(Settings())
    content = f'{{"good_folder": "goods", "only_signed": true, "letterhead": {{"company": "Nord"}}, {field}}}'.encode()
    settings_file().write_bytes(content)
    assert load_settings() == Settings(good_folder="goods", only_signed=True, letterhead=Letterhead(company="Nord"))
    assert settings_file().with_name("settings.json.broken").read_bytes() == content


def test_a_change_leaves_what_others_wrote_meanwhile() -> None:
    save_settings(Settings(size=512))
    settings_file().write_text('{"size": 512, "theme": "dark", "language": "de"}')
    assert change_settings(size=128) == Settings(size=128, theme="dark")
    assert json.loads(settings_file().read_text())["language"] == "de"
    assert load_settings() == Settings(size=128, theme="dark")


def test_windows_that_write_at_the_same_time_lose_no_change() -> None:
    names = ("good_folder", "inspect_folder", "export_folder", "bundle_folder")

    def change(name: str) -> None:
        for number in range(25):
            change_settings(**{name: str(number)})

    threads = [threading.Thread(target=change, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {getattr(load_settings(), name) for name in names} == {"24"}


def test_a_window_that_hangs_while_it_writes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module, "LOCK_S", 0.05)
    with settings_module._one_at_a_time():
        change_settings(good_folder="/parts/good")
    assert load_settings().good_folder == "/parts/good"


def test_a_mark_that_an_editor_put_before_the_text_is_skipped() -> None:
    save_settings(Settings(good_folder="/parts/good"))
    settings_file().write_bytes(b"\xef\xbb\xbf" + settings_file().read_bytes())
    assert load_settings().good_folder == "/parts/good"


def test_settings_of_a_later_release_that_only_adds() -> None:
    save_settings(Settings())
    settings_file().write_text('{"schema_number": 1, "size": 512, "language": "de"}')
    assert load_settings() == Settings(size=512)


def test_a_file_that_cannot_be_moved_aside_either(monkeypatch: pytest.MonkeyPatch) -> None:
    save_settings(Settings(size=512))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(settings_module, "read_ordinary", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    assert load_settings() == Settings()


def test_a_failed_write_leaves_the_old_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    save_settings(Settings(size=512))

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", fail)
        with pytest.raises(ResultsError, match=r"settings.json: the preferences cannot be saved: the disk is full"):
            save_settings(Settings(size=1024))
    assert load_settings() == Settings(size=512)
    assert os.listdir(settings_file().parent) == ["settings.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes, and links only for administrators")
@pytest.mark.parametrize("kind", ["pipe", "link", "device"])
def test_settings_that_are_no_ordinary_file_are_neither_waited_for_nor_followed(tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text('{"size": 512}')
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(settings_file())
    else:
        settings_file().symlink_to(elsewhere if kind == "link" else "/dev/zero")
    with pytest.raises(ResultsError, match="only ordinary files are used here"):
        save_settings(Settings(size=1024))
    assert load_settings() == Settings()
    save_settings(Settings(size=1024))  # what stood in the way was moved aside
    assert load_settings() == Settings(size=1024)
    assert elsewhere.read_text() == '{"size": 512}'


SECRETS = [
    "http://line:hunter2@camera/video",
    "http://camera/video?user=admin&pwd=hunter2",
    "rtsp://camera/user=admin_password=hunter2_channel=1.sdp",
]


@pytest.mark.parametrize("address", SECRETS)
def test_what_is_secret_in_an_address_is_never_written(address: str) -> None:
    save_settings(Settings(source_address=address))
    assert "hunter2" not in settings_file().read_text(encoding="utf-8")
    assert "camera" in load_settings().source_address
    assert load_settings().source_asks


@pytest.mark.parametrize("address", SECRETS)
def test_a_secret_that_an_earlier_release_stored_is_taken_out_of_the_file(address: str) -> None:
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"source_address": address, "theme": "dark"}), encoding="utf-8")
    assert load_settings().source_asks
    assert "hunter2" not in file.read_text(encoding="utf-8")
    assert load_settings().theme == "dark"


def test_settings_that_cannot_be_used_are_logged_without_what_they_hold(caplog: pytest.LogCaptureFixture) -> None:
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"source_address": ["http://a:hunter2@b"], "size": "hunter2"}), encoding="utf-8")
    assert load_settings() == Settings()
    assert caplog.records
    assert "hunter2" not in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps them in the user's own folder")
def test_nobody_else_reads_the_settings() -> None:
    file = settings_file()
    before = os.umask(0o000)
    try:
        save_settings(Settings())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        load_settings()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.write_text("{", encoding="utf-8")
        file.chmod(0o666)
        load_settings()
        assert stat.S_IMODE(file.with_name(file.name + ".broken").stat().st_mode) == 0o600
    finally:
        os.umask(before)


@pytest.mark.parametrize("value", ["null", "[]", '"no"', "0", "{}"])
def test_a_damaged_wish_for_signed_models_stays_in_force(value: str) -> None:
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(f'{{"only_signed": {value}, "theme": "dark"}}', encoding="utf-8")
    assert load_settings().only_signed
    assert load_settings().theme == "dark"


@pytest.mark.parametrize(
    "text", ['{"only_signed": true, "theme": "dar', '{"only_signed" :true}}', '{"a": 1,"only_signed":']
)
def test_signed_models_only_survives_a_file_that_cannot_be_understood(text: str) -> None:
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    assert load_settings().only_signed
    assert load_settings().only_signed  # the next start, too


def test_a_damaged_file_that_asked_for_any_model_opens_any() -> None:
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text('{"only_signed": false, "theme": "dar', encoding="utf-8")
    assert not load_settings().only_signed
