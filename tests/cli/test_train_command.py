from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.good_photos.left_out import keep_left_out
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from tests.cli.conftest import FORECAST_WORDS, Run, json_of, said, sentence_of
from tests.deep_photos import tiff, write
from tests.workflows.small import BANK, SMALL_WORDS, copy_photos


def test_json_has_every_key_of_the_contract(run: Run, few_goods: Path, tmp_path: Path) -> None:
    result = run("train", few_goods, "--out", "größe.inspector", "--device", "cpu", "--json", *SMALL_WORDS)
    found = json_of(result)
    assert {name: found[name] for name in ("images", "method", "backbone", "size", "device", "bank_rows")} == {
        "images": 12,
        "method": "reconpatch",
        "backbone": "tf_efficientnet_lite0",
        "size": 64,
        "device": "cpu",
        "bank_rows": BANK["bank_rows"],
    }
    seconds = found["seconds"]
    assert set(seconds) >= {"total", "features", "fit", "coreset", "calibrate"}
    assert all(0.0 < part <= seconds["total"] for part in seconds.values())
    assert 50 < found["peak_rss_mb"] < 100_000
    alarm = found["false_alarm"]
    assert set(alarm) >= {"rate", "low", "high", "confidence", "goods"}
    assert 0.0 < alarm["low"] < alarm["rate"] < alarm["high"] < 1.0
    assert (alarm["confidence"], alarm["goods"]) == (0.95, 12)
    assert alarm["rate"] < alarm["under"] < alarm["high"]
    assert found["goods_lacking"] == 87  # 1 in 100 takes 99
    bundle = tmp_path / found["bundle"]
    assert found["sha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert found["threshold"] == load_bundle(bundle).manifest.threshold.value > 0.0
    assert result.stderr.startswith(f"{FORECAST_WORDS}\nTrained on 12 good photos in ")
    assert found["forecast"]["seconds"] == 3.0
    assert "Expect 7.7 false alarms in 100 good parts, 95 % sure it is under 23, from 12 good photos." in result.stderr
    assert "it takes 87 more good photos. This is the lowest rate that 12 photos support." in result.stderr
    assert [set(good) for good in found["goods"]] == [{"path", "score", "relative_score", "peak"}] * 12
    assert found["goods"][0]["relative_score"] == 1.0
    assert found["near_duplicates"] == []


def test_near_duplicates_are_told(run: Run, few_goods: Path, tmp_path: Path) -> None:
    copy_photos(list_images(few_goods), tmp_path / "goods")
    copy_photos(list_images(few_goods)[:2], tmp_path / "goods" / "again")
    result = run("train", "goods", "--out", "p.inspector", "--json", *SMALL_WORDS)
    found = json_of(result)
    assert (found["images"], found["false_alarm"]["goods"]) == (14, 12)
    assert len(found["goods"]) == 12
    assert len(found["near_duplicates"]) == 2
    for one in found["near_duplicates"]:
        assert Path(one["path"]).name == Path(one["of"]).name
    assert "2 of 14 good photos are near-duplicates of others; counted as 12." in result.stderr.splitlines()


def test_without_json_stdout_stays_empty(run: Run, few_goods: Path) -> None:
    result = run("train", few_goods, "--out", "p.inspector", "--method", "patchcore", "--size", "64")
    assert (result.exit_code, result.stdout) == (0, "")
    forecast, trained, promise, guards, enough = result.stderr.splitlines()
    assert forecast == FORECAST_WORDS
    assert trained.endswith("p.inspector")
    assert promise.startswith("Expect ")
    assert guards.startswith("No guards")
    assert "good photos" in enough


def test_settings_reach_the_recipe(run: Run, few_goods: Path, tmp_path: Path) -> None:
    words = ["--set", "start=orthogonal", "--set", "sigma=2.5", "--seed", "5"]
    json_of(run("train", few_goods, "--out", "p.inspector", "--json", *SMALL_WORDS, *words))
    recipe = load_bundle(tmp_path / "p.inspector").manifest.recipe
    assert (recipe.settings["start"], recipe.settings["sigma"], recipe.seed) == ("orthogonal", 2.5, 5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--method guess", "guess: there is no method of this name; choose one of: reconpatch, "),
        ("--backbone guess", "guess: timm knows no backbone of this name; 'inspector weights list' shows some"),
        ("--backbone resnet18", "resnet18: no weights for this backbone on this computer; "),
        ("--backbone ../guess", "'../guess': this is no name of a backbone; see 'inspector weights list'"),
        ("--device tpu", "tpu: there is no device of this name; choose one of: auto, cpu, cuda"),
        ("--set speed=3", "reconpatch: setting 'speed': there is no setting of this name; there are: "),
        ("--set steps=-1", "reconpatch: setting 'steps': "),
        ("--set steps=many", "reconpatch: setting 'steps': "),
        ("--set steps=[1]", "reconpatch: setting 'steps': "),
        ("--set learning_rate=NaN", "reconpatch: setting 'learning_rate': "),
    ],
)
def test_what_there_is_not_is_refused(run: Run, few_goods: Path, tmp_path: Path, words: str, sentence: str) -> None:
    answer = sentence_of(run("train", few_goods, "--out", "p.inspector", *words.split()))
    assert answer.startswith(sentence)
    assert os.listdir(tmp_path) == []


