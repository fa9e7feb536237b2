"""Photos of every format: whole, cut short, of several pages, and made to take memory or time."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspector.core.errors import ImageError, ImageTooLarge, ImageUnreadable
from inspector.core.values import ImageRGB
from inspector.storage.photos.images import decode_image, image_size, read_image
from inspector.storage.photos.photo_completeness import check_deflated
from inspector.storage.photos.photo_files import BROKEN

NAMES = {
    "JPEG": {},
    "PNG": {},
    "BMP": {},
    "TIFF": {},
    "WEBP": {"lossless": True},
    "GIF": {},
    "JPEG2000": {},
    "AVIF": {"quality": 90, "speed": 10},
    "PPM": {},
}


def encoded(array: np.ndarray, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, name, **options)
    return file.getvalue()


def read(content: bytes) -> ImageRGB:
    return decode_image(content, Path("photo"))


def zero_tail(content: bytes, share: float, filling: bytes = b"\0") -> bytes:
    kept = int(len(content) * share)
    return content[:kept] + filling * (len(content) - kept)


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_read(coloured: ImageRGB, name: str) -> None:
    image_rgb = read(encoded(coloured, name, **NAMES[name]))
    assert image_rgb.shape == coloured.shape
    assert np.abs(image_rgb.astype(int) - coloured).mean() < (0.5 if name not in {"JPEG", "AVIF", "GIF"} else 8)


@pytest.mark.parametrize(
    ("name", "filling"),
    # Neither WebP nor AVIF has a checksum: other fillings are reported only if the decoder itself fails.
    [(name, b"\0") for name in ("JPEG", "PNG", "WEBP", "GIF", "JPEG2000", "AVIF")]
    + [(name, b"\xff") for name in ("JPEG", "PNG", "GIF", "JPEG2000")],
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
def test_a_tail_that_was_never_written(coloured: ImageRGB, name: str, share: float, filling: bytes) -> None:
    noisy = coloured ^ np.random.default_rng(1).integers(0, 32, coloured.shape, np.uint8)
    with pytest.raises(ImageUnreadable, match="cut short"):
        read(zero_tail(encoded(noisy, name, **NAMES[name]), share, filling))


@pytest.mark.parametrize("options", [{"quality": 40}, {"quality": 90}, {"lossless": True}, {"method": 0}])
@pytest.mark.parametrize("share", [0.6, 0.97])
def test_a_webp_of_any_kind_without_its_end(coloured: ImageRGB, options: dict[str, object], share: float) -> None:
    with pytest.raises(ImageUnreadable, match="cut short"):
        read(zero_tail(encoded(np.tile(coloured, (3, 3, 1)), "WEBP", **options), share))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_phone_photo_without_the_end_of_either_picture(coloured: ImageRGB, progressive: bool) -> None:
    second = Image.fromarray(coloured[::-1])
    whole = encoded(coloured, "MPO", save_all=True, append_images=[second], quality=90, progressive=progressive)
    assert read(whole).shape == coloured.shape
    for share in (0.3, 0.6, 0.97):
        with pytest.raises(ImageUnreadable, match="cut short"):
            read(zero_tail(whole, share))
    first = whole[: whole.index(b"\xff\xd9\xff\xd8") + 2]
    assert read(first).shape == coloured.shape  # a program took the second picture out


@pytest.mark.parametrize("kind", [b"IDAT", b"IHDR"])
def test_a_png_with_one_wrong_bit_in_a_checksum(coloured: ImageRGB, kind: bytes) -> None:
    content = bytearray(encoded(coloured, "PNG"))
    at = content.index(kind)
    (length,) = struct.unpack_from(">I", content, at - 4)
    content[at + 4 + length] ^= 1
    with pytest.raises(ImageUnreadable, match=r"cut short|damaged"):
        read(bytes(content))


def test_a_png_without_its_last_chunk(coloured: ImageRGB) -> None:
    with pytest.raises(ImageUnreadable, match="cut short"):
        read(encoded(coloured, "PNG")[:-12])


def directory_first(content: bytes) -> bytes:
    """Write a TIFF anew with its tags before its pixels, so that a lost end takes no tag with it."""
    with Image.open(io.BytesIO(content)) as image:
        tags = {tag: image.tag_v2.get(tag) for tag in (256, 257, 258, 259, 262, 273, 277, 278, 279, 317, 347)}
    rows = {
        tag: value if isinstance(value, tuple | bytes) else (value,) for tag, value in tags.items() if value is not None
    }
    strips = [content[at : at + size] for at, size in zip(rows[273], rows[279], strict=True)]
    room = 10 + 12 * len(rows) + 4
    pixels = room + sum(4 * len(value) for value in rows.values())
    rows[273] = tuple(pixels + sum(map(len, strips[:number])) for number in range(len(strips)))
    entries, arrays = b"", b""
    for tag, value in sorted(rows.items()):
        data = value if isinstance(value, bytes) else struct.pack(f"<{len(value)}I", *value)
        place = data if len(data) == 4 else struct.pack("<I", room + len(arrays))
        entries += struct.pack("<HHI", tag, 7 if data is value else 4, len(value)) + place
        arrays += b"" if len(data) == 4 else data
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(rows)) + entries + bytes(4) + arrays
    return head + bytes(pixels - len(head)) + b"".join(strips)


@pytest.mark.parametrize("options", [{}, {"tiffinfo": {317: 2}}], ids=["plain", "predictor"])
def test_pixels_that_are_lost_within_a_deflated_tiff(options: dict[str, object]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 100, 3), dtype=np.uint8)  # stored by Deflate as it is
    content = encoded(noise, "TIFF", compression="tiff_adobe_deflate", **options)
    read(content)
    middle = len(content) // 2
    with pytest.raises(ImageUnreadable, match="a checksum does not fit its pixels"):
        read(content[:middle] + bytes(500) + content[middle + 500 :])


def test_checksums_of_overlapping_strips_take_bounded_time() -> None:
    strip = zlib.compress(bytes(2**20))
    taken: list[int] = []

    def strips() -> Iterator[tuple[int, int]]:
        for number in range(1000):
            taken.append(number)
            yield 0, len(strip)

    check_deflated(strip, strips(), 5 * 2**20)
    assert len(taken) == 6


@pytest.mark.parametrize("compression", ["tiff_adobe_deflate", "tiff_lzw", "packbits", "jpeg"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_compressed_tiff_without_its_end(coloured: ImageRGB, compression: str, share: float) -> None:
    noisy = coloured ^ np.random.default_rng(1).integers(0, 64, coloured.shape, np.uint8)
    content = encoded(noisy, "TIFF", compression=compression)
    whole = directory_first(content)
    np.testing.assert_array_equal(read(whole), read(content))
    for cut in (zero_tail(whole, share), zero_tail(content, share)):
        with pytest.raises(ImageUnreadable, match="cut short"):
            read(cut)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize(
    ("name", "options"),
    [("WEBP", {"quality": q}) for q in (10, 90)]
    + [
        ("WEBP", {"lossless": True, "method": 0, "quality": 0}),
        ("JPEG", {"optimize": True}),
        ("PNG", {}),
        ("AVIF", {}),
    ],
)
def test_a_photo_with_a_large_even_area_is_whole(value: int, name: str, options: dict[str, object]) -> None:
    image_rgb = np.random.default_rng(2).integers(0, 256, (480, 640, 3), np.uint8)
    for even in (slice(None), slice(160, None)):
        photo = image_rgb.copy()
        photo[even] = value
        assert read(encoded(photo, name, **options)).shape == photo.shape


@pytest.mark.parametrize("end", [b"\0" * 4096, b"a film behind the photo"])
def test_what_follows_the_end_of_a_photo_does_no_harm(coloured: ImageRGB, end: bytes) -> None:
    for name in ("JPEG", "PNG", "GIF", "JPEG2000", "WEBP"):
        assert (
            read(encoded(coloured, name, **NAMES[name]) + end).shape == coloured.shape if name != "JPEG2000" else True
        )


@pytest.mark.parametrize("name", ["TIFF", "WEBP", "GIF", "PNG", "AVIF"])
def test_several_pages_are_refused_in_one_sentence(coloured: ImageRGB, name: str) -> None:
    others = [Image.fromarray(coloured[::-1].copy()), Image.fromarray(coloured // 2)]
    content = encoded(coloured, name, save_all=True, append_images=others, **NAMES[name])
    with pytest.raises(ImageUnreadable, match="the file holds 3 pictures, and Inspector judges one a file; save each"):
        read(content)


def test_two_pnm_pictures_in_one_file_are_refused(coloured: ImageRGB) -> None:
    for array in (coloured, coloured[..., 0]):
        with pytest.raises(ImageUnreadable, match="holds 2 pictures"):
            read(2 * encoded(array, "PPM"))


@pytest.mark.parametrize("small_first", [False, True])
def test_a_small_copy_in_a_tiff_is_no_page(tmp_path: Path, coloured: ImageRGB, small_first: bool) -> None:
    pages = [Image.fromarray(coloured), Image.fromarray(coloured[::4, ::4].copy())]
    pages[0].encoderinfo, pages[1].encoderinfo = {"tiffinfo": {0x00FE: 0}}, {"tiffinfo": {0x00FE: 1}}
    if small_first:
        pages.reverse()
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], tiffinfo={0x00FE: int(small_first)})
    np.testing.assert_array_equal(read(file.getvalue()), coloured)


def test_frames_of_one_photo_are_one_picture(coloured: ImageRGB) -> None:
    still = encoded(coloured, "GIF", save_all=True)
    assert read(still).shape == coloured.shape


@pytest.mark.parametrize("highest", [1, 100, 255, 1023, 4095, 65535])
def test_pnm_of_any_depth(coloured: ImageRGB, highest: int) -> None:
    gray = coloured[..., 0].astype(np.uint32) * highest // 255
    kind = ">u2" if highest > 255 else "u1"
    image_rgb = read(b"P5\n140 200\n%d\n" % highest + gray.astype(kind).tobytes())
    assert np.abs(image_rgb[..., 1].astype(int) - gray * 255 // highest).max() <= 1
    colour = np.repeat(gray[..., None], 3, axis=2).astype(kind)
    image_rgb = read(b"P6\n140 200\n%d\n" % highest + colour.tobytes())
    assert np.abs(image_rgb[..., 2].astype(int) - gray * 255 // highest).max() <= 1


def webp(width: int, height: int) -> bytes:
    """The smallest WebP that is valid: one colour, in no bits at all."""
    packed = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", packed) + b"\x88\x88\x08\0\0"
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def png(width: int, height: int, depth: int = 16, colour: int = 6, pixels: bytes = bytes(100)) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")


def tiff(*tags: tuple[int, int]) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(100)


def striped_tiff(width: int, height: int, compression: int) -> bytes:
    return tiff(
        (256, width), (257, height), (258, 8), (259, compression), (262, 1), (273, 122), (278, height), (279, 50)
    )


def tiled_tiff(edge: int) -> bytes:
    return tiff(
        (256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1), (322, edge), (323, edge), (324, 134), (325, 50)
    )


def gif(screen: int, frame: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + bytes(6)
    disposal = b"\x21\xf9\x04\x08\0\0\0\0"
    return head + disposal + b"\x2c" + struct.pack("<HHHHB", 0, 0, frame, frame, 0) + b"\x02\x02\x44\x01\0\x3b"


def claiming(name: str, width: int, height: int) -> bytes:
    """A real file of the format whose header is altered to claim another size."""
    content = bytearray(encoded(np.zeros((64, 48, 3), np.uint8), name))
    if name == "JPEG2000":
        at = content.index(b"ihdr")
        struct.pack_into(">II", content, at + 4, height, width)
        at = content.index(b"\xff\x4f\xff\x51")
        struct.pack_into(">II", content, at + 8, width, height)
        struct.pack_into(">II", content, at + 24, width, height)
    elif name == "AVIF":
        struct.pack_into(">II", content, content.index(b"ispe") + 8, width, height)
    elif name == "JPEG":
        struct.pack_into(">HH", content, content.index(b"\xff\xc0") + 5, height, width)
    elif name == "BMP":
        struct.pack_into("<ii", content, 18, width, height)
    return bytes(content)


BOMBS: dict[str, Callable[[], bytes]] = {
    "webp": lambda: webp(16383, 12000),
    "webp just below the limit of pixels": lambda: webp(8000, 8000),
    "png": lambda: png(14000, 14000),
    "png of one bit": lambda: png(14000, 14000, 1, 0),
    "tiff strip": lambda: striped_tiff(14000, 14000, 8),
    "tiff strip of zeros": lambda: striped_tiff(14000, 14000, 1),
    "tiff tile": lambda: tiled_tiff(65536),
    "gif screen": lambda: gif(14000, 14000),
    "gif frame": lambda: gif(4, 65535),
    "jp2": lambda: claiming("JPEG2000", 14000, 14000),
    "jp2 tiles": lambda: claiming_tiles(),
    "avif": lambda: claiming("AVIF", 14000, 14000),
    "bmp": lambda: claiming("BMP", 14000, 14000),
    "jpeg": lambda: claiming("JPEG", 14000, 14000),
    "pgm": lambda: b"P5\n14000 14000\n255\n" + bytes(100),
    "pgm of 12 bits": lambda: b"P5\n14000 14000\n4095\n" + bytes(100),
}


def claiming_tiles() -> bytes:
    content = bytearray(claiming("JPEG2000", 1900, 1900))
    struct.pack_into(">II", content, content.index(b"\xff\x4f\xff\x51") + 24, 1, 1)
    return bytes(content)


@pytest.mark.parametrize("name", BOMBS)
def test_a_tiny_file_that_claims_a_large_photo(name: str) -> None:
    content = BOMBS[name]()
    assert len(content) < 10_000
    with pytest.raises(ImageError, match=r"cannot hold|megapixels|cut short|damaged"):
        read(content)


def test_tiny_files_take_no_memory_though_read_at_once(tmp_path: Path) -> None:
    for name, make in BOMBS.items():
        (tmp_path / f"{name}.png").write_bytes(make())
    program = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from inspector.core.errors import ImageError
from inspector.storage.photos.images import image_size, read_image
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def refused(path):
    for read in (image_size, read_image):
        try: read(path)
        except ImageError: pass
before = peak()
with ThreadPoolExecutor(4) as pool: list(pool.map(refused, sorted(Path(sys.argv[1]).iterdir()) * 2))
print(peak() - before)
"""
    if sys.platform == "win32":
        pytest.skip("needs the module resource")
    output = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(output.stdout) < 150  # MiB; one of these photos decoded would take 600 at least


