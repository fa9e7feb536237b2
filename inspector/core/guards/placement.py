"""The shift and turn of the part in a photo relative to the mean good photo.

Both photos are compared as fingerprints (48 x 48 pixels) without their coarse brightness. Registration uses
Gauss-Newton steps with gain and offset (Lucas and Kanade, An iterative image registration technique, IJCAI 1981; Baker
and Matthews, Lucas-Kanade 20 years on, IJCV 2004, section 3). It finds small motions and fails on large motions. So it
also starts from the best result of a search over turns and shifts. The search uses correlation in the frequency domain.
That result is used only if it explains the photo clearly better. The reason is that a search over many places finds a
match by chance if the parts' own texture differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2  # warp and blur: array routines
import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.fingerprint import FINGERPRINT_PX
from inspector.core.values import FloatArray

COARSE_PX = 4.0
"""Standard deviation of the blur that is subtracted, in pixels of the fingerprint."""
TURNS_DEG = np.arange(-15.0, 15.1, 3.0)
REACH_PX = 12
"""Largest shift of the search, a quarter of the edge."""
MOST_DEG = 20.0
PADDED_PX = 64
BETTER = 0.12
"""Least gain of correlation for which the searched placement is used."""
LEAST_GAIN = 1.1
"""Least ratio of the residual without a placement to the residual with it. A large defect, or a part's own texture,
also causes a small apparent motion."""
MARGIN_PX = 2
FEWEST_BESIDE = 0.55
"""Least share of a photo's pixels beside regions. Larger regions indicate a displaced part."""
STEPS = 10
STEP_PX, STEP_DEG = 1.5, 3.0

_CENTRE = (FINGERPRINT_PX - 1) / 2.0
_Y, _X = np.mgrid[:FINGERPRINT_PX, :FINGERPRINT_PX].astype(np.float32) - np.float32(_CENTRE)


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of the part relative to the mean good photo.

    Parameters
    ----------
    right_px, down_px : float
        Shift in pixels of the fingerprint.
    turn_deg : float
        Turn about the photo's centre in degrees; positive is counter-clockwise as the photo is seen.
    likeness : float
        Correlation with the mean good photo at this placement; at most 1.
    """

    right_px: float
    down_px: float
    turn_deg: float
    likeness: float

    def readings(self) -> tuple[float, float, float]:
        """Return shift to the right and down in % of the photo's edge, and the turn in degrees."""
        share = 100.0 / FINGERPRINT_PX
        return self.right_px * share, self.down_px * share, self.turn_deg

    @classmethod
    def of_readings(cls, right: float, down: float, turn_deg: float) -> Placement:
        """Return the placement with these readings; its likeness is set to 0."""
        share = 100.0 / FINGERPRINT_PX
        return cls(right / share, down / share, turn_deg, 0.0)


