"""Lateness of frames, from the times that the camera stamps on them."""

from __future__ import annotations

CLOCK_DRIFT = 0.001
"""Maximum relative drift between the clocks of camera and computer; real clocks drift less than a tenth of it."""


class Lateness:
    """Compares the arrival times of frames with the times that the camera stamped on them.

    The two clocks have different origins, so only differences count. The frame with the shortest delay so far gives the
    reference. A stream that is read too slowly, or that the network delayed, is late relative to it.
    """

    def __init__(self) -> None:
        self._shortest_s: float | None = None
        self._last_arrived_at = self._last_stamped_s = 0.0

    def of(self, arrived_at: float, stamped_s: float) -> float:
        """Return the lateness of the next frame in seconds, >= 0.

        Parameters
        ----------
        arrived_at : float
            Arrival in seconds of this computer's clock.
        stamped_s : float
            Time stamp in seconds of the camera's clock. If it does not advance, the camera's clock was reset or is
            missing: this frame then counts as on time.
        """
        way_s = arrived_at - stamped_s
        if self._shortest_s is None or stamped_s <= self._last_stamped_s:
            self._shortest_s = way_s
        else:
            allowed_s = CLOCK_DRIFT * (arrived_at - self._last_arrived_at)
            self._shortest_s = min(way_s, self._shortest_s + allowed_s)
        self._last_arrived_at, self._last_stamped_s = arrived_at, stamped_s
        return way_s - self._shortest_s