def test_somebodys_photo_is_not_replaced_by_a_bundle(
    run: Run, few_goods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "inspector.workflows.training.train.read_good_set", lambda *_, **__: pytest.fail("photos were read")
    )
    photo = tmp_path / "part.png"
    photo.write_bytes(list_images(few_goods)[0].read_bytes())
    before = photo.read_bytes()
    answer = sentence_of(run("train", few_goods, "--out", photo, *SMALL_WORDS))
    assert answer == f"{photo}: a file of this name exists and is not a model, so it is kept; choose another name"
    assert photo.read_bytes() == before
    assert os.listdir(tmp_path) == ["part.png"]


def test_a_gpu_that_is_not_there_is_not_replaced_silently(
    run: Run, few_goods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    answer = sentence_of(run("train", few_goods, "--out", "p.inspector", "--device", "cuda"))
    assert answer == "cuda: torch sees no GPU on this computer; choose 'auto' or 'cpu', or run 'inspector doctor'"


def test_photos_that_cannot_be_found_are_told(run: Run, few_goods: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    copy_photos(list_images(few_goods)[:1], tmp_path / "one")
    for good, sentence in (
        ("nowhere", "nowhere: there is no such file or folder; check the path"),
        ("empty", "empty: there is no photo in this folder; Inspector reads files ending in "),
        ("one", "one: training needs at least 2 good photos, and only one here can be read; add photos of good parts"),
    ):
        assert sentence_of(run("train", good, "--out", "p.inspector")).startswith(sentence)
    assert sorted(os.listdir(tmp_path)) == ["empty", "one"]


def test_all_photos_in_the_way_are_listed_at_once(run: Run, few_goods: Path, tmp_path: Path) -> None:
    goods = copy_photos(list_images(few_goods), tmp_path / "goods")
    (goods / "empty.png").touch()
    (goods / "torn.png").write_bytes(list_images(few_goods)[0].read_bytes()[:999])
    (goods / "text.jpg").write_text("no photo")
    write_image(goods / "small.png", read_image(list_images(few_goods)[0])[:100])
    result = run("train", goods, "--out", "p.inspector", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    headline, *problems = said(result)
    assert headline.startswith(f"Error: {goods}: 4 of 16 photos cannot be trained on ")
    assert {Path(line.split(":")[0].strip()).name for line in problems} == {
        "empty.png",
        "torn.png",
        "text.jpg",
        "small.png",
    }
    assert all(len(line) > len(str(goods)) + 30 for line in problems)  # each with its reason
    assert not (tmp_path / "p.inspector").exists()


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("nowhere/p.inspector", "nowhere/p.inspector: the folder does not exist; create it or choose another"),
        ("folder", "folder: a folder has this name; choose another file name"),
        ("file/p.inspector", "file/p.inspector: a part of the path is a file, not a folder; choose another folder"),
    ],
)
def test_a_bundle_that_cannot_be_written_is_told_before_training(
    run: Run, few_goods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, sentence: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    monkeypatch.setattr(
        "inspector.workflows.training.train.read_good_set", lambda *_, **__: pytest.fail("photos were read")
    )
    assert sentence_of(run("train", few_goods, "--out", out)).replace("\\", "/") == sentence
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_the_threshold_aims_at_the_false_alarm_rate_asked_for(run: Run, few_goods: Path) -> None:
    words = ("train", few_goods, "--out", "p.inspector", "--json", *SMALL_WORDS)
    usual = json_of(run(*words))
    found = json_of(run(*words, "--false-alarm-rate", "0.31"))
    assert load_bundle(Path(found["bundle"])).manifest.recipe.false_alarm_rate == 0.31
    scores = sorted(good["score"] for good in found["goods"])
    assert found["threshold"] == scores[-4] < usual["threshold"]  # 4 of 13 ranks lie above it: 0.308
    assert found["false_alarm"]["rate"] == pytest.approx(4 / 13)
    answer = sentence_of(run(*words, "--false-alarm-rate", "1.5"))
    assert answer.startswith("--false-alarm-rate 1.5: input should be less than 1")


def test_sessions_are_found_told_and_can_be_refused(run: Run, few_goods: Path, tmp_path: Path) -> None:
    photos = list_images(few_goods)
    for name, chosen in (("early", photos[:6]), ("late", photos[6:])):
        copy_photos(chosen, tmp_path / "goods" / name)
    result = run("train", "goods", "--out", "p.inspector", "--json", *SMALL_WORDS)
    found = json_of(result)["sessions"]
    assert [(one["name"], one["goods"]) for one in found["found"]] == [("early", 6), ("late", 6)]
    assert any(line.startswith("2 groups are too few to state a rate") for line in result.stderr.splitlines())
    none = json_of(run("train", "goods", "--out", "p.inspector", "--sessions", "none", "--json", *SMALL_WORDS))
    assert none["sessions"] is None
    same = json_of(run("train", "goods", "--out", "p.inspector", "--groups", "none", "--json", *SMALL_WORDS))
    assert same["groups"] is same["sessions"] is None
    answer = sentence_of(run("train", "goods", "--out", "p.inspector", "--groups", "moon"))
    assert answer.endswith("choose one of: auto, folder, date, file-time, name, order, appearance, none")


def test_the_bit_depth_is_told_and_can_be_chosen(run: Run, few_goods: Path, tmp_path: Path) -> None:
    for path in list_images(few_goods):
        gray = read_image(path)[..., 0].astype(np.uint16)
        write(tmp_path / "goods" / f"{path.stem}.tif", tiff((gray << 4) | 5))
    result = run("train", "goods", "--out", "p.inspector", "--json", *SMALL_WORDS)
    assert (json_of(result)["depth_bits"], json_of(result)["depth_by"]) == (12, "values")
    assert "Bit depth of the good photos: 12 bits a value, by their brightest value" in result.stderr
    found = json_of(run("train", "goods", "--out", "q.inspector", "--depth", "16", "--json", *SMALL_WORDS))
    assert (found["depth_bits"], found["depth_by"]) == (16, "hand")
    assert load_bundle(tmp_path / "q.inspector").manifest.depth_bits == 16
    wrong = run("train", "goods", "--out", "r.inspector", "--depth", "11", *SMALL_WORDS)
    assert sentence_of(wrong) == "--depth 11: choose auto or one of 8, 10, 12, 14, 16"


def test_photos_left_out_before_are_left_out_and_told(run: Run, few_goods: Path, tmp_path: Path) -> None:
    goods = copy_photos(list_images(few_goods), tmp_path / "goods")
    photos = list_images(goods)
    keep_left_out(goods, photos, photos[:2])
    result = run("train", "goods", "--out", "p.inspector", "--json", *SMALL_WORDS)
    found = json_of(result)
    assert found["images"] == 10
    assert found["left_out"] == sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in photos[:2])
    assert list(load_bundle(tmp_path / "p.inspector").manifest.left_out) == found["left_out"]
    assert "Left out: 2 photos that were left out before" in result.stderr
    assert photos[0].name in result.stderr
    both = json_of(run("train", "goods", "--out", "q.inspector", "--with-left-out", "--json", *SMALL_WORDS))
    assert (both["images"], both["left_out"]) == (12, [])
