"""Keys, signatures and the rule that only signed models are opened."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.bundles.signatures import signature_file
from inspector.storage.folders import settings_file, trusted_keys_folder
from inspector.storage.photos.photo_list import list_images
from tests.cli.conftest import Run, json_of, sentence_of
from tests.conftest import SolarCells


@pytest.fixture
def model(small_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(small_bundle, tmp_path / "part.inspector"))


def trust(public: Path) -> None:
    trusted_keys_folder().mkdir(parents=True, exist_ok=True)
    shutil.copyfile(public, trusted_keys_folder() / public.name)


def make(run: Run, name: str, tmp_path: Path) -> Path:
    found = json_of(run("sign", "--new-key", name, "--json"))
    assert Path(found["public_key_file"]) == Path(f"{name}.pub")
    return tmp_path / name


def test_a_private_key_is_for_its_user_alone_and_is_never_replaced(run: Run, tmp_path: Path) -> None:
    key = make(run, "line.key", tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert "line.key: a file of this name is there already" in sentence_of(run("sign", "--new-key", "line.key"))
    assert key.read_bytes() == before


def test_a_signed_model_is_verified_by_its_key_and_by_no_other(run: Run, model: Path, tmp_path: Path) -> None:
    key, other = make(run, "line.key", tmp_path), make(run, "other.key", tmp_path)
    assert json_of(run("verify", model, "--json"), 1)["problem"].startswith("this model is not signed; ")
    signed = json_of(run("sign", model, "--key", key, "--json"))
    assert signed["sha256"] == load_bundle(model).sha256
    own, others = tmp_path / "line.key.pub", tmp_path / "other.key.pub"
    found = json_of(run("verify", model, "--key", own, "--json"))
    assert found["signed_by"] == {"name": "line.key", "public_key": signed["public_key"]}
    assert "signed by another key" in json_of(run("verify", model, "--key", others, "--json"), 1)["problem"]
    assert "not trusted here" in json_of(run("verify", model, "--json"), 1)["problem"]
    trust(others)
    assert run("verify", model).exit_code == 1
    trust(own)
    assert run("verify", model).exit_code == 0
    run("sign", model, "--key", other)  # a second signature beside the first
    assert {json_of(run("verify", model, "--key", each, "--json"))["signed_by"]["name"] for each in (own, others)} == {
        "line.key",
        "other.key",
    }


def test_a_moved_limit_must_be_signed_again_and_the_version_before_stays_signed(
    run: Run, model: Path, tmp_path: Path
) -> None:
    key = make(run, "line.key", tmp_path)
    public = tmp_path / "line.key.pub"
    run("sign", model, "--key", key)
    before = load_bundle(model).sha256
    assert run("threshold", model, "--to", "3").exit_code == 0
    found = json_of(run("verify", model, "--key", public, "--json"), 1)
    assert "changed since it was signed" in found["problem"]
    run("sign", model, "--key", key)
    assert run("verify", model, "--key", public).exit_code == 0
    assert run("feedback", "--model", model, "--restore", before[:16]).exit_code == 0
    assert run("verify", model, "--key", public).exit_code == 0


def test_only_signed_models_are_opened_where_that_is_set(
    run: Run, model: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    photo = list_images(solar_cells.mixed / "good")[0]
    inspecting = ["inspect", photo, "--model", model, "--out", "out"]
    assert run(*inspecting).exit_code == 0
    assert run("verify", "--only-signed").exit_code == 0
    assert json.loads(settings_file().read_text())["only_signed"] is True
    for words in (
        inspecting,
        ["explain", photo, "--model", model],
        ["feedback", "--model", model, "--missed", photo],
    ):
        answer = sentence_of(run(*words))
        assert answer.startswith(f"{model}: this model is not signed; have it signed with 'inspector sign'")
        assert str(trusted_keys_folder()) in answer
    run("sign", model, "--key", make(run, "line.key", tmp_path))
    trust(tmp_path / "line.key.pub")
    assert run(*inspecting).exit_code == 0
    # Whatever is altered, the seal made to fit again included, is another file.
    content = bytearray(model.read_bytes())
    signature = signature_file(model).read_text()
    run("threshold", model, "--to", "3")
    assert "changed since it was signed" in sentence_of(run(*inspecting))
    model.write_bytes(content)
    signature_file(model).write_text(signature.replace(load_bundle(model).sha256, "0" * 64))
    assert "changed since it was signed" in sentence_of(run(*inspecting))
    signature_file(model).write_text("[" * 100_000)
    assert "the file of signatures is damaged" in sentence_of(run(*inspecting))
    assert run("verify", "--any-model").exit_code == 0
    assert run(*inspecting).exit_code == 0


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", b"\0" * 2_000]
)
def test_what_is_no_key_is_told(run: Run, model: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.key").write_bytes(content)
    assert "this is not a private key for signing" in sentence_of(run("sign", model, "--key", "bad.key"))
    assert "this is not a public key" in sentence_of(run("verify", model, "--key", "bad.key"))
    assert "cannot be read" in sentence_of(run("sign", model, "--key", "none.key"))
    assert not signature_file(model).exists()


@pytest.mark.parametrize(
    "words", ["sign", "sign m --key k --new-key n", "sign m", "sign --key k", "verify", "verify m --only-signed"]
)
def test_words_that_do_not_go_together(run: Run, words: str) -> None:
    assert "; see 'inspector" in sentence_of(run(*words.split()))


@pytest.mark.parametrize("name", ["._anna.pub", "aaa.pub"])
def test_a_bad_file_among_the_trusted_keys_does_not_hide_the_others(
    run: Run, model: Path, tmp_path: Path, name: str
) -> None:
    run("sign", model, "--key", make(run, "line.key", tmp_path))
    trust(tmp_path / "line.key.pub")
    (trusted_keys_folder() / name).write_bytes(b"\0\5\x16\7 of a Mac")
    assert run("verify", model).exit_code == 0
    (trusted_keys_folder() / "line.key.pub").unlink()
    assert run("verify", model).exit_code == 1
