"""Photos of more than 8 bits: read whole, scaled by one rule, and reported if their depth differs."""

import ast
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inspector.core.errors import GoodSetUnusable, ImageDepthWrong, ImageUnreadable, SourceError
from inspector.core.photo.pixel_depth import DepthBy, PixelDepth, StoredRange
from inspector.core.values import ImageRGB
from inspector.devices.addresses import open_source
from inspector.devices.genicam.genicam_pixels import PIXEL_FORMATS, to_rgb
from inspector.devices.sources.frame_source import SourceEnded
from inspector.storage.datasets.labelled_dataset import LabelledPhoto, read_mask
from inspector.storage.good_photos.good_set import depth_of_photos, read_good_set
from inspector.storage.photos import images
from inspector.storage.photos.images import read_image, stored_range, write_image
from tests.deep_photos import Values, png, tiff, write

TWELVE = PixelDepth(12, 256, DepthBy.VALUES)


@pytest.fixture
def values(coloured: ImageRGB) -> Values:
    """RGB values of 12 bits with all their bits in use."""
    noise = np.random.default_rng(0).integers(0, 16, coloured.shape, dtype=np.uint16)
    return (coloured.astype(np.uint16) << 4) | noise


def all_kinds(folder: Path, values: Values) -> dict[str, Path]:
    gray = values[..., 1]
    kinds = {
        "gray.png": png(gray),
        "colour.png": png(values),
        "gray.tif": tiff(gray),
        "colour.tif": tiff(values),
        "gray big-endian.tif": tiff(gray, ">"),
        "colour big-endian.tif": tiff(values, ">"),
    }
    return {name: write(folder / name, content) for name, content in kinds.items()}


def test_values_of_12_bits_keep_their_upper_8(tmp_path: Path, values: Values) -> None:
    for name, path in all_kinds(tmp_path, values).items():
        stored = values if "colour" in name else np.repeat(values[..., 1:2], 3, axis=2)
        np.testing.assert_array_equal(read_image(path, TWELVE), stored >> 4, name)
        np.testing.assert_array_equal(read_image(path), stored >> 8, name)
        assert stored_range(path) == StoredRange(None, None, int(stored.max()), 1)


def test_orientation_holds_for_deep_colours(tmp_path: Path, values: Values) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    block, content = exif.tobytes().removeprefix(b"Exif\0\0"), png(values)
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
    path = write(tmp_path / "turned.png", content[:33] + chunk + content[33:])  # after the header's chunk
    np.testing.assert_array_equal(read_image(path, TWELVE), np.rot90(values >> 4, -1))


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_tags_say_the_depth_of_a_dark_set(tmp_path: Path, values: Values, bits: int) -> None:
    dark = values // 20  # 204 at most
    paths = [
        write(tmp_path / "a.png", png(dark, bits)),
        write(tmp_path / "b.png", png(dark[..., 0], bits)),
        write(tmp_path / "c.tif", tiff(dark, largest=(1 << bits) - 1)),
        write(tmp_path / "d.tif", tiff(dark[..., 0], ">", largest=(1 << bits) - 1)),
    ]
    assert {stored_range(path).declared for path in paths} == {bits}
    found = depth_of_photos(paths)
    assert (found.depth.bits, found.depth.by) == (bits, DepthBy.TAGS)
    for path in paths:
        assert read_image(path, found.depth).max() == int(dark.max()) >> (bits - 8)


def test_a_largest_value_that_is_the_photos_own_says_nothing(tmp_path: Path, values: Values) -> None:
    path = write(tmp_path / "own.tif", tiff(values, largest=int(values.max()) - 1))
    assert stored_range(path).declared is None


def test_packed_values_state_their_scale(tmp_path: Path, values: Values) -> None:
    gray = values[:, :, 0]
    path = write(tmp_path / "packed.tif", tiff(gray, packed=True))
    assert stored_range(path) == StoredRange(12)
    for depth in (TWELVE, PixelDepth(16, 4096, DepthBy.VALUES), PixelDepth()):
        np.testing.assert_array_equal(read_image(path, depth)[..., 0], gray >> 4)
    assert depth_of_photos([path]).depth.bits == 12


@pytest.mark.parametrize("highest", [1023, 4095, 16_383])
def test_a_pnm_that_names_its_largest_value_states_its_scale(tmp_path: Path, values: Values, highest: int) -> None:
    gray = values[..., 0] // 8 if highest > 1023 else values[..., 0] >> 2
    head = f"P5 {gray.shape[1]} {gray.shape[0]} {highest}\n".encode()
    path = write(tmp_path / "camera.pgm", head + gray.astype(">u2").tobytes())
    assert stored_range(path) == StoredRange(16)
    for depth in (TWELVE, PixelDepth()):
        np.testing.assert_array_equal(read_image(path, depth)[..., 0], gray >> (highest.bit_length() - 8))


