"""Whether the promise by session tells sessions that differ from sessions that do not.

    python benchmarks/sessions.py DATASET [--method patchcore] [--goods 100] [--rate 0.05]

DATASET is a category in the layout of MVTec AD. Its good photos are dealt to two sessions in turn, and the photos of
the second are made brighter by no, a quarter and half a stop. A line tells, at the threshold that the plain promise
justifies for the rate, the share of good photos above it with their whole session held out, and, to compare, from a
detector trained anew on the other session alone; in brackets, of each session.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that the package is found from any folder

import numpy as np

from inspector.core.calibration import promise_at, threshold_from_good_scores
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.recipe import Recipe
from inspector.core.values import ImageRGB
from inspector.storage.folders import weights_folder
from inspector.storage.images import read_image
from inspector.storage.photo_list import list_images

STOPS = (0.0, 0.25, 0.5)


def brighter(photo: ImageRGB, stops: float) -> ImageRGB:
    """Return a photo as a longer exposure would give it: gray levels times 2 to the power of `stops`, cut at 255."""
    return np.asarray(np.clip(np.rint(photo * 2.0**stops), 0, 255), dtype=np.uint8)


def measure(photos: Sequence[ImageRGB], sessions: Sequence[int], recipe: Recipe, rate: float) -> str:
    """Return a row of the table: the promises, and what training anew says.

    Parameters
    ----------
    photos : sequence of ndarray of uint8
    sessions : sequence of int
        Of each photo, 0 or 1.
    recipe : Recipe
        With a memory bank.
    rate : float
        That the threshold aims at.
    """
    from inspector.engine.detector import make_detector

    hw = (photos[0].shape[0], photos[0].shape[1])
    detector = make_detector(recipe, hw, weights_folder())
    fitted = detector.fit(photos, ignore_progress, CancelToken(), sessions)
    plain = [one.score for one in fitted.good_maps]
    threshold = threshold_from_good_scores(plain, rate).value
    anew = np.zeros(len(photos))
    for session in (0, 1):
        alone = make_detector(recipe, hw, weights_folder())
        own: list[int] = [at for at, number in enumerate(sessions) if number == session]
        others = [photo for photo, number in zip(photos, sessions, strict=True) if number != session]
        alone.fit(others, ignore_progress, CancelToken())
        anew[own] = [one.score for one in alone.score_maps([photos[at] for at in own])]
    told = f"{promise_at(plain, threshold).rate:.1%}"
    return " | ".join(
        [told, *(_shares(scores, sessions, threshold) for scores in (fitted.session_scores, anew.tolist()))]
    )


def _shares(scores: Sequence[float], sessions: Sequence[int], threshold: float) -> str:
    over = np.asarray(scores) > threshold
    each = [over[np.asarray(sessions) == session].mean() for session in (0, 1)]
    return f"{over.mean():.0%} ({each[0]:.0%}, {each[1]:.0%})"


def main() -> None:
    """Read the words of the command, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--method", default="patchcore", choices=["patchcore", "reconpatch"])
    parser.add_argument("--goods", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.05)
    words = parser.parse_args()
    photos = [read_image(path) for path in list_images(words.dataset / "train" / "good")[: words.goods]]
    sessions = [at % 2 for at in range(len(photos))]
    print("| method | second session | plain promise | held out | trained anew |")
    print("|---|---|---|---|---|")
    for stops in STOPS:
        exposed = [brighter(photo, stops * session) for photo, session in zip(photos, sessions, strict=True)]
        row = measure(exposed, sessions, Recipe(method=words.method), words.rate)
        print(f"| {words.method} | {stops:+g} stop | {row} |", flush=True)


if __name__ == "__main__":
    main()