def test_a_photo_that_needs_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch, coloured: ImageRGB) -> None:
    def exhausted(self: Image.Image) -> None:
        raise MemoryError

    content = encoded(coloured, "BMP")
    monkeypatch.setattr("PIL.BmpImagePlugin.BmpImageFile.load", exhausted)
    with pytest.raises(ImageUnreadable, match="not enough memory to read this photo; close other programs"):
        read(content)
    assert MemoryError in BROKEN


def scans(content: bytes, number: int) -> bytes:
    """Repeat the last scan of a progressive JPEG, which refines existing data."""
    start = content.rindex(b"\xff\xda")
    return content[:start] + content[start:-2] * number + b"\xff\xd9"


def test_a_jpeg_of_thousands_of_scans_is_refused_by_their_number(coloured: ImageRGB) -> None:
    content = encoded(coloured, "JPEG", progressive=True)
    assert read(content).shape == coloured.shape
    with pytest.raises(ImageUnreadable, match="2009 scans, which take too long to decode; save it again"):
        read(scans(content, 2000))


@pytest.mark.parametrize("name", ["ppm_plain", "bmp_rle"])
def test_formats_that_are_decoded_slowly_are_bounded(name: str) -> None:
    if name == "ppm_plain":
        content = b"P2\n2000 2000\n255\n" + b"7  " * 4_000_000
    else:
        header = struct.pack("<IiiHHIIiiII", 40, 2000, 2000, 1, 8, 1, 9_000_000, 0, 0, 256, 0)
        content = b"BM" + struct.pack("<IHHI", 9_001_078, 0, 0, 1078) + header + bytes(1024) + bytes(9_000_000)
    with pytest.raises(ImageUnreadable, match="takes too long to decode; save it again as PNG"):
        read(content)