def test_a_pnm_of_16_bits_is_in_doubt(tmp_path: Path, values: Values) -> None:
    gray = values[..., 0]
    path = write(
        tmp_path / "camera.pgm", f"P5 {gray.shape[1]} {gray.shape[0]} 65535\n".encode() + gray.astype(">u2").tobytes()
    )
    assert depth_of_photos([path]).depth.bits == 12
    np.testing.assert_array_equal(read_image(path, TWELVE)[..., 0], gray >> 4)


def pnm(kind: int, values: Values, highest: int) -> bytes:
    """A PNM as its number has it: 2 and 3 are text, 3 and 6 are colours."""
    head = f"P{kind} {values.shape[1]} {values.shape[0]} # taken at 5 o'clock\n{highest}\n".encode()
    return head + (" ".join(map(str, values.ravel())).encode() if kind < 4 else values.astype(">u2").tobytes())


@pytest.mark.parametrize("kind", [2, 3, 5, 6])
@pytest.mark.parametrize("highest", [4095, 65535])
def test_every_kind_of_pnm_keeps_its_depth(tmp_path: Path, values: Values, kind: int, highest: int) -> None:
    stored = values if kind in (3, 6) else values[..., 0]
    path = write(tmp_path / "camera.pnm", pnm(kind, stored, highest))
    brightest = int(stored.max())
    assert stored_range(path) == (StoredRange(16) if highest == 4095 else StoredRange(None, None, brightest, 1))
    read = read_image(path, TWELVE)
    np.testing.assert_array_equal(read if stored.ndim == 3 else read[..., 0], stored >> 4)


@pytest.mark.parametrize("bits", [12, 16])
def test_colours_of_jpeg_2000_keep_their_depth(tmp_path: Path, values: Values, bits: int) -> None:
    stored = np.where(values > 4000, 65535, values << 3).astype(np.uint16) if bits == 16 else values
    content = cv2.imencode(".jp2", stored[..., ::-1], [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])[1]
    path = write(tmp_path / "camera.jp2", content.tobytes())
    brightest = int(stored.max())
    assert stored_range(path) == StoredRange(None, None, brightest, 1)
    depth = depth_of_photos([path]).depth
    assert depth.bits == bits
    np.testing.assert_array_equal(read_image(path, depth), stored >> (bits - 8))
    np.testing.assert_array_equal(read_image(path), stored >> 8)  # where nothing is known of a good set


def test_colours_of_jpeg_2000_that_state_their_scale(tmp_path: Path, values: Values) -> None:
    # OpenCV writes 16 bits only. The values lie as far from the middle of that range as those of 12 bits from theirs.
    stored = values[..., ::-1] + np.uint16(32_768 - 2_048)
    content = cv2.imencode(".jp2", stored, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])[1].tobytes()
    at = content.find(b"\xff\x4f\xff\x51") + 42
    content = content[:at] + bytes([11, *content[at + 1 : at + 3]] * 2 + [11]) + content[at + 7 :]
    path = write(tmp_path / "camera.jp2", content)
    assert stored_range(path) == StoredRange(12)
    np.testing.assert_array_equal(read_image(path, PixelDepth(16, 4096, DepthBy.VALUES)), values >> 4)


@pytest.mark.parametrize("bits", [12, 16])
def test_jpeg_2000_states_its_scale_below_16_bits(tmp_path: Path, values: Values, bits: int) -> None:
    path = tmp_path / "photo.jp2"
    Image.fromarray(values[..., 0]).save(path, irreversible=False)
    content = path.read_bytes()
    assert stored_range(path) == StoredRange(None, None, int(values[..., 0].max()), 1)
    if bits == 12:  # Pillow writes 16 bits only; the header's byte alone decides here
        at = content.find(b"\xff\x4f\xff\x51") + 42
        path.write_bytes(content[:at] + bytes([11]) + content[at + 1 :])
        assert stored_range(path).scale == 16


def test_values_shifted_up_are_of_16_bits(tmp_path: Path, values: Values) -> None:
    paths = [write(tmp_path / f"{n}.png", png(values << 4, said)) for n, said in enumerate((None, None, 12))]
    depth = depth_of_photos(paths).depth
    assert depth.bits == 16
    for path in paths:
        np.testing.assert_array_equal(read_image(path, depth), values >> 4)


@pytest.mark.parametrize(("dtype", "kind"), [("i2", 2), ("u4", 1), ("i4", 2), ("f4", 3)])
def test_numbers_without_a_scale_are_refused(tmp_path: Path, values: Values, dtype: str, kind: int) -> None:
    path = write(tmp_path / "odd.tif", tiff(values[..., 0].astype(f"<{dtype}"), kind=kind))
    for depth in (TWELVE, PixelDepth()):
        with pytest.raises(ImageUnreadable, match="no fixed scale"):
            read_image(path, depth)


def test_a_photo_of_another_depth_is_never_scaled(tmp_path: Path, values: Values) -> None:
    sixteen = PixelDepth(16, 4096, DepthBy.VALUES)
    for name, path in all_kinds(tmp_path, values).items():
        with pytest.raises(ImageDepthWrong, match=f"{name}.*brightest value"):
            read_image(path, sixteen)
    brighter = write(tmp_path / "brighter.tif", tiff(values << 2))
    with pytest.raises(ImageDepthWrong, match="reach 163"):
        read_image(brighter, TWELVE)
    with pytest.raises(ImageDepthWrong, match="have 8 bits a value"):
        read_image(brighter, PixelDepth(8, 0, DepthBy.FORMAT))


