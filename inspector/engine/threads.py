"""How many threads a computation may use.

torch keeps the number for the thread that sets it, and passes it to threads that compute for the first time later. So
each thread that computes sets its number at its start.
"""

from __future__ import annotations

import os

import torch

_ALL = torch.get_num_threads()  # as the environment (OMP_NUM_THREADS) or the machine says


def use_all_cores() -> None:
    """Compute with as many threads as the environment or the machine gives: for work that the user waits for."""
    torch.set_num_threads(_ALL)


def leave_a_core() -> None:
    """Compute with one thread fewer than there are cores, at least one: for work beside a camera and a window.

    On two cores, a second thread for the detector waits for a core more often than it helps: 28 frames a second were
    judged with one thread and 19 with two (docs/benchmarks/speed.md).
    """
    torch.set_num_threads(max(min(_ALL, cores() - 1), 1))


def photos_at_once(most: int) -> int:
    """Return the number of photos to judge at once, each in its own thread: one per core, up to a maximum.

    Two threads that judge a photo each never wait for each other, while two threads on one photo do at every layer.
    Steps that no library runs in several threads (decoding, guards, regions) run beside the other photo's network.
    """
    return max(min(cores(), most), 1)


def share_cores(at_once: int) -> None:
    """Compute with one of so many equal shares of the cores, at least one thread."""
    torch.set_num_threads(max(min(_ALL, cores()) // at_once, 1))


def cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
