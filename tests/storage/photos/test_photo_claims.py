"""The memory that photos may take while they are decoded."""

import threading
from pathlib import Path

import pytest

from inspector.core.errors import ImageTooLarge, ImageUnreadable
from inspector.storage.photos.photo_claims import DecodingMemory, check_claim, check_scans
from inspector.storage.photos.photo_formats import FORMATS

PHOTO = Path("photo.png")


def test_photos_wait_until_there_is_room_beside_others() -> None:
    memory = DecodingMemory(100)
    height, highest, lock = [0], [0], threading.Lock()

    def decode() -> None:
        with memory.taken(PHOTO, 40):
            with lock:
                height[0] += 40
                highest[0] = max(highest[0], height[0])
            both.wait(5)
            with lock:
                height[0] -= 40

    both = threading.Barrier(2)
    threads = [threading.Thread(target=decode) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert highest[0] == 80


def test_one_that_never_fits_is_refused_and_a_failed_one_gives_its_room_back() -> None:
    memory = DecodingMemory(100)
    with (
        pytest.raises(ImageTooLarge, match=r"of memory, more than .* that Inspector uses for it"),
        memory.taken(PHOTO, 101),
    ):
        pass
    with pytest.raises(ZeroDivisionError), memory.taken(PHOTO, 100):
        raise ZeroDivisionError
    with memory.taken(PHOTO, 100):
        pass


def test_the_least_bytes_of_a_real_photo_are_enough() -> None:
    check_claim(PHOTO, FORMATS["JPEG"], (3000, 4000), 24, 200_000)
    check_claim(PHOTO, FORMATS["WEBP"], (3000, 4000), 24, 10_000)
    check_claim(PHOTO, FORMATS["PNG"], (4096, 4096), 1, 2_100)  # an empty mask
    with pytest.raises(ImageUnreadable, match="4000 x 3000 pixels, which its 200 bytes cannot hold"):
        check_claim(PHOTO, FORMATS["WEBP"], (3000, 4000), 24, 200)


def test_scans_are_bounded_by_number_and_by_the_pixels_they_go_over() -> None:
    check_scans(PHOTO, (10_000, 20_000), 12)
    check_scans(PHOTO, (3000, 4000), 50)
    for hw, scans in (((100, 100), 51), ((10_000, 20_000), 20)):
        with pytest.raises(ImageUnreadable, match="scans, which take too long"):
            check_scans(PHOTO, hw, scans)
