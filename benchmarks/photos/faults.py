"""Faults of a photo between training and inspection, in steps."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from inspector.core.values import ImageRGB

Fault = Callable[[ImageRGB], ImageRGB]


def brighter(stops: float) -> Fault:
    """Return a function that multiplies code values by 2 ** `stops` and clips them: a linear camera."""
    return lambda image: _codes(image.astype(np.float32) * np.float32(2.0**stops))


def brighter_srgb(stops: float) -> Fault:
    """Return a function that does the same to the light behind sRGB code values."""
    codes = np.arange(256) / 255.0
    light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    light = np.clip(light * 2.0**stops, 0.0, 1.0)
    table = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    levels = np.rint(table * 255.0).astype(np.uint8)
    return lambda image: np.asarray(levels[image], dtype=np.uint8)


def blurred(sigma_px: float) -> Fault:
    """Return a function that blurs by a Gaussian of this standard deviation in pixels of the photo."""
    border = cv2.BORDER_REFLECT_101
    return lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=border), dtype=np.uint8)


def moved(degrees: float = 0.0, share: float = 0.0) -> Fault:
    """Return a function that turns counter-clockwise and shifts to the right; the border is mirrored."""

    def move(image: ImageRGB) -> ImageRGB:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        matrix[0, 2] += share * width
        return np.asarray(
            cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101), dtype=np.uint8
        )

    return move


def noisy(levels: float) -> Fault:
    """Return a function that adds Gaussian noise (gray levels), the same to all channels."""

    def add(image: ImageRGB) -> ImageRGB:
        noise = np.random.default_rng(1).normal(0.0, levels, image.shape[:2]).astype(np.float32)
        return _codes(image.astype(np.float32) + noise[..., None])

    return add


def jpeg(quality: int) -> Fault:
    """Return a function that saves as JPEG of this quality and reads again."""

    def save(image: ImageRGB) -> ImageRGB:
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        _, code = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), dtype=np.uint8)
        return np.ascontiguousarray(decoded[..., ::-1])

    return save


def redder(stops: float) -> Fault:
    """Return a function that multiplies the red channel by two to the power of `stops`."""
    gains = np.array([2.0**stops, 1.0, 1.0], dtype=np.float32)
    return lambda image: _codes(image.astype(np.float32) * gains)


def _codes(values: np.ndarray) -> ImageRGB:
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


FAULTS: dict[str, Fault] = {
    "none": lambda image: image,
    **{f"exposure {stops:+g} stop": brighter(stops) for stops in (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)},
    **{f"exposure {stops:+g} stop, sRGB": brighter_srgb(stops) for stops in (-0.5, 0.5, 1.0)},
    **{f"blur {sigma:g} px": blurred(sigma) for sigma in (0.5, 1.0, 1.5, 2.0, 3.0)},
    **{f"turned {degrees:g} degrees": moved(degrees=degrees) for degrees in (2.0, 5.0, 10.0)},
    **{f"shifted {100 * share:g} %": moved(share=share) for share in (0.02, 0.05, 0.1)},
    **{f"noise {levels:g} gray levels": noisy(levels) for levels in (2.0, 4.0, 8.0)},
    **{f"JPEG quality {quality}": jpeg(quality) for quality in (75, 50, 30)},
    "red +0.2 stop": redder(0.2),
}
"""By the name of the row."""
