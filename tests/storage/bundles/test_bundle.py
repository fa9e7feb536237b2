import errno
import hashlib
import json
import os
import pickle
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load, save

from inspector.core.errors import BundleCorrupt, BundleError, BundleMissing, BundleTooNew
from inspector.core.photo.pixel_depth import FORMER_DEPTH
from inspector.core.values import Limits
from inspector.storage.bundles import manifest as manifest_module
from inspector.storage.bundles.bundle import LimitsChange, Manifest, check_bundle_target, load_bundle, save_bundle

SEAL_AT = len(b'........{"__metadata__":{"inspector":"')


@pytest.fixture
def arrays() -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(3)
    return {
        "bank": rng.normal(size=(50, 8)).astype(np.float32),
        "turned": np.asfortranarray(rng.normal(size=(4, 6)).astype(np.float32)),
        "image_of_row": rng.integers(0, 9, 50),
        "nothing": np.zeros((0, 3), np.float32),
        "scale": np.float32(0.5).reshape(()),
    }


@pytest.fixture
def bundle(tmp_path: Path, manifest: Manifest, arrays: dict[str, NDArray[np.generic]]) -> Path:
    path = tmp_path / "größe 1.inspector"
    save_bundle(path, manifest, arrays)
    return path


def test_everything_comes_back(
    tmp_path: Path, manifest: Manifest, arrays: dict[str, NDArray[np.generic]], bundle: Path
) -> None:
    stored = load_bundle(bundle)
    assert stored.path == bundle
    assert stored.sha256 == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert set(stored.manifest.tensors) == set(arrays)
    assert stored.manifest.model_copy(update={"tensors": {}}) == manifest
    assert stored.manifest.threshold == manifest.threshold
    for name, array in arrays.items():
        np.testing.assert_array_equal(stored.arrays[name], array)
        assert stored.arrays[name].dtype == array.dtype
        assert stored.arrays[name].flags.writeable


def test_same_content_same_bytes(
    tmp_path: Path, manifest: Manifest, arrays: dict[str, NDArray[np.generic]], bundle: Path
) -> None:
    again = tmp_path / "again.inspector"
    reordered = dict(reversed(arrays.items()))
    resettled = manifest.recipe.model_copy(update={"settings": dict(reversed(manifest.recipe.settings.items()))})
    sha256 = save_bundle(again, manifest.model_copy(update={"recipe": resettled}), reordered)
    assert again.read_bytes() == bundle.read_bytes()
    assert sha256 == hashlib.sha256(bundle.read_bytes()).hexdigest()
    stored = load_bundle(bundle)
    assert save_bundle(again, stored.manifest, stored.arrays) == sha256


def test_it_is_a_plain_safetensors_file(bundle: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    assert set(load(bundle.read_bytes())) == set(arrays)


def test_any_changed_byte_is_noticed(bundle: Path) -> None:
    whole = bundle.read_bytes()
    rng = np.random.default_rng(0)
    places = {*range(200), *range(len(whole) - 20, len(whole)), *rng.integers(0, len(whole), 100).tolist()}
    padding = whole.find(b"}  ")
    places |= {padding + 1, padding + 2} if padding > 0 else set()
    for place in places:
        for value in (whole[place] ^ 1, whole[place] ^ 0x20, 0x20, 0x09):
            if value != whole[place]:
                bundle.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
                with pytest.raises(BundleCorrupt, match=r"größe 1.inspector: .*(altered|not a model).*; "):
                    load_bundle(bundle)
    bundle.write_bytes(whole)
    load_bundle(bundle)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.5, 0.99])
def test_cut_short(bundle: Path, share: float) -> None:
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[: int(len(whole) * share) + 1])
    with pytest.raises(BundleCorrupt, match=r"größe 1.inspector: "):
        load_bundle(bundle)


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_what_was_a_bundle_is_told_so(bundle: Path, kept: float) -> None:
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(BundleCorrupt, match=r"cut short or was altered.*; copy it again.*, or train again"):
        load_bundle(bundle)
    bundle.write_bytes(whole + b"\n")
    with pytest.raises(BundleCorrupt, match="cut short or was altered"):
        load_bundle(bundle)