def test_a_camera_frame_equals_the_file_of_its_values(tmp_path: Path, values: Values) -> None:
    gray = np.ascontiguousarray(values[..., 0])
    codes = {one.name: code for code, one in PIXEL_FORMATS.items()}
    height, width = gray.shape
    for name, bits, stored in (
        ("Mono10", 10, gray >> 2),
        ("Mono12", 12, gray),
        ("Mono14", 14, (gray << 2) | (gray & 3)),
    ):
        frame = to_rgb(stored.view(np.uint8).ravel(), width, height, codes[name])
        for number, content in enumerate((tiff(stored), png(stored), tiff(stored, ">"))):
            path = write(tmp_path / f"{name} {number}.dat", content)
            depth = depth_of_photos([path]).depth
            assert depth.bits == bits
            np.testing.assert_array_equal(read_image(path, depth), frame)
        saved = tmp_path / f"{name} saved.png"  # as snapshots, good photos that were taken and the history are
        write_image(saved, frame)
        np.testing.assert_array_equal(read_image(saved, depth), frame)


def test_good_photos_are_read_by_one_rule(tmp_path: Path, values: Values) -> None:
    gray = values[..., 0]
    for number in range(4):
        write(tmp_path / f"good {number}.tif", tiff(gray - np.minimum(gray, number * 100)))
    write_image(tmp_path / "z 8 bit.png", np.repeat((gray >> 4).astype(np.uint8)[..., None], 3, axis=2))
    found = read_good_set(tmp_path)
    assert (found.depth.bits, found.found_depth.deep, found.found_depth.others) == (12, 4, 1)
    np.testing.assert_array_equal(found[0][..., 0], gray >> 4)
    np.testing.assert_array_equal(found[4], found[0])
    assert read_good_set(tmp_path, depth_bits=14)[0].max() == int(gray.max()) >> 6
    write(tmp_path / "odd.tif", tiff(gray // 32))
    with pytest.raises(GoodSetUnusable, match=r"1 of 6 photos .*\(1 cannot be read\)") as caught:
        read_good_set(tmp_path)
    assert [path.name for path, _ in caught.value.problems] == ["odd.tif"]
    assert "brightest value" in caught.value.problems[0][1]
    with pytest.raises(GoodSetUnusable, match="none here can be read"):
        read_good_set(tmp_path, depth_bits=8, leave_out=[tmp_path / "z 8 bit.png", tmp_path / "odd.tif"])


def test_folders_as_sources_read_by_the_model_or_by_what_they_hold(tmp_path: Path, values: Values) -> None:
    for number in range(2):
        write(tmp_path / f"{number}.tif", tiff(values[..., 0]))
    for depth in (TWELVE, None):
        source = open_source(str(tmp_path), depth)
        source.open()
        frames = [source.read(0.1), source.read(0.1)]
        with pytest.raises(SourceEnded):
            source.read(0.1)
        for frame in frames:
            assert frame is not None
            np.testing.assert_array_equal(frame.image_rgb[..., 0], values[..., 0] >> 4)
    source = open_source(str(tmp_path), PixelDepth(16, 4096, DepthBy.VALUES))
    source.open()
    with pytest.raises(ImageDepthWrong):
        source.read(0.1)


def test_a_watched_folder_reads_by_the_model_or_by_what_it_holds(tmp_path: Path, values: Values) -> None:
    write(tmp_path / "before.tif", tiff(values[..., 0]))
    for number, depth in enumerate((TWELVE, None)):
        source = open_source(f"watch:{tmp_path}", depth)
        source.open()
        write(tmp_path / f"new {number}.tif", tiff(values[..., 0]))
        frame = source.read(30.0)
        assert frame is not None
        np.testing.assert_array_equal(frame.image_rgb[..., 0], values[..., 0] >> 4)
    with pytest.raises(SourceError):
        open_source(f"watch:{tmp_path / 'none'}").open()


def test_masks_of_16_bits_keep_small_numbers(tmp_path: Path) -> None:
    labels = np.zeros((8, 9), np.uint16)
    labels[2, 3], labels[4, 5] = 1, 60_000
    path = write(tmp_path / "mask.png", png(labels))
    np.testing.assert_array_equal(read_mask(LabelledPhoto(path, "cut", path), (8, 9)), labels > 0)


def test_no_reader_of_photos_forgets_the_depth() -> None:
    """A reader without a rule would show, judge or report 12-bit photos 16 times too dark, silently."""
    package = Path(images.__file__).parents[2]
    own_pictures = package / "storage" / "history" / "picture_folder.py"  # always of 8 bits, written by Inspector
    forgetful = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in package.rglob("*.py")
        if path != own_pictures
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "read_image"
        if len(node.args) < 2 and not any(isinstance(one, ast.Starred) for one in node.args)
    ]
    assert forgetful == []