class MeanPhoto:
    """The mean good photo, relative to which photos are placed.

    Parameters
    ----------
    mean : ndarray of float32, shape (48, 48)
        Mean (or sum) of the good photos' fingerprints.
    aspect : float
        Width of the photos divided by their height.
    """

    def __init__(self, mean: FloatArray, aspect: float) -> None:
        self._aspect = aspect
        self._fine = _without_coarse(mean)
        turned = np.stack([_moved(self._fine, 0.0, 0.0, float(turn), aspect) for turn in TURNS_DEG])
        lengths = np.sqrt((turned**2).sum(axis=(1, 2), keepdims=True))
        self._spectra = np.conj(np.fft.rfft2(turned / np.maximum(lengths, 1e-9), (PADDED_PX, PADDED_PX)))

    def place(self, fingerprint: NDArray[np.float16]) -> Placement:
        """Place a photo by its fingerprint, shape (48, 48).

        The result is unmoved if no placement explains the photo clearly better.
        """
        fine = _without_coarse(fingerprint.astype(np.float32))
        found = self._refined(fine, _UNMOVED)
        if found.likeness + BETTER < 1.0:
            searched = self._refined(fine, self._searched(fine))
            found = searched if searched.likeness > found.likeness + BETTER else found
        return found if self._explains(fine, found) else _UNMOVED

    def gain_beside(
        self, fingerprint: NDArray[np.float16], found: Placement, instead: Placement, beside: NDArray[np.bool_]
    ) -> float:
        """Return the residual of a photo at `instead` divided by its residual at `found`, over the pixels `beside`.

        Parameters
        ----------
        fingerprint : ndarray of float16, shape (48, 48)
        found, instead : Placement
        beside : ndarray of bool, shape (48, 48)
            Pixels to compare, inside the overlap of both photos. With less than `FEWEST_BESIDE` of all pixels, no
            comparison is possible, and the gain is infinite.
        """
        fine, rows_columns = _without_coarse(fingerprint.astype(np.float32)), _inside(found.right_px, found.down_px)
        compared = np.zeros_like(beside)
        compared[rows_columns] = beside[rows_columns]
        if compared.mean() < FEWEST_BESIDE:
            return math.inf
        seen = fine[compared].astype(np.float64)

        def unexplained(place: Placement) -> float:
            mean = _moved(self._fine, place.right_px, place.down_px, place.turn_deg, self._aspect)
            return 1.0 - max(_correlation(mean[compared].astype(np.float64), seen), 0.0) ** 2

        return unexplained(instead) / max(unexplained(found), 1e-9)

    def _explains(self, fine: FloatArray, found: Placement) -> bool:
        """Whether a placement has a clearly smaller residual than no placement, over the pixels that it compares."""
        inside = _inside(found.right_px, found.down_px)
        unmoved = _correlation(self._fine[inside].ravel().astype(np.float64), fine[inside].ravel().astype(np.float64))
        return 1.0 - max(unmoved, 0.0) ** 2 >= LEAST_GAIN * (1.0 - found.likeness**2)

    def _searched(self, fine: FloatArray) -> Placement:
        spectrum = np.fft.rfft2(fine, (PADDED_PX, PADDED_PX))
        shifts = np.arange(-REACH_PX, REACH_PX + 1)
        likeness = np.fft.irfft2(spectrum * self._spectra, (PADDED_PX, PADDED_PX))[:, shifts[:, None], shifts]
        turn, down, right = np.unravel_index(int(likeness.argmax()), likeness.shape)
        return Placement(float(shifts[right]), float(shifts[down]), float(TURNS_DEG[turn]), 0.0)

    def _refined(self, fine: FloatArray, start: Placement) -> Placement:
        right, down, turn = start.right_px, start.down_px, start.turn_deg
        for _ in range(STEPS):
            columns, seen = self._columns(fine, right, down, turn)
            # Normal equations with five unknowns. The tiny ridge is for photos with almost no content.
            gain, *steps, _ = np.linalg.solve(columns @ columns.T + 1e-9 * np.eye(5), columns @ seen)
            if gain < 1e-3:
                break
            step = np.clip(np.array(steps) / gain, *_LARGEST_STEP)
            right = float(np.clip(right + step[0], -REACH_PX, REACH_PX))
            down = float(np.clip(down + step[1], -REACH_PX, REACH_PX))
            turn = float(np.clip(turn + step[2], -MOST_DEG, MOST_DEG))
            if np.abs(step).max() < 0.02:
                break
        columns, seen = self._columns(fine, right, down, turn)
        return Placement(right, down, turn, _correlation(columns[0], seen))

    def _columns(
        self, fine: FloatArray, right: float, down: float, turn: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the regressors (5, P) and the photo (P,): the placed mean photo, its three motions, and a constant."""
        mean = _moved(self._fine, right, down, turn, self._aspect)
        inside = _inside(right, down)
        slope_y, slope_x = _slopes(mean, inside)
        speed_x = (_Y[inside] - down) * (math.radians(1.0) / self._aspect)
        speed_y = (right - _X[inside]) * (math.radians(1.0) * self._aspect)
        columns = np.ones((5, slope_y.size))
        parts = (mean[inside], -slope_x, -slope_y, -(slope_x * speed_x + slope_y * speed_y))
        for column, part in zip(columns, parts, strict=False):  # the last column is the constant
            column[:] = part.ravel()
        return columns, fine[inside].ravel().astype(np.float64)


_UNMOVED = Placement(0.0, 0.0, 0.0, 0.0)
_LARGEST_STEP = (np.array([-STEP_PX, -STEP_PX, -STEP_DEG]), np.array([STEP_PX, STEP_PX, STEP_DEG]))


def placements(fingerprints: NDArray[np.float16], aspect: float) -> list[Placement]:
    """Place each of several good photos (shape (N, 48, 48), N >= 2) against the mean of the others."""
    total = fingerprints.astype(np.float32).sum(axis=0)
    return [MeanPhoto(total - one.astype(np.float32), aspect).place(one) for one in fingerprints]


def _inside(right: float, down: float) -> tuple[slice, slice]:
    """Return the rows and columns in which a shifted and an unshifted photo overlap."""
    beside, above = math.ceil(abs(right)) + MARGIN_PX, math.ceil(abs(down)) + MARGIN_PX
    return slice(above, FINGERPRINT_PX - above), slice(beside, FINGERPRINT_PX - beside)


def _without_coarse(fingerprint: FloatArray) -> FloatArray:
    coarse = cv2.GaussianBlur(fingerprint, (0, 0), COARSE_PX, borderType=cv2.BORDER_REFLECT)
    fine = fingerprint - coarse
    return np.asarray(fine / max(float(np.linalg.norm(fine)), 1e-6), dtype=np.float32)


def _moved(image: FloatArray, right: float, down: float, turn: float, aspect: float) -> FloatArray:
    """Shift and turn the content of an image; the turn is rigid at the photo's own aspect ratio."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    turning = np.array([[cos, sin / aspect], [-sin * aspect, cos]])
    centre = np.array([_CENTRE, _CENTRE])
    offset = centre - turning @ centre + np.array([right, down])
    size = (FINGERPRINT_PX, FINGERPRINT_PX)
    moved = cv2.warpAffine(image, np.column_stack([turning, offset]), size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.float32)


def _slopes(image: FloatArray, inside: tuple[slice, slice]) -> tuple[FloatArray, FloatArray]:
    """Return central differences down and to the right, for the pixels inside; these have neighbours on all sides."""
    rows, columns = inside
    above, below = (slice(rows.start + step, rows.stop + step) for step in (-1, 1))
    left, right = (slice(columns.start + step, columns.stop + step) for step in (-1, 1))
    half = np.float32(0.5)
    return (image[below, columns] - image[above, columns]) * half, (image[rows, right] - image[rows, left]) * half


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    first, second = one - one.mean(), other - other.mean()
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length > 1e-9 else 0.0
