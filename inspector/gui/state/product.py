"""Whether good photos, model and photos to inspect are of one part: nothing of another product is shown or judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from inspector.gui.state.state import State


@dataclass(frozen=True, slots=True)
class _Purpose:
    """Which product the photos to inspect were chosen for; without fields, the next model that is opened."""

    good_folder: Path | None = None
    goods_sha256: str = ""


class Product(QObject):
    """Compares the products of the state's good photos, model and photos to inspect.

    A model belongs to the good photos whose names and content its file records. Photos to inspect belong to the good
    photos and the model that were in use when they were chosen, and to the model that judged them last.

    Attributes
    ----------
    changed : Signal()
        `trained_here` or `photos_fit` may have changed, though good photos, model and photos are the same.
    """

    changed = Signal()

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._state = state
        self._good_sha256s: frozenset[str] = frozenset()
        self._purpose = _Purpose()
        state.good_changed.connect(self._on_good)
        state.outcome_changed.connect(self._on_outcome)
        state.photos_changed.connect(self.choose_photos)

    @property
    def trained_here(self) -> bool:
        """Whether the open model was trained on the good photos chosen, or no good photos are chosen beside it."""
        state = self._state
        if state.manifest is None:
            return False
        return state.good is None or state.manifest.goods.sha256 in self._good_sha256s

    @property
    def photos_fit(self) -> bool:
        """Whether the photos to inspect may be judged with the open model without asking."""
        manifest, good = self._state.manifest, self._state.good
        if manifest is None or self._state.photos is None:
            return False
        wanted = self._purpose
        if wanted.goods_sha256 == manifest.goods.sha256 or wanted == _Purpose():
            return True
        return good is not None and good.folder == wanted.good_folder and self.trained_here

    def recognise_good(self, sha256: str) -> None:
        """Say the SHA-256 over the good photos chosen, as `photos_sha256` computes it."""
        if sha256 not in self._good_sha256s:
            self._good_sha256s |= {sha256}
            if self._purpose.goods_sha256 == sha256 and self._state.good is not None:
                self._purpose = _Purpose(self._state.good.folder, sha256)
            self.changed.emit()

    @Slot()
    def choose_photos(self) -> None:
        """Say that the photos to inspect were chosen now, perhaps the same ones again."""
        manifest, good = self._state.manifest, self._state.good
        if self._state.work.opening:
            self._purpose = _Purpose()  # they wait for the model that is being opened
        else:
            used = "" if manifest is None or not self.trained_here else manifest.goods.sha256
            self._purpose = _Purpose(None if good is None else good.folder, used)

    def judge_photos(self) -> None:
        """Say that the photos to inspect are judged with the open model: from now on they are of its product."""
        manifest, good = self._state.manifest, self._state.good
        if manifest is not None:
            here = good is not None and self.trained_here
            self._purpose = _Purpose(good.folder if here and good is not None else None, manifest.goods.sha256)

    @Slot()
    def _on_good(self) -> None:
        self._good_sha256s = frozenset()

    @Slot()
    def _on_outcome(self) -> None:
        outcome, good = self._state.outcome, self._state.good
        if outcome is None or good is None:
            return
        if all(one.path.is_relative_to(good.folder) for one in outcome.goods):
            self.recognise_good(outcome.manifest.goods.sha256)