def strangers(folder: Path) -> list[Path]:
    (folder / "pickle.inspector").write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))
    with zipfile.ZipFile(folder / "model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
    (folder / "text.inspector").write_text("{'a': 1}" * 50)
    (folder / "tensors.safetensors").write_bytes(save({"a": np.zeros(3)}, {"format": "pt"}))
    (folder / "nested.inspector").write_bytes((100_000).to_bytes(8, "little") + b'{"a":' + b"[" * 99_995)
    (folder / "zeros.inspector").write_bytes(bytes(500))
    (folder / "sealed.inspector").write_bytes(sealed("[1, 2]"))
    (folder / "bad json.inspector").write_bytes(sealed("{"))
    return sorted(path for path in folder.iterdir() if path.is_file())


def sealed(text: str) -> bytes:
    blank = save({"a": np.zeros(3)}, {"inspector": "0" * 64 + text})
    return blank[:SEAL_AT] + hashlib.sha256(blank).hexdigest().encode() + blank[SEAL_AT + 64 :]


def test_strangers_are_refused(tmp_path: Path) -> None:
    paths = strangers(tmp_path)
    assert len(paths) == 8
    for path in paths:
        with pytest.raises(BundleCorrupt, match=r"not a model of Inspector, .*; choose a file") as caught:
            load_bundle(path)
        assert caught.value.subject == str(path)


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match=r"gone.inspector: there is no such file; check the path, or train"):
        load_bundle(tmp_path / "gone.inspector")
    (tmp_path / "empty.inspector").touch()
    with pytest.raises(BundleCorrupt, match=r"empty.inspector: the file is empty; copy it again"):
        load_bundle(tmp_path / "empty.inspector")
    with pytest.raises(BundleCorrupt, match="this is a folder; choose the model file"):
        load_bundle(tmp_path)


