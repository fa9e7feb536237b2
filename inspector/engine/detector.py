"""The interface of every detector. No torch is imported before one is made.

To add a method: one new module with a class that fits `Detector`, and one row in `METHODS`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from inspector.core.good_photos.enough_photos import CoveragePoint
from inspector.core.judging.explanation import Explanation
from inspector.core.progress import CancelToken, OnProgress
from inspector.core.promise.groups import SessionLabels
from inspector.core.training.plan import Recipe
from inspector.core.values import FloatArray, ImageRGB, ScoreMap, check_finite, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The outcome of `Detector.fit` beside the trained state.

    Parameters
    ----------
    good_maps : list of ScoreMap
        A map for each good photo, scored without its own patches (leave-one-image-out, in folds), so that a threshold
        from these maps is not biased. docs/threshold.md states, for each method, which other learned parts have seen
        the photo.
    good_embeddings : ndarray of float32, shape (n, E)
        The embedding of each good photo, in order, as `Detector.examine` would give it; shape (0, E) where `good_maps`
        is empty. Made read-only.
    seconds : dict of str to float
        Wall time of the stages: features, fit, coreset, calibrate.
    bank_rows : int
        Patches remembered; 0 for methods without a memory bank.
    facts : dict of str to float
        Notes of the method on its training (loss, collapse monitor), for the log and for experts.
    session_maps : list of ScoreMap
        One a good photo, each scored without the help of its whole session; empty without sessions.
    coverage : tuple of CoveragePoint
        Mean score of held-out good photos against the number of good photos. Empty for a single photo, and for methods
        that model places: there, fewer photos give another model, which would have to be fitted for each point.
    """

    good_maps: list[ScoreMap]
    good_embeddings: FloatArray
    seconds: dict[str, float]
    bank_rows: int
    facts: dict[str, float]
    session_maps: list[ScoreMap] = field(default_factory=list)
    coverage: tuple[CoveragePoint, ...] = ()

    def __post_init__(self) -> None:
        read_only(self.good_embeddings)

    @property
    def session_scores(self) -> list[float]:
        """The raw score of each good photo with its whole session held out; empty without sessions."""
        return [one.score for one in self.session_maps]


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """The result of a pass over a photo.

    Parameters
    ----------
    score_map : ScoreMap
        How anomalous each place is.
    embedding : ndarray of float32, shape (E,)
        The embedding of the whole photo: the mean of its patch features, before any learned map. Photos of one part lie
        near one another, those of another part farther off. Made read-only.

    Raises
    ------
    NotFinite
        If a number of the embedding is infinite or not a number; of the map, see `ScoreMap`.
    """

    score_map: ScoreMap
    embedding: FloatArray

    def __post_init__(self) -> None:
        check_finite(self.embedding)
        read_only(self.embedding)


class BackboneInfo(Protocol):
    """The facts on a backbone that a manifest stores."""

    @property
    def name(self) -> str:
        """From the backbone table."""
        ...

    @property
    def license(self) -> str:
        """Of the weights."""
        ...

    @property
    def weights_sha256(self) -> str:
        """Of the weights, hexadecimal."""
        ...


class Detector(Protocol):
    """A method that learns from good photos and scores new ones."""

    recipe: Recipe
    device: str

    @property
    def backbone(self) -> BackboneInfo:
        """The feature extractor in use."""
        ...

    @property
    def embedding_width(self) -> int:
        """Numbers in an embedding (`Examined.embedding`)."""
        ...

    def fit(
        self,
        photos: Sequence[ImageRGB],
        report: OnProgress,
        token: CancelToken,
        sessions: SessionLabels = None,
    ) -> Fitted:
        """Learn from good photos, all of one size.

        From a single photo, `Fitted.good_maps` is empty: no other photo shows the score of a new good part.

        Parameters
        ----------
        photos : sequence of ndarray of uint8, each (H, W, 3)
        report, token
            Progress, and the wish to stop.
        sessions : sequence of int, callable or None
            The number of each photo's session, or what finds them once the features are known
            (`inspector.core.promise.groups.GroupSearch`). With at least two sessions, `Fitted.session_maps` is filled;
            the trained state does not depend on sessions. Methods with a memory bank score a session with a bank made
            without it (`inspector.engine.bank.folds`). ReConPatch's axes and the result of its steps have seen the
            session. Coarse-to-fine fits its Gaussians again without the session. Poses, fine alignment and scale of
            places have seen it, so these scores are somewhat too low. The rows beside the part are left out of a bank
            that was chosen for all photos.

        Raises
        ------
        Cancelled
            If `token` was cancelled; the detector is then not usable.
        """
        ...

    def examine(self, photos: Sequence[ImageRGB]) -> list[Examined]:
        """Score photos of the size and shape trained on, and embed them by the same features."""
        ...

    def score_maps(self, photos: Sequence[ImageRGB]) -> list[ScoreMap]:
        """Return the score maps of `examine` alone."""
        ...

    def explain(self, photo: ImageRGB, at_xy: tuple[int, int] | None = None) -> Explanation:
        """Explain a place of a photo.

        Parameters
        ----------
        photo : ndarray of uint8, shape (H, W, 3)
            Of the shape trained on.
        at_xy : (int, int) or None
            A pixel of the photo; None for the peak of its score map.

        Returns
        -------
        Explanation
            Its `nearest` is None for coarse-to-fine, which remembers no patches of parts: it compares each place with
            the mean of all good photos.
        """
        ...

    def grow(self, wanted: Wanted, report: OnProgress, token: CancelToken) -> tuple[Detector, GrownMaps]:
        """Remember patches of false alarms too, without training anything again.

        Parameters
        ----------
        wanted : Wanted
            One photo at least, of the shape trained on.
        report, token
            Progress, and the wish to stop.

        Returns
        -------
        detector : Detector
            Another detector, which remembers more; this detector stays unchanged. They share all but the memory. Up to
            rounding no place of any photo scores higher by it.
        maps : GrownMaps
            The effect on the false alarms.

        Raises
        ------
        DetectorError
            The method remembers no patches, or a setting makes scores rise when more is remembered.
        Cancelled
            If `token` was cancelled.
        """
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the trained state, for the bundle."""
        ...

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take the trained state from a bundle; KeyError or ValueError if it does not fit."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The false alarms to remember.

    Parameters
    ----------
    photos : sequence of ndarray of uint8, each (H, W, 3)
        The false alarms.
    reach : float
        Raw score > 0. Patches farther than this from the bank are added. If all are added, each of these photos scores
        at most this much afterwards.
    most_rows : int
        Patches that may be added.
    first_number : int
        The number of the first photo in the bank; the others follow.
    """

    photos: Sequence[ImageRGB]
    reach: float
    most_rows: int
    first_number: int


@dataclass(frozen=True, slots=True, eq=False)
class GrownMaps:
    """The score maps of the photos that were fed back.

    Parameters
    ----------
    before, after : list of ScoreMap
        Scores with the former bank, and with the new bank.
    unaided : list of ScoreMap
        Scores with the new bank but without the photo's own patches: the possible scores of similar parts that were not
        fed back. Somewhat too high, since others' patches that lay near an added one were not added too.
    rows : list of int
        Patches added of each photo.
    """

    before: list[ScoreMap]
    after: list[ScoreMap]
    unaided: list[ScoreMap]
    rows: list[int]


class Clock:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the time since the last lap, or since the start, under a name."""
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now