def test_a_file_that_is_larger_than_any_photo(tmp_path: Path, coloured: ImageRGB) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(coloured, "PNG"))
    with path.open("r+b") as file:
        file.truncate(2**31 + 1)  # takes no room on the disk
    for read_file in (read_image, image_size):
        with pytest.raises(ImageTooLarge, match="larger than 2 GiB; make the photo smaller"):
            read_file(path)


def test_a_header_of_very_many_pieces_is_refused_before_a_decoder_sees_it(coloured: ImageRGB) -> None:
    photo = coloured[:40, :30]
    png_content, jpeg_content = encoded(photo, "PNG"), encoded(photo, "JPEG")
    text = struct.pack(">I", 3) + b"tEXta\0b" + struct.pack(">I", zlib.crc32(b"tEXta\0b"))
    pixels = png_content.index(b"IDAT") - 4
    for number, reader in (
        (100, None),
        (30_000, pytest.raises(ImageUnreadable, match="too much data before its pixels")),
    ):
        for content in (
            png_content[:pixels] + text * number + png_content[pixels:],
            jpeg_content[:2] + b"\xff\xe5\0\2" * number + jpeg_content[2:],
        ):
            if reader is None:
                assert read(content).shape == photo.shape
            else:
                with reader:
                    read(content)