def test_not_allowed(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("inspector.storage.bundles.bundle.read_ordinary", refuse)
    with pytest.raises(BundleError, match=r"cannot be opened \(Permission denied\); check its permissions"):
        load_bundle(bundle)


def test_a_later_release_is_named(tmp_path: Path) -> None:
    path = tmp_path / "new.inspector"
    fields = {"schema_number": 99, "versions": {"inspector": "7.1.0"}, "recipe": "of another kind"}
    path.write_bytes(sealed(json.dumps(fields)))
    with pytest.raises(BundleTooNew, match=r"new.inspector: Inspector 7\.1\.0 wrote .* schema 99.*; install that"):
        load_bundle(path)
    path.write_bytes(sealed(json.dumps({"schema_number": manifest_module.SCHEMA_NUMBER + 1})))
    with pytest.raises(BundleTooNew, match="a later release of Inspector wrote"):
        load_bundle(path)


def test_an_older_schema_is_migrated(bundle: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(fields: dict[str, object]) -> dict[str, object]:
        return {**{k: v for k, v in fields.items() if k != "rows"}, "bank_rows": fields["rows"], "schema_number": 1}

    monkeypatch.setitem(manifest_module.MIGRATIONS, 0, rename)
    fields = manifest.model_dump(mode="json")
    old = {**{k: v for k, v in fields.items() if k != "bank_rows"}, "rows": fields["bank_rows"], "schema_number": 0}
    bundle.write_bytes(sealed(json.dumps(old)))
    assert load_bundle(bundle).manifest == manifest


def test_a_bundle_of_schema_1_judges_at_its_trained_threshold(bundle: Path, manifest: Manifest) -> None:
    fields = manifest.model_dump(mode="json", exclude={"changes", "defects"}) | {"schema_number": 1}
    bundle.write_bytes(sealed(json.dumps(fields)))
    opened = load_bundle(bundle).manifest
    assert opened == manifest
    assert opened.limits == Limits(manifest.threshold.value)


def test_a_change_of_the_limits_is_kept_apart_from_what_training_found(manifest: Manifest, tmp_path: Path) -> None:
    before, after = manifest.limits, Limits(2.0 * manifest.threshold.value, manifest.threshold.value)
    change = LimitsChange(changed_at=datetime.now(UTC), changed_by="line 2", before=before, after=after, note="dust")
    save_bundle(tmp_path / "b.inspector", manifest.model_copy(update={"changes": [change]}), {})
    opened = load_bundle(tmp_path / "b.inspector").manifest
    assert opened.changes == [change]
    assert opened.limits == after
    assert opened.threshold == manifest.threshold


def test_an_older_schema_without_migration_is_refused(bundle: Path) -> None:
    bundle.write_bytes(sealed('{"schema_number": -3}'))
    with pytest.raises(BundleCorrupt):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(errno.ENOSPC, "the disk is full; free some space"), (errno.EROFS, "the disk is read-only; choose another")],
)
def test_a_failed_write_leaves_the_old_bundle(
    bundle: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch, code: int, sentence: str
) -> None:
    before = bundle.read_bytes()

    def fail(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(code, "failed")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(BundleError, match=sentence) as caught:
        save_bundle(bundle, manifest, {"a": np.zeros(3)})
    assert caught.value.subject == str(bundle)
    assert bundle.read_bytes() == before
    assert list(bundle.parent.iterdir()) == [bundle]


def test_an_interrupted_write_leaves_the_old_bundle(
    bundle: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bundle.read_bytes()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_bundle(bundle, manifest, {"a": np.zeros(3)})
    assert bundle.read_bytes() == before
    assert list(bundle.parent.iterdir()) == [bundle]


def test_a_target_can_be_checked_before_training(tmp_path: Path, bundle: Path, manifest: Manifest) -> None:
    before = bundle.read_bytes()
    check_bundle_target(bundle)
    check_bundle_target(tmp_path / "new.inspector")
    assert bundle.read_bytes() == before
    assert list(tmp_path.iterdir()) == [bundle]
    for target, sentence in [
        (tmp_path / "missing" / "a.inspector", "the folder does not exist; create it"),
        (tmp_path, "a folder has this name; choose another"),
        (bundle / "a.inspector", "is a file, not a folder"),
    ]:
        with pytest.raises(BundleError, match=sentence):
            check_bundle_target(target)
        with pytest.raises(BundleError, match=sentence):
            save_bundle(target, manifest, {"a": np.zeros(3)})


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n and so on", b"notes of the line", b'{"inspector":', b"\0" * 500]
)
def test_a_file_that_is_no_bundle_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "part.inspector"
    file.write_bytes(content)
    with pytest.raises(BundleError, match="a file of this name exists and is not a model, so it is kept; choose"):
        check_bundle_target(file)
    assert file.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_bundle_and_an_empty_file_may_be_replaced(tmp_path: Path, bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:100])
    check_bundle_target(bundle)
    (tmp_path / "empty.inspector").touch()
    check_bundle_target(tmp_path / "empty.inspector")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_what_is_no_file_at_all_is_not_replaced_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.inspector")
    with pytest.raises(BundleError, match="this is no ordinary file"):
        check_bundle_target(tmp_path / "pipe.inspector")
    with pytest.raises(BundleCorrupt, match="this is no ordinary file"):
        load_bundle(tmp_path / "pipe.inspector")


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_a_link_is_neither_opened_nor_written_through(tmp_path: Path, bundle: Path, manifest: Manifest) -> None:
    content = bundle.read_bytes()
    for name, target in (("link", bundle), ("gone", tmp_path / "gone"), ("device", Path("/dev/zero"))):
        link = tmp_path / f"{name}.inspector"
        link.symlink_to(target)
        with pytest.raises(BundleError, match="this is a link; only ordinary files are used here"):
            load_bundle(link)
        with pytest.raises(BundleError, match="this is a link"):
            check_bundle_target(link)
        with pytest.raises(BundleError, match="this is a link"):
            save_bundle(link, manifest, {"a": np.zeros(3)})
    assert bundle.read_bytes() == content
    assert not (tmp_path / "gone").exists()


def test_a_folder_name_that_is_not_unicode(bundle: Path, manifest: Manifest) -> None:
    goods = manifest.goods.model_copy(update={"folder": "gut \udcff"})
    save_bundle(bundle, manifest.model_copy(update={"goods": goods}), {"a": np.zeros(3)})
    assert load_bundle(bundle).manifest.goods.folder == "gut \udcff"


def test_a_bundle_of_schema_3_keeps_the_rule_of_that_time(bundle: Path, manifest: Manifest) -> None:
    fields = manifest.model_dump(mode="json", exclude={"depth_bits", "depth_floor", "depth_by"})
    bundle.write_bytes(sealed(json.dumps(fields | {"schema_number": 3})))
    assert load_bundle(bundle).manifest.depth == FORMER_DEPTH


@pytest.mark.parametrize(("field", "value"), [("depth_bits", 11), ("depth_floor", -1), ("depth_by", "guess")])
def test_a_depth_that_cannot_be_is_refused(bundle: Path, manifest: Manifest, field: str, value: object) -> None:
    bundle.write_bytes(sealed(json.dumps(manifest.model_dump(mode="json") | {field: value})))
    with pytest.raises(BundleCorrupt):
        load_bundle(bundle)
