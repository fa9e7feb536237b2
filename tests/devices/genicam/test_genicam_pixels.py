import cv2
import numpy as np
import pytest

from inspector.devices.genicam.genicam_pixels import PIXEL_FORMATS, PixelsUnreadable, no_readable_format, to_rgb

CODES = {pixels.name: code for code, pixels in PIXEL_FORMATS.items()}
HEIGHT, WIDTH = 12, 16
# Which channel of RGB each of the four pixels of a pattern sees, row by row, as PFNC draws it.
PATTERNS = {"BayerGR": "GRBG", "BayerRG": "RGGB", "BayerGB": "GBRG", "BayerBG": "BGGR"}


def photo(seed=1):
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def smooth_photo():
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([200 - 3 * rows, 20 + 4 * columns, 90 + rows + columns], axis=-1).astype(np.uint8)


def mosaic(image, pattern):
    raw = np.zeros(image.shape[:2], image.dtype)
    for i, channel in enumerate(PATTERNS[pattern]):
        row, column = divmod(i, 2)
        raw[row::2, column::2] = image[row::2, column::2, "RGB".index(channel)]
    return raw


def as_bytes(array):
    return np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("RGB8", lambda image: image),
        ("BGR8", lambda image: image[..., ::-1]),
        ("RGBa8", lambda image: np.dstack([image, np.full(image.shape[:2], 7, np.uint8)])),
        ("BGRa8", lambda image: np.dstack([image[..., ::-1], np.full(image.shape[:2], 7, np.uint8)])),
    ],
)
def test_colours_arrive_in_their_order(name, sent):
    image = photo()
    np.testing.assert_array_equal(to_rgb(as_bytes(sent(image)), WIDTH, HEIGHT, CODES[name]), image)


def test_grey_becomes_three_equal_channels():
    grey = photo()[..., 0]
    np.testing.assert_array_equal(to_rgb(as_bytes(grey), WIDTH, HEIGHT, CODES["Mono8"]), np.dstack([grey] * 3))


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_deep_grey_is_scaled_by_its_whole_range(bits):
    eight = photo()[..., 0]
    deep = (eight.astype("<u2") << (bits - 8)) + np.uint16(2 ** (bits - 8) - 1)
    rgb = to_rgb(as_bytes(deep), WIDTH, HEIGHT, CODES[f"Mono{bits}"])
    assert rgb.dtype == np.uint8
    np.testing.assert_array_equal(rgb, np.dstack([eight] * 3))


def test_values_above_the_format_are_white_and_do_not_wrap():
    deep = np.full((HEIGHT, WIDTH), 0xFFFF, "<u2")
    assert to_rgb(as_bytes(deep), WIDTH, HEIGHT, CODES["Mono12"]).min() == 255


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_bayer_mosaic_gives_the_colours_back(pattern, bits):
    image = smooth_photo()
    raw = mosaic(image, pattern)
    sent = raw if bits == 8 else raw.astype("<u2") << (bits - 8)
    rgb = to_rgb(as_bytes(sent), WIDTH, HEIGHT, CODES[f"{pattern}{bits}"])
    # Where colours change evenly, bilinear interpolation is exact up to rounding; at the border it extrapolates.
    inner = np.s_[2:-2, 2:-2]
    assert np.abs(rgb[inner].astype(int) - image[inner]).max() <= 1


@pytest.mark.parametrize("name", ["Mono8", "Mono12", "RGB8", "BayerRG8"])
def test_padding_after_rows_is_no_picture(name):
    pixels = PIXEL_FORMATS[CODES[name]]
    row = WIDTH * pixels.channels * (2 if pixels.bits > 8 else 1)
    rows = np.random.default_rng(2).integers(0, 16, (HEIGHT, row), dtype=np.uint8)
    padded = np.hstack([rows, np.full((HEIGHT, 5), 255, np.uint8)])
    plain = to_rgb(rows.ravel(), WIDTH, HEIGHT, pixels.code)
    np.testing.assert_array_equal(to_rgb(padded.ravel(), WIDTH, HEIGHT, pixels.code, 5), plain)
    np.testing.assert_array_equal(to_rgb(padded.ravel()[:-5], WIDTH, HEIGHT, pixels.code, 5), plain)


def test_the_picture_is_no_view_of_the_buffer():
    for name in CODES:
        data = np.full(WIDTH * HEIGHT * 8, 100, np.uint8)
        rgb = to_rgb(data, WIDTH, HEIGHT, CODES[name])
        before = rgb.copy()
        data[:] = 0
        np.testing.assert_array_equal(rgb, before, err_msg=name)


def test_what_cannot_be_read_is_told():
    with pytest.raises(PixelsUnreadable, match="0x010A0046"):  # Mono10p, packed
        to_rgb(np.zeros(10, np.uint8), 2, 2, 0x010A0046)
    with pytest.raises(PixelsUnreadable, match="11 bytes where 4 x 3 pixels of Mono8 take 12"):
        to_rgb(np.zeros(11, np.uint8), 4, 3, CODES["Mono8"])
    assert "(Mono10p); readable are RGB8, " in no_readable_format(["Mono10p"])


def test_the_code_says_how_large_a_pixel_is():
    # A PFNC code contains the bits of a pixel in memory; the bits and channels here must agree with it.
    for code, pixels in PIXEL_FORMATS.items():
        assert code >> 16 & 0xFF == pixels.channels * (16 if pixels.bits > 8 else 8), pixels.name


def test_opencv_names_patterns_by_their_second_row():
    # The table rests on this; OpenCV's newer names say the same in the order of PFNC.
    assert cv2.COLOR_BayerRGGB2RGB == cv2.COLOR_BayerBG2RGB
    assert cv2.COLOR_BayerGRBG2RGB == cv2.COLOR_BayerGB2RGB
