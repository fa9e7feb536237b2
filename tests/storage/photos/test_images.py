import contextlib
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from inspector.core.errors import ImageTooLarge, ImageUnreadable, ResultsError
from inspector.core.values import ImageRGB
from inspector.storage.photos.images import encode_jpeg, encode_png, image_size, read_image, write_image

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

LOSSLESS = [".png", ".bmp", ".tiff", ".webp"]


def written(path: Path, array: np.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_rgb_comes_back_exactly(tmp_path: Path, coloured: ImageRGB, suffix: str) -> None:
    path = written(tmp_path / f"cell{suffix}", coloured, **({"lossless": True} if suffix == ".webp" else {}))
    image_rgb = read_image(path)
    assert image_rgb.dtype == np.uint8
    assert image_rgb.flags.c_contiguous
    assert image_rgb.flags.writeable
    np.testing.assert_array_equal(image_rgb, coloured)
    assert image_size(path) == (200, 140)


def test_jpeg_comes_back_nearly(tmp_path: Path, coloured: ImageRGB) -> None:
    image_rgb = read_image(written(tmp_path / "cell.jpg", coloured, quality=95))
    assert np.abs(image_rgb.astype(int) - coloured).mean() < 3


def test_gray_becomes_three_equal_channels(cells: list[Path]) -> None:
    image_rgb = read_image(cells[0])
    np.testing.assert_array_equal(image_rgb[..., 0], cv2.imread(str(cells[0]), cv2.IMREAD_GRAYSCALE))
    np.testing.assert_array_equal(image_rgb[..., 0], image_rgb[..., 2])


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_divided_by_256_and_never_stretched(
    tmp_path: Path, coloured: ImageRGB, suffix: str, channels: int
) -> None:
    # A dark photo, which stretching to its own range would brighten; OpenCV writes, since Pillow cannot.
    dark = (np.dstack([coloured, coloured[..., :1]])[..., :channels].astype(np.uint16) << 4) | 0x0F
    path = tmp_path / f"dark{suffix}"
    path.write_bytes(cv2.imencode(suffix, dark)[1].tobytes())
    stored_rgb = dark[..., [0, 0, 0] if channels == 1 else [2, 1, 0]]
    np.testing.assert_array_equal(read_image(path), stored_rgb >> 8)
    assert image_size(path) == (200, 140)


def test_16_bit_gray_tiff_of_either_byte_order(tmp_path: Path, coloured: ImageRGB) -> None:
    gray = coloured[..., 0].astype(np.uint16) * 200
    for order in ("<u2", ">u2"):
        path = written(tmp_path / "cell.tiff", gray.astype(order))
        np.testing.assert_array_equal(read_image(path)[..., 1], gray >> 8)


def test_alpha_is_dropped_not_blended(tmp_path: Path, coloured: ImageRGB) -> None:
    clear = np.zeros((200, 140, 1), np.uint8)
    path = written(tmp_path / "cell.png", np.concatenate([coloured, clear], axis=2))
    np.testing.assert_array_equal(read_image(path), coloured)
    gray = written(tmp_path / "gray.png", np.concatenate([coloured[..., :1], clear], axis=2))
    np.testing.assert_array_equal(read_image(gray)[..., 2], coloured[..., 0])


@pytest.mark.parametrize("transparency", [None, 3, bytes(range(256))])
def test_palette(tmp_path: Path, coloured: ImageRGB, transparency: int | bytes | None) -> None:
    with_palette = Image.fromarray(coloured).quantize(256)
    path = tmp_path / "cell.png"
    with_palette.save(path, **({} if transparency is None else {"transparency": transparency}))
    np.testing.assert_array_equal(read_image(path), np.asarray(with_palette.convert("RGB")))


def test_black_and_white(tmp_path: Path, coloured: ImageRGB) -> None:
    Image.fromarray(coloured).convert("1").save(tmp_path / "cell.png")
    assert set(np.unique(read_image(tmp_path / "cell.png"))) == {0, 255}


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp", ".jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation(tmp_path: Path, coloured: ImageRGB, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == ".webp" else {}
    path = written(tmp_path / f"turned{suffix}", coloured, exif=exif, **options)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    np.testing.assert_array_equal(read_image(path), expected)
    assert image_size(path) == expected.shape[:2] == ((140, 200) if orientation >= 5 else (200, 140))
    if orientation == 6 and suffix == ".png":  # held a quarter turn to the left, so shown turned to the right
        np.testing.assert_array_equal(expected, cv2.rotate(coloured, cv2.ROTATE_90_CLOCKWISE))


def test_damaged_metadata_does_not_hide_a_sound_photo(tmp_path: Path, coloured: ImageRGB) -> None:
    path = written(tmp_path / "cell.jpg", coloured, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12")
    assert read_image(path).shape == (200, 140, 3)
    path = written(tmp_path / "cell.jpg", coloured, exif=b"Exif\0\0not metadata at all")
    assert image_size(path) == (200, 140)


@pytest.mark.parametrize("name", ["two words.png", "größe_零件_🔩.png", "semi;colon'quote\".png", "no suffix"])
def test_any_file_name(copied: Callable[..., Path], name: str) -> None:
    assert read_image(copied(f"Prüf ling/{name}")).shape == (300, 300, 3)


def test_a_name_that_is_not_unicode(tmp_path: Path, cells: list[Path]) -> None:
    try:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png"))
        path.write_bytes(cells[0].read_bytes())
    except OSError:
        pytest.skip("this system has no such names")
    assert read_image(path).shape == (300, 300, 3)


def test_a_link_is_followed(copied: Callable[..., Path], tmp_path: Path) -> None:
    photo, link = copied("cell.png"), tmp_path / "link.png"
    link.symlink_to(photo)
    np.testing.assert_array_equal(read_image(link), read_image(photo))


def refused(path: Path, sentence: str) -> None:
    for read in (read_image, image_size):
        with pytest.raises(ImageUnreadable, match=sentence) as caught:
            read(path)
        assert caught.value.subject == str(path)
        assert path.name in str(caught.value)


def test_missing(tmp_path: Path) -> None:
    refused(tmp_path / "gone.png", "there is no such file; check the path")
    (tmp_path / "link.png").symlink_to(tmp_path / "gone.png")
    refused(tmp_path / "link.png", "there is no such file; check the path")


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    refused(tmp_path / "empty.png", "the file is empty; copy or take the photo again")


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    refused(tmp_path / "folder.png", "this is a folder, not a photo; choose a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    refused(tmp_path / "pipe.png", "not an ordinary file; choose a photo")


def test_impossible_name(tmp_path: Path) -> None:
    refused(tmp_path / "a\0b.png", "no file can have this name; check the path")


def test_not_allowed(copied: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied("secret.png")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    refused(path, "reading this file is not allowed; change its permissions")


@pytest.mark.parametrize(
    "content", [b"hello, this is a text\n" * 40, b"%PDF-1.7\n", b"PK\x03\x04" + bytes(200), bytes(1000), b"\x89PNG"]
)
def test_no_image(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.png"
    path.write_bytes(content)
    refused(path, r"not a photo that Inspector can read \(JPEG, PNG, BMP, .* AVIF or PNM\)|cut short or damaged")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_cut_short_is_an_error_not_half_a_photo(
    tmp_path: Path, coloured: ImageRGB, suffix: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / f"cut{suffix}", coloured)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ImageUnreadable, match=r"copy or take it again|beginning is damaged") as caught:
        read_image(path)
    assert caught.value.subject == str(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_copy_that_broke_off_into_zeros(tmp_path: Path, coloured: ImageRGB, share: float, progressive: bool) -> None:
    path = written(tmp_path / "copy.jpg", coloured, progressive=progressive)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)] + bytes(len(whole) - int(len(whole) * share)))
    with pytest.raises(ImageUnreadable, match=r"cut short"):
        read_image(path)
    path.write_bytes(whole + bytes(4096))  # some cameras fill up the last block of the card
    assert read_image(path).shape == (200, 140, 3)


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (20_001, 10_000), (2**31 - 1, 2**31 - 1)])
def test_huge_claims_are_refused_before_decoding(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(png_claiming(width, height))
    for read in (read_image, image_size):
        with pytest.raises(ImageTooLarge, match=rf"huge.png: .*{width} x {height} pixels.* 200 megapixels"):
            read(path)


def test_a_large_but_honest_claim_with_too_few_pixels(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png_claiming(3000, 2000))
    with pytest.raises(ImageUnreadable, match="cut short or damaged"):
        read_image(path)


def test_no_warning_for_a_photo_that_pillow_alone_would_warn_of(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("1", (10_000, 9_500)).save(path)  # 95 megapixels, in a few kilobytes
    assert image_size(path) == (9_500, 10_000)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_values_without_a_scale_are_refused(tmp_path: Path, coloured: ImageRGB, dtype: type) -> None:
    path = written(tmp_path / "depth.tiff", coloured[..., 0].astype(dtype))
    with pytest.raises(ImageUnreadable, match=r"depth.tiff: .*no fixed scale; save the photo with 8 or 16 bits"):
        read_image(path)


def test_every_damage_is_an_image_error(tmp_path: Path, coloured: ImageRGB) -> None:
    rng = np.random.default_rng(5)
    for suffix in [".png", ".jpg", ".bmp", ".tiff", ".webp", ".gif", ".jp2", ".avif", ".ppm"]:
        path = written(tmp_path / f"cell{suffix}", coloured[:40, :30])
        whole = path.read_bytes()
        for _ in range(150):
            damaged = bytearray(whole)
            for place in rng.integers(0, min(len(whole), 400), size=3):
                damaged[place] = rng.integers(0, 256)
            path.write_bytes(damaged)
            with contextlib.suppress(ImageUnreadable, ImageTooLarge):
                assert read_image(path).shape[2] == 3


def test_encoding_and_writing(tmp_path: Path, coloured: ImageRGB) -> None:
    with Image.open(io.BytesIO(encode_png(coloured))) as image:
        np.testing.assert_array_equal(np.asarray(image), coloured)
    assert len(encode_jpeg(coloured, 30)) < len(encode_jpeg(coloured, 90))
    assert encode_png(coloured) == encode_png(coloured.copy())
    path = tmp_path / "größe 1.png"
    write_image(path, coloured)
    np.testing.assert_array_equal(read_image(path), coloured)
    write_image(tmp_path / "cell.JPG", coloured)
    assert image_size(tmp_path / "cell.JPG") == (200, 140)


def test_a_picture_that_cannot_be_written(tmp_path: Path, coloured: ImageRGB) -> None:
    with pytest.raises(ResultsError, match=r"cell.gif: .*choose a name that ends in"):
        write_image(tmp_path / "cell.gif", coloured)
    with pytest.raises(ResultsError, match=r"cell.png: the folder does not exist; create it"):
        write_image(tmp_path / "missing" / "cell.png", coloured)
