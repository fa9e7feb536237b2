from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inspector.core.errors import GoodSetUnusable, ImageUnreadable, NoImages
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.values import ImageRGB
from inspector.storage.good_photos.good_set import check_good_photos, photos_sha256, read_good_set
from inspector.storage.photos.images import read_image
from tests.storage.photos.test_photo_files import png, webp


@pytest.fixture
def folder(copied: Callable[..., Path], tmp_path: Path) -> Path:
    for index, name in enumerate(["cell 1.png", "cell 2.png", "cell 10.png", "more/größe.png"]):
        copied(f"good/{name}", index)
    return tmp_path / "good"


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each decoded photo, once for each time."""
    told: list[Path] = []

    def read(path: Path, depth: PixelDepth) -> ImageRGB:
        told.append(path)
        return read_image(path, depth)

    monkeypatch.setattr("inspector.storage.good_photos.good_set.read_image", read)
    return told


def test_a_sound_set(folder: Path, cells: list[Path]) -> None:
    told: list[Progress] = []
    good_set = read_good_set(folder, report=told.append)
    assert [path.name for path in good_set.paths] == ["cell 1.png", "cell 2.png", "cell 10.png", "größe.png"]
    assert (good_set.folder, good_set.photo_hw, len(good_set)) == (folder, (300, 300), 4)
    assert told == [Progress("checking good photos", done, 4) for done in (1, 2, 3, 4)]
    np.testing.assert_array_equal(good_set[0], read_image(cells[0]))
    np.testing.assert_array_equal(good_set[-1], read_image(cells[3]))
    assert [photo.shape for photo in good_set] == [(300, 300, 3)] * 4
    assert len(good_set[1:3]) == 2
    np.testing.assert_array_equal(good_set[1:3][0], read_image(cells[1]))
    with pytest.raises(IndexError):
        good_set[4]


def test_a_photo_is_decoded_once_while_it_fits(folder: Path, decodes: list[Path]) -> None:
    good_set = read_good_set(folder)
    shown = good_set[0]
    shown[:] = 0  # returned arrays belong to the caller
    good_set.paths[0].write_bytes(b"overwritten while training")
    assert good_set[0].any()
    assert len(list(good_set.at([0, 1, 2, 3]))) == 4
    assert sorted(decodes) == sorted(good_set.paths)


def test_photos_that_do_not_fit_are_decoded_anew(
    folder: Path, decodes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.storage.good_photos.good_set.KEPT_BYTES", 2 * 300 * 300 * 3)
    good_set = read_good_set(folder)
    list(good_set)
    assert len(decodes) == 4 + 2


def test_a_photo_that_changes_while_it_is_in_use_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.storage.good_photos.good_set.KEPT_BYTES", 0)
    good_set = read_good_set(folder)
    cv2.imwrite(str(folder / "cell 1.png"), read_image(good_set.paths[0])[:200])
    with pytest.raises(ImageUnreadable, match=r"cell 1.png: the photo was changed while it was in use; start again"):
        good_set[0]
    good_set.paths[1].write_bytes(b"overwritten while training")
    with pytest.raises(ImageUnreadable):
        good_set[1]


def test_the_hash_tells_content_and_names_not_the_place(folder: Path, cells: list[Path], tmp_path: Path) -> None:
    before = read_good_set(folder).sha256
    moved = folder.rename(tmp_path / "moved")
    assert read_good_set(moved).sha256 == before
    assert photos_sha256(moved, reversed(read_good_set(moved).paths)) == before
    renamed = (moved / "cell 1.png").rename(moved / "cell 3.png")
    assert read_good_set(moved).sha256 != before
    renamed.rename(moved / "cell 1.png")
    assert read_good_set(moved).sha256 == before
    (moved / "cell 1.png").write_bytes(cells[9].read_bytes())
    assert read_good_set(moved).sha256 != before


def test_all_problems_at_once(folder: Path, copied: Callable[..., Path]) -> None:
    (folder / "cell 1.png").write_bytes((folder / "cell 1.png").read_bytes()[:5000])
    (folder / "empty.jpg").touch()
    (folder / "note.png").write_text("not a photo")
    cv2.imwrite(str(folder / "small.png"), read_image(folder / "cell 2.png")[:, :200])
    copied("good/more/2.png", 5)
    with pytest.raises(GoodSetUnusable) as caught:
        read_good_set(folder)
    error = caught.value
    assert error.subject == str(folder)
    assert error.sentence == (
        "4 of 8 photos cannot be trained on (3 cannot be read and 1 differ in size); leave them out or replace them"
    )
    problems = {path.name: sentence for path, sentence in error.problems}
    assert set(problems) == {"cell 1.png", "empty.jpg", "note.png", "small.png"}
    assert "cut short" in problems["cell 1.png"]
    assert "empty" in problems["empty.jpg"]
    assert "not a photo" in problems["note.png"]
    assert problems["small.png"].startswith(
        "the photo is 200 x 300 pixels, most of the good photos are 300 x 300; leave it out"
    )
    left = read_good_set(folder, leave_out=[path for path, _ in error.problems])
    assert len(left) == 4


@pytest.mark.parametrize(("readable", "found"), [(1, "only one here can be read"), (0, "none here can be read")])
def test_too_few(folder: Path, readable: int, found: str) -> None:
    for path in read_good_set(folder).paths[readable:]:
        path.write_bytes(b"")
    with pytest.raises(GoodSetUnusable, match=rf"good: training needs at least 2 good photos, and {found}") as caught:
        read_good_set(folder)
    assert len(caught.value.problems) == 4 - readable


def test_leaving_out_too_many(folder: Path) -> None:
    with pytest.raises(GoodSetUnusable, match="at least 2 good photos"):
        read_good_set(folder, leave_out=read_good_set(folder).paths[1:])


def test_one_photo_is_too_few(folder: Path) -> None:
    with pytest.raises(GoodSetUnusable, match="only one here"):
        read_good_set(folder / "cell 1.png")


def test_no_photo(tmp_path: Path) -> None:
    with pytest.raises(NoImages, match="there is no photo in this folder"):
        read_good_set(tmp_path)


def test_cancelling_stops_between_two_photos(folder: Path) -> None:
    token = CancelToken()
    told: list[Progress] = []

    def report(progress: Progress) -> None:
        told.append(progress)
        token.cancel()

    with pytest.raises(Cancelled):
        read_good_set(folder, report=report, token=token)
    assert len(told) == 1


def test_a_choice_of_photos(cells: list[Path]) -> None:
    good_set = check_good_photos(cells[0].parent, cells[5:2:-1])
    assert good_set.paths == tuple(cells[5:2:-1])
    assert good_set.sha256 == check_good_photos(cells[0].parent, cells[3:6]).sha256


def test_hostile_photos_are_named_and_do_not_stop_the_check(copied: Callable[..., Path], tmp_path: Path) -> None:
    for number in range(3):
        copied(f"{number}.png", number)
    (tmp_path / "bomb.webp").write_bytes(webp(12_000, 12_000))
    (tmp_path / "bomb.png").write_bytes(png(14_000, 14_000))
    with Image.open(tmp_path / "0.png") as page:
        page.save(tmp_path / "pages.tif", save_all=True, append_images=[page.copy()])
    with pytest.raises(GoodSetUnusable, match="3 of 6 photos cannot be trained on") as caught:
        read_good_set(tmp_path)
    told = {path.name: sentence for path, sentence in caught.value.problems}
    assert told.keys() == {"bomb.png", "bomb.webp", "pages.tif"}
    assert "cannot hold" in told["bomb.webp"]
    assert "the file holds 2 pictures" in told["pages.tif"]
