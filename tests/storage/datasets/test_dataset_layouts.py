"""Datasets as they are published are read as they are."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from inspector.core.errors import DatasetError, GoodSetUnusable
from inspector.storage.datasets.dataset_layouts import Category, find_categories
from inspector.storage.datasets.labelled_dataset import read_category, read_labelled_dataset, read_mask
from tests.storage.conftest import CELLS
from tests.storage.datasets.published_layouts import (
    EDGE,
    MASK_PIXELS,
    write_btad,
    write_mask,
    write_mvtec,
    write_photo,
    write_visa,
)

LABELS = {
    "mvtec": {"good": 2, "crack": 2},
    "btad": {"good": 2, "ko": 2},
    "visa": {"good": 2, "anomaly": 2},
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two categories in each layout; read-only by agreement."""
    root = tmp_path_factory.mktemp("published")
    for name in ("screw", "metal nut"):
        write_mvtec(root / "mvtec" / name, CELLS)
    write_btad(root / "btad" / "01", CELLS)
    write_btad(root / "btad" / "02", CELLS, photo=".png")
    write_visa(root / "visa", CELLS)
    return root


@pytest.fixture
def roots(written: Path, tmp_path: Path) -> dict[str, Path]:
    """The test's own copy."""
    return {layout: Path(shutil.copytree(written / layout, tmp_path / layout)) for layout in LABELS}


def check_content(category: Category, labels: dict[str, int]) -> None:
    assert len(category.goods) == 3
    assert Counter(photo.label for photo in category.photos) == labels
    for photo in category.photos:
        assert photo.path.is_file()
        assert read_mask(photo, (EDGE, EDGE)).sum() == (MASK_PIXELS if photo.defective else 0)
        assert photo.mask is None or photo.mask.stem.removesuffix("_mask") == photo.path.stem


@pytest.mark.parametrize("layout", LABELS)
def test_a_folder_of_categories_is_recognised(roots: dict[str, Path], layout: str) -> None:
    (roots[layout] / "notes").mkdir()
    (roots[layout] / ".cache" / "train" / "good").mkdir(parents=True)
    categories, alone = find_categories(roots[layout])
    names = {"mvtec": ["metal nut", "screw"], "btad": ["01", "02"], "visa": ["candle", "pcb1"]}
    assert not alone
    assert [category.name for category in categories] == names[layout]
    for category in categories:
        check_content(category, LABELS[layout])


@pytest.mark.parametrize(("layout", "name"), [("mvtec", "screw"), ("btad", "01"), ("visa", "pcb1")])
def test_one_category_is_recognised_by_its_own_path(roots: dict[str, Path], layout: str, name: str) -> None:
    categories, alone = find_categories(roots[layout] / name)
    assert alone
    assert [category.name for category in categories] == [name]
    check_content(categories[0], LABELS[layout])
    dataset = read_labelled_dataset(roots[layout] / name)
    assert dataset.name == name
    assert dataset.has_masks
    assert set(dataset.goods.paths) == set(categories[0].goods)


def test_one_category_is_recognised_from_inside(roots: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(roots["visa"] / "candle")
    categories, alone = find_categories(Path())
    assert (alone, categories[0].name) == (True, "candle")


def test_what_visa_splits_off_for_testing_is_not_trained_on(roots: dict[str, Path]) -> None:
    for category in find_categories(roots["visa"])[0]:
        assert not set(category.goods) & {photo.path for photo in category.photos}
        assert {path.name for path in category.goods} == {"0000.JPG", "0001.JPG", "0002.JPG"}


@pytest.mark.parametrize("mask", [".png", ".bmp"])
def test_masks_of_btad_carry_the_photos_stem_in_either_format(tmp_path: Path, mask: str) -> None:
    (category,), _ = find_categories(write_btad(tmp_path / "01", CELLS, photo=".bmp", mask=mask))
    check_content(category, LABELS["btad"])
    assert {photo.mask.suffix for photo in category.photos if photo.mask is not None} == {mask}


def test_layouts_may_lie_beside_one_another(tmp_path: Path) -> None:
    write_mvtec(tmp_path / "a", CELLS)
    write_btad(tmp_path / "b", CELLS)
    assert [category.name for category in find_categories(tmp_path)[0]] == ["a", "b"]


def test_masks_that_are_missing_are_told(roots: dict[str, Path]) -> None:
    (roots["btad"] / "01" / "ground_truth" / "ko" / "0001.png").unlink()
    dataset = read_labelled_dataset(roots["btad"] / "01")
    assert not dataset.has_masks
    assert [path.name for path in dataset.without_mask] == ["0001.bmp"]


def test_masks_in_the_folder_of_good_photos_are_no_defects(roots: dict[str, Path]) -> None:
    write_mask(roots["mvtec"] / "screw" / "ground_truth" / "good" / "000_mask.png")
    (category,), _ = find_categories(roots["mvtec"] / "screw")
    check_content(category, LABELS["mvtec"])


def test_good_photos_of_two_sizes_are_listed(roots: dict[str, Path]) -> None:
    odd = roots["visa"] / "candle" / "Data" / "Images" / "Normal" / "0001.JPG"
    write_photo(CELLS[0], odd, edge=EDGE + 10)
    with pytest.raises(GoodSetUnusable) as caught:
        read_category(find_categories(roots["visa"])[0][0])
    assert [path.name for path, _ in caught.value.problems] == ["0001.JPG"]


def test_a_folder_of_categories_is_not_one(roots: dict[str, Path]) -> None:
    with pytest.raises(DatasetError, match="this is a folder of categories; give one of them, such as 01"):
        read_labelled_dataset(roots["btad"])


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_what_fits_no_layout_is_told_what_is_expected(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty" / "some" / "train").mkdir(parents=True)
    with pytest.raises(DatasetError) as caught:
        find_categories(tmp_path / name)
    assert caught.value.subject == str(tmp_path / name)
    for expected in ("train/good, test/good", "train/ok, test/ok", "split_csv/1cls.csv", "a folder of such categories"):
        assert expected in caught.value.sentence


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("test/ok", "the folder 'test/ok' is missing; expected train/ok, test/ok and test/ko"),
        ("train/ok", "the folder 'train/ok' is missing; expected train/ok, test/ok and test/ko"),
        ("test/ko", "there are no defective photos to test on; put them into test/ko"),
    ],
)
def test_what_btad_lacks_is_named(roots: dict[str, Path], missing: str, sentence: str) -> None:
    (roots["btad"] / "02" / missing).rename(roots["btad"] / "elsewhere")
    with pytest.raises(DatasetError) as caught:
        find_categories(roots["btad"])
    assert (caught.value.subject, caught.value.sentence) == (str(roots["btad"] / "02"), sentence)


