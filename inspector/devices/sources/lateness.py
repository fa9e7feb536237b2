"""Whether frames arrive fresh, by the times that the camera stamps on them."""

from __future__ import annotations

CLOCK_DRIFT = 0.001
"""By how much the clocks of camera and computer may run apart; real ones keep within a tenth of it."""


class Lateness:
    """Compares when frames arrive with when the camera says that they were taken.

    The two clocks are not set alike, so only differences count: the frame with the shortest way so far tells how early
    a frame can arrive. A stream that is read too slowly, or that the network held up, is late against that.
    """

    def __init__(self) -> None:
        self._shortest_s: float | None = None
        self._last_arrived_at = self._last_stamped_s = 0.0

    def of(self, arrived_at: float, stamped_s: float) -> float:
        """Return how late the next frame is, in seconds, >= 0.

        Parameters
        ----------
        arrived_at : float
            In seconds of this computer's clock.
        stamped_s : float
            In seconds of the camera's clock. If it does not go forward, the camera's clock was set anew or there is
            none: then this frame counts as on time.
        """
        way_s = arrived_at - stamped_s
        if self._shortest_s is None or stamped_s <= self._last_stamped_s:
            self._shortest_s = way_s
        else:
            allowed_s = CLOCK_DRIFT * (arrived_at - self._last_arrived_at)
            self._shortest_s = min(way_s, self._shortest_s + allowed_s)
        self._last_arrived_at, self._last_stamped_s = arrived_at, stamped_s
        return way_s - self._shortest_s
