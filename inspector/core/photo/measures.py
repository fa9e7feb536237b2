"""The measures of a photo for guards: light, sharpness and noise, colour, and the fingerprint for position.

All measures are taken at the size of the good photos, with edges of at most `WORKING_EDGE` pixels. So a photo at
another resolution can be compared, and a large photo costs no more than a small photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2  # area averages, blur, histogram: array routines
import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.fingerprint import fingerprint
from inspector.core.photo.resizing import resize_image
from inspector.core.values import FloatArray, ImageRGB

WORKING_EDGE = 512
"""Maximum length of the longer edge for measures. The backbone does not see finer detail either."""
PERCENTILES = (0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)
LEVELS_EDGE = 64
OCTAVES = 6
BAND_QUANTILES = (0.5, 0.98)
BAND_SAMPLES = 8192
"""Approximate number of pixels for quantiles of fine detail."""
TONE_OCTAVES = 4
"""Number of scales at which detail is split by tone and by direction."""
TONES = 4
SLOPE_QUANTILE = 0.9

APPEARANCE_NUMBERS = 64
"""Number of values that `measure_appearance` returns."""

GrayImage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class PhotoMeasures:
    """The measures of a photo for guards.

    Parameters
    ----------
    appearance : ndarray of float32, shape (64,)
        The result of `measure_appearance`.
    colour : ndarray of float32, shape (3,)
        Red and blue relative to green in stops, and colourfulness in % of the brightness; zeros for a gray photo.
    fingerprint : ndarray of float16, shape (48, 48)
        See `inspector.core.photo.fingerprint.fingerprint`.
    """

    appearance: FloatArray
    colour: FloatArray
    fingerprint: NDArray[np.float16]


def working_hw(photo_hw: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width at which photos of this size are measured."""
    scale = min(WORKING_EDGE / max(photo_hw), 1.0)
    return max(round(photo_hw[0] * scale), 1), max(round(photo_hw[1] * scale), 1)


def measure_photo(image_rgb: ImageRGB, good_hw: tuple[int, int] | None = None) -> PhotoMeasures:
    """Measure a photo.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
    good_hw : (int, int) or None
        Height and width of the good photos; None if the photo is a good photo.
    """
    working = resize_image(image_rgb, working_hw(good_hw or (image_rgb.shape[0], image_rgb.shape[1])))
    gray = np.asarray(cv2.cvtColor(working, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return PhotoMeasures(measure_appearance(gray), _colour(working), fingerprint(working))


def working_gray(image_rgb: ImageRGB) -> GrayImage:
    """Return a good photo as the gray image in which `measure_photo` measures light and sharpness."""
    working = resize_image(image_rgb, working_hw((image_rgb.shape[0], image_rgb.shape[1])))
    return np.asarray(cv2.cvtColor(working, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def measure_appearance(gray: GrayImage) -> FloatArray:
    """Measure light, sharpness and noise.

    Parameters
    ----------
    gray : ndarray of uint8, shape (h, w)

    Returns
    -------
    ndarray of float32, shape (64,)
        Base-2 logarithms in three groups. First, percentiles of the brightness, the shares of white and of black
        pixels, and the contrast. Second, the amount of detail at `OCTAVES` scales from fine to coarse. It is the mean,
        median (noise) and 98 % quantile (edges) of the difference from a slightly blurred copy. Third, the split of
        detail at the `TONE_OCTAVES` finest scales. It is the mean detail of each quarter of the pixels, from the
        darkest to the brightest, and the mean and 90 % quantile of slopes, along rows and along columns. New values may
        only be appended, since meters of older bundles read the first values alone.
    """
    bands, tones = _bands(gray)
    return np.concatenate([_levels(gray), bands, tones]).astype(np.float32)


def _levels(gray: GrayImage) -> NDArray[np.float64]:
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    white, black = counts[254:].sum() / gray.size, counts[:2].sum() / gray.size
    small = cv2.resize(gray, (LEVELS_EDGE, LEVELS_EDGE), interpolation=cv2.INTER_AREA).astype(np.float64)
    logs = np.log2(np.percentile(small, PERCENTILES) + 1.0)
    shares = np.log2([white + 1e-4, black + 1e-4, small.std() + 0.5])
    return np.asarray(np.concatenate([logs, shares]), dtype=np.float64)


def _bands(gray: GrayImage) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the amount of detail at each scale, and its split by tone and direction."""
    level: FloatArray = gray.astype(np.float32)
    found: list[float] = []
    shared: list[float] = []
    for octave in range(OCTAVES):
        blurred = np.asarray(cv2.GaussianBlur(level, (5, 5), 1.0), dtype=np.float32)
        detail = np.asarray(cv2.absdiff(level, blurred), dtype=np.float32)
        step = max(round((detail.size / BAND_SAMPLES) ** 0.5), 1)
        found += [cv2.mean(detail)[0], *_quantiles(detail[::step, ::step])]
        if octave < TONE_OCTAVES:
            shared += [*_by_tone(detail[::step, ::step], blurred[::step, ::step]), *_slopes(level, step)]
        size = max(blurred.shape[1] // 2, 1), max(blurred.shape[0] // 2, 1)
        level = np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    return np.log2(np.asarray(found) + 0.05), np.log2(np.asarray(shared) + 0.05)


def _by_tone(detail: FloatArray, level: FloatArray) -> list[float]:
    """Return the mean detail of each quarter of the pixels, from the darkest to the brightest."""
    # Brightness (>= 0) and position form one integer. Sorting these takes a quarter of the time of a stable argsort.
    keys = np.ascontiguousarray(level).ravel().view(np.uint32).astype(np.int64) << 32 | np.arange(level.size)
    keys.sort()
    order = keys & 0xFFFFFFFF
    return [float(part.mean()) if part.size else 0.0 for part in np.array_split(detail.ravel()[order], TONES)]


def _slopes(level: FloatArray, step: int) -> list[float]:
    found = []
    for later, earlier in ((level[:, 1:], level[:, :-1]), (level[1:], level[:-1])):
        slope = np.abs(later[::step, ::step] - earlier[::step, ::step])
        place = int(SLOPE_QUANTILE * (slope.size - 1))
        found += (
            [float(slope.mean()), float(np.partition(slope, place, axis=None)[place])] if slope.size else [0.0, 0.0]
        )
    return found


def _quantiles(values: FloatArray) -> list[float]:
    places = [int(quantile * (values.size - 1)) for quantile in BAND_QUANTILES]
    ordered = np.partition(values.ravel(), places)
    return [float(ordered[place]) for place in places]


def _colour(image_rgb: ImageRGB) -> FloatArray:
    red, green, blue = (float(mean) for mean in cv2.mean(image_rgb)[:3])
    small = cv2.resize(image_rgb, (LEVELS_EDGE, LEVELS_EDGE), interpolation=cv2.INTER_AREA).astype(np.float32)
    channels = [small[..., channel] for channel in range(3)]  # far faster than along an axis of three
    highest, lowest = np.maximum.reduce(channels), np.minimum.reduce(channels)
    spread = float((highest - lowest).mean())
    cast = np.log2((np.array([red, blue]) + 1.0) / (green + 1.0))
    strength = 100.0 * spread / (float(small.mean()) + 1.0)
    return np.array([*cast, strength], dtype=np.float32)
