"""Python's cyclic garbage collector, run in the window's thread only."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

PERIOD_MS = 1000
THRESHOLDS = (100_000, 20, 100)
"""As `gc.set_threshold`. A full collection holds up all threads for 0.2 to 0.4 s once torch is loaded. With Python's
own thresholds the import of torch sets off several; with these, none ran while training."""


class GarbageCollector(QObject):
    """Collects reference cycles in the thread that made it, until it is stopped.

    Python collects in whichever thread allocates. A cycle that holds a Qt object would then be destroyed in a worker's
    thread. Qt allows that in the object's own thread only; elsewhere it crashes, or waits for a lock for ever.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=PERIOD_MS)
        self._timer.timeout.connect(self.collect)
        gc.disable()
        self._timer.start()

    @Slot()
    def collect(self) -> None:
        """Collect the oldest generation that is due, as Python would; Python goes on counting while disabled."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > THRESHOLDS[generation]:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Leave collecting to Python again; the threads that could hold Qt objects have ended."""
        self._timer.stop()
        gc.enable()