def edit(root: Path, old: str, new: str) -> None:
    table = root / "split_csv" / "1cls.csv"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("object,split,label", "object,part,label", "the column 'split' is missing; expected object, split, label"),
        ("candle,train", "candle,val", "line 2: 'val' is no split of VisA; expected train or test"),
        ("train,normal", "train,bad", "line 2: 'bad' is no label of VisA; expected normal or anomaly"),
        ("candle,train,normal", "candle,train,anomaly", "line 2: it trains on a defective photo"),
        ("candle,train,normal,candle", ",train,normal,candle", "line 2: object or image is empty"),
        (
            "0001.JPG",
            "gone.JPG",
            "1 of the 18 files that it names do not exist, the first is candle/Data/",
        ),
        ("Masks/Anomaly/001.png", "Masks/Anomaly/9.png", "1 of the 18 files that it names do not exist"),
    ],
)
def test_a_table_of_visa_that_does_not_fit_is_one_sentence(
    roots: dict[str, Path], old: str, new: str, sentence: str
) -> None:
    edit(roots["visa"], old, new)
    with pytest.raises(DatasetError) as caught:
        find_categories(roots["visa"])
    assert caught.value.subject == str(roots["visa"] / "split_csv" / "1cls.csv")
    assert caught.value.sentence.startswith(sentence)


def test_a_category_of_visa_needs_the_table_beside_it(roots: dict[str, Path]) -> None:
    (roots["visa"] / "split_csv" / "1cls.csv").rename(roots["visa"] / "1cls.csv")
    with pytest.raises(DatasetError, match=r"1cls\.csv: there is no such file; it comes with VisA"):
        find_categories(roots["visa"] / "candle")


def test_a_category_that_the_table_does_not_name_is_told(roots: dict[str, Path]) -> None:
    (roots["visa"] / "candle").rename(roots["visa"] / "wax")
    with pytest.raises(DatasetError, match="it names no photo of 'wax'"):
        find_categories(roots["visa"] / "wax")
    check_content(find_categories(roots["visa"] / "pcb1")[0][0], LABELS["visa"])


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (",train,", "it names no normal photos to train on of 'candle'"),
        (",test,normal", "it names no normal photos to test on of 'candle'"),
        (",anomaly,", "it names no anomalies to test on of 'candle'"),
    ],
)
def test_a_category_of_visa_that_lacks_a_kind_is_told(roots: dict[str, Path], kind: str, sentence: str) -> None:
    table = roots["visa"] / "split_csv" / "1cls.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join(line for line in lines if "candle" not in line or kind not in line), encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        find_categories(roots["visa"])
    assert caught.value.sentence.startswith(sentence)


def test_a_table_that_is_no_text_is_one_sentence(roots: dict[str, Path]) -> None:
    (roots["visa"] / "split_csv" / "1cls.csv").write_bytes(b"object,split,label,image,mask\n\xff\xfe\x00")
    with pytest.raises(DatasetError, match="the table cannot be read"):
        find_categories(roots["visa"])


def test_a_byte_order_mark_and_windows_line_ends_are_no_hindrance(roots: dict[str, Path]) -> None:
    table = roots["visa"] / "split_csv" / "1cls.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert [category.name for category in find_categories(roots["visa"])[0]] == ["candle", "pcb1"]