def test_a_tiff_of_very_many_strips_is_refused_before_a_decoder_sees_it() -> None:
    rows = 300_000
    array = struct.pack("<I", 8) * rows
    tags = ((256, 1, 1), (257, 1, rows), (258, 1, 8), (259, 1, 1), (262, 1, 1), (273, rows, 200), (278, 1, 1))
    entries = b"".join(struct.pack("<HHII", tag, 4, number, value) for tag, number, value in tags)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)
    with pytest.raises(ImageUnreadable, match="too many strips or tiles to read; save it again as PNG"):
        read(head.ljust(200, b"\0") + array)


def test_directories_of_a_tiff_that_loop_end(coloured: ImageRGB) -> None:
    content = bytearray(encoded(coloured, "TIFF"))
    (directory,) = struct.unpack_from("<I", content, 4)
    (tags,) = struct.unpack_from("<H", content, directory)
    struct.pack_into("<I", content, directory + 2 + 12 * tags, directory)
    assert read(bytes(content)).shape == coloured.shape


def test_a_gif_of_very_many_comments_is_refused_before_a_decoder_sees_it(coloured: ImageRGB) -> None:
    content = encoded(coloured, "GIF")
    start = 13 + (3 << (content[10] & 7) + 1)
    for comments in (b"\x21\xfe\1a\0" * 30_000, b"\x21\xfe" + b"\1a" * 30_000 + b"\0"):
        with pytest.raises(ImageUnreadable, match="too many blocks"):
            read(content[:start] + comments + content[start:])
    assert read(content[:start] + b"\x21\xfe\1a\0" * 10 + content[start:]).shape == coloured.shape


