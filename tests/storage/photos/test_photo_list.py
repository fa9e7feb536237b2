import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.core.errors import DatasetError, NoImages
from inspector.core.progress import Cancelled, CancelToken
from inspector.storage.photos.images import list_images
from inspector.storage.photos.photo_list import LOOK_EVERY, find_images, natural_key


def test_a_file_stands_for_itself(copied: Callable[..., Path]) -> None:
    photo = copied("scan.dat")
    assert list_images(photo) == [photo]


def test_natural_order_through_subfolders(copied: Callable[..., Path], tmp_path: Path) -> None:
    names = ["img10.png", "img2.PNG", "Img1.jpg", "b/img1.tiff", "b10/x.webp", "b2/x.bmp", "b/ä 7.jpeg"]
    for name in names:
        copied(name)
    found = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    expected = ["b/img1.tiff", "b/ä 7.jpeg", "b2/x.bmp", "b10/x.webp", "Img1.jpg", "img2.PNG", "img10.png"]
    assert found == expected


def test_order_does_not_depend_on_the_disk() -> None:
    names = ["A1.png", "a1.png", "a01.png", "a٣.png", "a10.png", "a².png", "b/1.png", "b/1/1.png", "b1/1.png", "1.png"]
    orders = [sorted(map(Path, shuffled), key=natural_key) for shuffled in (names, names[::-1], names[5:] + names[:5])]
    assert orders[0] == orders[1] == orders[2]


def test_hidden_and_other_files_are_skipped(copied: Callable[..., Path], tmp_path: Path) -> None:
    kept = copied("shown.png")
    for name in [".hidden.png", ".thumbnails/x.png", "notes.txt", "png"]:
        copied(name)
    assert list_images(tmp_path) == [kept]


def test_heatmaps_of_an_inspection_are_no_photos(copied: Callable[..., Path], tmp_path: Path) -> None:
    own = [copied(name) for name in ("1.png", "line/heatmaps/2.png", "run/3.png", "run/other/4.png")]
    heatmap = copied("run/heatmaps/1.png")
    (tmp_path / "run" / "results.json").touch()
    found = find_images(tmp_path)
    assert sorted(found.photos) == sorted(own)  # "line" has no results: its heatmaps are somebody's photos
    assert found.left_out == [tmp_path / "run" / "heatmaps"]
    assert list_images(tmp_path) == found.photos
    assert list_images(heatmap.parent) == [heatmap]  # whoever names the folder wants it


def test_the_coming_inspections_heatmaps_are_no_photos(copied: Callable[..., Path], tmp_path: Path) -> None:
    photo, beside = copied("1.png"), copied("run/2.png")
    copied("run/heatmaps/1.png")  # left by an inspection that was cancelled, so there is no results.json
    (tmp_path / "link").symlink_to(tmp_path / "run")
    for results in ("run", "link", "new/../run"):
        (tmp_path / "new").mkdir(exist_ok=True)
        found = find_images(tmp_path, results_folder=tmp_path / results)
        assert len(found.photos) == 2
        assert {os.path.realpath(path) for path in found.photos} == {str(photo.resolve()), str(beside.resolve())}
    assert len(find_images(tmp_path, results_folder=tmp_path / "not yet there").photos) == 3


def test_nothing_but_heatmaps_is_said_so(copied: Callable[..., Path], tmp_path: Path) -> None:
    copied("heatmaps/1.png")
    (tmp_path / "results.json").touch()
    with pytest.raises(NoImages, match="are heatmaps that Inspector wrote; choose the folder of the photos"):
        list_images(tmp_path)


def test_links_that_loop_end(copied: Callable[..., Path], tmp_path: Path) -> None:
    copied("part/1.png")
    (tmp_path / "part" / "again").symlink_to(tmp_path, target_is_directory=True)
    elsewhere = copied("../elsewhere/2.png")
    (tmp_path / "linked").symlink_to(elsewhere.parent, target_is_directory=True)
    found = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert found == ["linked/2.png", "part/1.png"]


def test_a_link_to_nowhere_is_listed(copied: Callable[..., Path], tmp_path: Path) -> None:
    photo, dangling = copied("1.png"), tmp_path / "2.png"
    dangling.symlink_to(tmp_path / "gone.png")
    assert list_images(tmp_path) == [photo, dangling]
    assert list_images(dangling) == [dangling]


def test_nothing_to_list(tmp_path: Path) -> None:
    with pytest.raises(NoImages, match=r"nowhere: there is no such file or folder; check the path"):
        list_images(tmp_path / "nowhere")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NoImages, match=r"no photo in this folder; .*\.jpg.*\.png.*\.tiff") as caught:
        list_images(tmp_path)
    assert caught.value.subject == str(tmp_path)


def test_a_closed_subfolder_is_not_skipped_silently(
    copied: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied("1.png")
    closed = copied("closed/2.png").parent
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"closed: this folder cannot be opened .*; allow reading it"):
        list_images(tmp_path)


def test_a_long_listing_is_shown_and_can_be_cancelled_within_a_folder(tmp_path):
    for number in range(3 * LOOK_EVERY):
        (tmp_path / f"{number}.png").touch()
    seen = []
    assert len(find_images(tmp_path, report=seen.append).photos) == 3 * LOOK_EVERY
    assert [one.stage for one in seen] == [f"listing photos, {times * LOOK_EVERY} files so far" for times in (1, 2, 3)]
    token = CancelToken()
    with pytest.raises(Cancelled):
        find_images(tmp_path, report=lambda _progress: token.cancel(), token=token)
