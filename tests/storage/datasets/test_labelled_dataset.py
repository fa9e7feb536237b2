from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.core.errors import DatasetError, GoodSetUnusable, NoImages
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.storage.datasets.labelled_dataset import LabelledPhoto, read_labelled_dataset, read_mask
from tests.storage.datasets.published_layouts import write_mask

Copy = Callable[..., Path]


@pytest.fixture
def root(copied: Copy, tmp_path: Path) -> Path:
    """Three photos to train on; two good, two cracked (with masks) and one bent photo (with a mask) to test on."""
    for index in range(3):
        copied(f"MVTec größe/train/good/{index}.png", index)
    names = ("good/2.png", "good/10.png", "crack/000.png", "crack/001.png", "bent/000.png")
    for index, name in enumerate(names, start=3):
        copied(f"MVTec größe/test/{name}", index)
    root = tmp_path / "MVTec größe"
    for name in names[2:]:
        write_mask(root / "ground_truth" / name.replace(".png", "_mask.png"), edge=300)
    return root


def test_photos_labels_and_masks_are_found(root: Path) -> None:
    dataset = read_labelled_dataset(root)
    assert [path.name for path in dataset.goods.paths] == ["0.png", "1.png", "2.png"]
    found = [(one.label, one.path.name, one.defective, one.mask is not None) for one in dataset.photos]
    assert found == [
        ("bent", "000.png", True, True),
        ("crack", "000.png", True, True),
        ("crack", "001.png", True, True),
        ("good", "2.png", False, False),
        ("good", "10.png", False, False),
    ]
    assert dataset.has_masks
    assert [one.mask and one.mask.parent.name for one in dataset.photos] == ["bent", "crack", "crack", None, None]


def test_files_beside_the_folders_are_no_label(root: Path, copied: Copy) -> None:
    (root / "test" / "license.txt").write_text("free")
    copied("MVTec größe/test/preview.png")
    assert {one.label for one in read_labelled_dataset(root).photos} == {"bent", "crack", "good"}


def test_one_missing_mask_means_no_masks(root: Path) -> None:
    (root / "ground_truth" / "crack" / "001_mask.png").unlink()
    assert not read_labelled_dataset(root).has_masks


def test_progress_tells_of_the_good_photos_and_the_token_stops_it(root: Path) -> None:
    told: list[Progress] = []
    read_labelled_dataset(root, report=told.append)
    assert [(one.done, one.total) for one in told] == [(1, 3), (2, 3), (3, 3)]
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_labelled_dataset(root, token=token)


@pytest.mark.parametrize("missing", ["train/good", "test/good", "train", "test"])
def test_a_missing_folder_is_named_and_the_layout_told(root: Path, missing: str) -> None:
    (root / missing).rename(root / "elsewhere")
    with pytest.raises(DatasetError, match="is missing; expected train/good, test/good and test/<defect>") as caught:
        read_labelled_dataset(root)
    assert caught.value.subject == str(root)
    assert missing.split("/")[0] in caught.value.sentence


def test_nothing_defective_is_an_error_that_says_where_to_put_it(root: Path) -> None:
    for kind in ("bent", "crack"):
        (root / "test" / kind).rename(root / kind)
    with pytest.raises(DatasetError, match="no defective photos to test on; put them into test/<kind of defect>"):
        read_labelled_dataset(root)


def test_an_empty_folder_is_named(root: Path) -> None:
    (root / "test" / "scratch").mkdir()
    with pytest.raises(NoImages) as caught:
        read_labelled_dataset(root)
    assert caught.value.subject == str(root / "test" / "scratch")


def test_bad_photos_to_train_on_are_listed(root: Path) -> None:
    (root / "train" / "good" / "torn.png").write_bytes(b"torn")
    with pytest.raises(GoodSetUnusable) as caught:
        read_labelled_dataset(root)
    assert [path.name for path, _ in caught.value.problems] == ["torn.png"]


@pytest.mark.parametrize(("mode", "inside"), [("L", 255), ("L", 1), ("1", 255), ("RGB", 255), ("P", 200)])
def test_a_mask_is_whatever_is_not_black(tmp_path: Path, mode: str, inside: int) -> None:
    write_mask(tmp_path / "000_mask.png", mode, inside, edge=300)
    mask = read_mask(LabelledPhoto(tmp_path / "000.png", "crack", tmp_path / "000_mask.png"), (300, 300))
    assert mask.dtype == bool
    assert mask.shape == (300, 300)
    assert mask.sum() == 20 * 40
    assert mask[30:50, 50:90].all()


def test_a_good_photo_has_an_empty_mask(tmp_path: Path) -> None:
    mask = read_mask(LabelledPhoto(tmp_path / "000.png", "good", None), (30, 40))
    assert mask.shape == (30, 40)
    assert not mask.any()