RAW = [("BMP", 3), ("BMP", 1), ("TIFF", 3), ("TIFF", 1), ("PPM", 3), ("PPM", 1)]


@pytest.mark.parametrize(("name", "channels"), RAW)
@pytest.mark.parametrize("share", [0.3167, 0.6172, 0.9731])
def test_plain_pixels_that_stop_within_a_row(coloured: ImageRGB, name: str, channels: int, share: float) -> None:
    photo = np.maximum(coloured, 20) if channels == 3 else np.maximum(coloured[..., 1], 20)
    with pytest.raises(ImageUnreadable, match="cut short: its pixels stop in the middle of a row; copy"):
        read(zero_tail(encoded(photo, name), share))


@pytest.mark.parametrize(("name", "channels"), RAW)
def test_a_real_photo_with_black_in_it_is_whole(coloured: ImageRGB, name: str, channels: int) -> None:
    dark = np.random.default_rng(3).integers(0, 3, coloured.shape, np.uint8)
    below, above, around, corner = coloured.copy(), coloured.copy(), np.zeros_like(coloured), coloured.copy()
    below[90:], above[:90], around[60:120, 40:90] = 0, 0, coloured[60:120, 40:90]
    corner[150:, 60:] = 0
    half_dark = dark.copy()
    half_dark[100:] = 0
    for photo in (below, above, around, corner, half_dark, np.zeros_like(coloured)):
        stored = photo if channels == 3 else np.ascontiguousarray(photo[..., 1])
        assert read(encoded(stored, name)).shape == coloured.shape


def test_a_deep_pnm_that_stops_within_a_row(coloured: ImageRGB) -> None:
    deep = np.maximum(coloured[..., 0].astype(">u2") * 16, 2000)
    content = b"P5\n140 200\n4095\n" + deep.astype(">u2").tobytes()
    assert read(content).shape == coloured.shape
    with pytest.raises(ImageUnreadable, match="in the middle of a row"):
        read(zero_tail(content, 0.713))


@pytest.mark.parametrize("name", ["AVIF", "WEBP", "JPEG", "PNG", "TIFF"])
def test_metadata_that_holds_rows_of_zeros_does_no_harm(coloured: ImageRGB, name: str) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x9286] = "a part", bytes(4096)
    assert read(encoded(coloured, name, exif=exif.tobytes() + bytes(2048), **NAMES[name])).shape == coloured.shape
