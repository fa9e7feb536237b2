"""The only mutable state of the window. Panels render from it and call it; they never talk to each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from inspector.core.good_photos.model_names import model_name
from inspector.core.good_photos.sessions import SessionChoice, Sessions, SessionsBy
from inspector.core.good_photos.suspects import SuspectGood
from inspector.core.promise.threshold import Threshold
from inspector.core.training.plan import Recipe
from inspector.core.values import Inspection, Limits, Verdict
from inspector.gui.state.good_depth import GoodDepth
from inspector.gui.state.good_photos import Grouping, PhotoSet
from inspector.gui.state.live import LiveState
from inspector.gui.state.product import Product
from inspector.gui.state.review import ReviewState
from inspector.gui.state.verdict_column import VerdictColumn
from inspector.gui.state.window import Overlay, Step, WindowState
from inspector.gui.state.work import Work
from inspector.storage.bundles.bundle import Manifest, StoredBundle
from inspector.storage.results.inspection_run import InspectionRun
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.training.train import TrainingOutcome

__all__ = ["DEVICES", "THRESHOLD_RANGE", "Overlay", "PhotoSet", "State", "Step", "Work"]

DEVICES = ("auto", "cpu", "cuda")
THRESHOLD_RANGE = (0.05, 20.0)
"""Lowest and highest threshold the window accepts, in units of the bundle's own limit."""


class State(WindowState):
    """Validates, compares, assigns, emits once."""

    good_changed = Signal()
    left_out_changed = Signal()
    grouping_changed = Signal()
    photos_changed = Signal()
    recipe_changed = Signal()
    target_changed = Signal()
    bundle_changed = Signal()
    outcome_changed = Signal()
    looking_changed = Signal()
    unusable_changed = Signal()
    results_reset = Signal()
    results_added = Signal(int, int)
    threshold_changed = Signal()
    aim_changed = Signal()
    selection_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.live = LiveState(self)
        self.review = ReviewState(self)
        self._good: PhotoSet | None = None
        self._left_out: frozenset[Path] = frozenset()
        self._photos: PhotoSet | None = None
        self._grouping = Grouping()
        self._recipe = Recipe()
        self._device = "auto"
        self._target: Path | None = None
        self._bundle: LoadedBundle | None = None
        self._outcome: TrainingOutcome | None = None
        self._suspects_of: tuple[TrainingOutcome, PhotoSet] | None = None
        self._suspects: tuple[SuspectGood, ...] = ()
        self._looking_at = -1
        self._unusable: tuple[tuple[Path, str], ...] = ()
        self._inspections: list[Inspection] = []
        self._column = VerdictColumn()
        self._inspected_at: datetime | None = None
        self._limits = Limits(1.0)
        self._aimed_rate = self._recipe.false_alarm_rate
        self._selected = -1
        self.product = Product(self)
        self.good_depth = GoodDepth(self)

    # --- good photos and training ---

    @property
    def good(self) -> PhotoSet | None:
        """The good photos."""
        return self._good

    def set_good(self, good: PhotoSet | None) -> None:
        """Choose the good photos, without those left out of them before, and propose where to save the bundle."""
        if good == self._good:
            return
        self.look_at(-1)
        self._good = good
        self.leave_out(() if good is None else good.left_out)
        self.set_unusable(())
        self._set_grouping(Grouping(SessionChoice(self._grouping.choice.by)))
        if good is not None:
            folder = good.folder.resolve()
            self.set_target(folder.parent / f"{model_name(folder, Path.home())}.inspector")
        self.good_changed.emit()

    @property
    def left_out(self) -> frozenset[Path]:
        """Good photos not to train on."""
        return self._left_out

    def leave_out(self, photos: Iterable[Path]) -> None:
        """Choose which good photos not to train on."""
        chosen = frozenset(photos)
        if chosen != self._left_out:
            self._left_out = chosen
            self.left_out_changed.emit()

    @property
    def grouping(self) -> Grouping:
        """Which good photos were taken together."""
        return self._grouping

    def group_by(self, by: SessionsBy) -> None:
        """Choose how sessions are found; names given to sessions found another way are forgotten."""
        if by is not self._grouping.choice.by:
            self._set_grouping(Grouping(SessionChoice(by)))

    def set_sessions_found(self, found: Sessions) -> None:
        """Say which sessions were found."""
        self._set_grouping(replace(self._grouping, found=found))

    def rename_session(self, name: str, given: str) -> None:
        """Give a session another name, by the name under which it was found; an empty name restores the former name."""
        names = dict(self._grouping.choice.renamed) | {name: given.strip()}
        kept = tuple((old, new) for old, new in names.items() if new and new != old)
        # Told even where nothing changed, so that an emptied field shows the name again.
        self._grouping = replace(self._grouping, choice=replace(self._grouping.choice, renamed=kept))
        self.grouping_changed.emit()

    def _set_grouping(self, grouping: Grouping) -> None:
        if grouping != self._grouping:
            self._grouping = grouping
            self.grouping_changed.emit()

    @property
    def unusable(self) -> tuple[tuple[Path, str], ...]:
        """Good photos that stopped training, with the reason."""
        return self._unusable

    def set_unusable(self, problems: Sequence[tuple[Path, str]]) -> None:
        """Say which good photos stopped training."""
        if tuple(problems) != self._unusable:
            self._unusable = tuple(problems)
            self.unusable_changed.emit()

    @property
    def recipe(self) -> Recipe:
        """The settings of the next training."""
        return self._recipe

    @property
    def device(self) -> str:
        """Where to compute: one of `DEVICES`."""
        return self._device

    def set_recipe(self, recipe: Recipe) -> None:
        """Choose what training is asked to do."""
        if recipe != self._recipe:
            self._recipe = recipe
            self.recipe_changed.emit()

    def set_device(self, device: str) -> None:
        """Choose where to compute."""
        if device not in DEVICES:
            raise ValueError(f"no such device: {device}")
        if device != self._device:
            self._device = device
            self.recipe_changed.emit()

    @property
    def target(self) -> Path | None:
        """Where training will save the bundle."""
        return self._target

    def set_target(self, target: Path) -> None:
        """Choose where training will save the bundle."""
        target = target if target.suffix == ".inspector" else target.with_name(f"{target.name}.inspector")
        if target != self._target:
            self._target = target
            self.target_changed.emit()

    @property
    def outcome(self) -> TrainingOutcome | None:
        """The outcome of the last training in this window."""
        return self._outcome

    def set_outcome(self, outcome: TrainingOutcome | None) -> None:
        """Set the outcome of training."""
        if outcome is not self._outcome:
            self.look_at(-1)
            self._outcome = outcome
            self.outcome_changed.emit()

    @property
    def suspects(self) -> tuple[SuspectGood, ...]:
        """The good photos that the bundle in use was trained on, the most suspicious first.

        None if other good photos were chosen since, or if the model is not the outcome of the last training here.
        """
        outcome, bundle, good = self._outcome, self._bundle, self._good
        if outcome is None or bundle is None or good is None or outcome.sha256 != bundle.stored.sha256:
            return ()
        if self._suspects_of != (outcome, good):  # delegates ask for each cell that they paint
            self._suspects_of = (outcome, good)
            same = all(one.path.is_relative_to(good.folder) for one in outcome.goods)
            self._suspects = outcome.goods if same else ()
        return self._suspects

    @property
    def looking_at(self) -> int:
        """Position of the suspect shown large, or -1."""
        return self._looking_at

    def look_at(self, position: int) -> None:
        """Show a suspect large; -1 goes back."""
        if position != -1 and not 0 <= position < len(self.suspects):
            raise IndexError(position)
        if position != self._looking_at:
            self._looking_at = position
            self.looking_changed.emit()

    # --- judging ---

    @property
    def bundle(self) -> LoadedBundle | None:
        """The bundle that judges."""
        return self._bundle

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the model."""
        return None if self._bundle is None else self._bundle.stored.manifest

    def set_bundle(self, bundle: LoadedBundle) -> None:
        """Judge with another bundle; results of the former one are dropped and its own limits apply."""
        if bundle is self._bundle:
            return
        self.look_at(-1)
        self._bundle = bundle
        self.clear_results()
        self._limits = bundle.stored.manifest.limits
        self._aimed_rate = bundle.stored.manifest.recipe.false_alarm_rate
        self.bundle_changed.emit()
        self.threshold_changed.emit()

    def replace_stored(self, stored: StoredBundle) -> None:
        """Say that the open bundle's file was written anew; detector, results and limits in use stay."""
        if self._bundle is None or stored is self._bundle.stored:
            return
        former, self._bundle = self._bundle.stored, replace(self._bundle, stored=stored)
        if self._outcome is not None and self._outcome.sha256 == former.sha256:
            self._outcome = replace(self._outcome, sha256=stored.sha256)  # it is still the bundle of that training
        self.bundle_changed.emit()

    @property
    def photos(self) -> PhotoSet | None:
        """The photos to inspect."""
        return self._photos

    def set_photos(self, photos: PhotoSet | None) -> None:
        """Choose the photos to inspect; earlier results are dropped."""
        if photos != self._photos:
            self._photos = photos
            self.clear_results()
            self.photos_changed.emit()

    def name_of(self, inspection: Inspection) -> str:
        """Return a part's name: its path below the folder inspected, since subfolders often repeat names."""
        folder = None if self._photos is None else self._photos.folder
        if folder is not None and inspection.path.is_relative_to(folder):
            return inspection.path.relative_to(folder).as_posix()
        return inspection.path.name

    @property
    def limits(self) -> Limits:
        """The limits at which verdicts are drawn."""
        return self._limits

    @property
    def kept_limits(self) -> Limits:
        """The limits saved in the model."""
        return Limits(1.0) if self.manifest is None else self.manifest.limits

    def set_limits(self, limits: Limits) -> None:
        """Draw verdicts at other limits, until another bundle is opened; the bundle's file keeps its own."""
        if self._bundle is not None and limits != self._limits:
            self._limits = limits
            self.threshold_changed.emit()

    @property
    def threshold(self) -> float:
        """Raw score above which a part is NG."""
        return self._limits.threshold

    @property
    def own_limit(self) -> float:
        """The threshold that the bundle was trained with, as a raw score."""
        manifest = self.manifest
        return 1.0 if manifest is None else manifest.threshold.value

    @property
    def relative_threshold(self) -> float:
        """The threshold in units of the bundle's own limit."""
        return self.threshold / self.own_limit

    @property
    def relative_unsure(self) -> float | None:
        """The lower end of the review band in units of the model's own limit, or None without a band."""
        unsure = self._limits.unsure_threshold
        return None if unsure is None else unsure / self.own_limit

    def set_relative_threshold(self, relative: float) -> None:
        """Move the threshold, given in units of the bundle's own limit."""
        self.set_limits(self._limits.with_threshold(self._in_range(relative)))

    def set_relative_unsure(self, relative: float | None) -> None:
        """Move the unsure threshold, given in units of the bundle's own limit, up to the threshold; None removes it."""
        unsure = None if relative is None else min(self._in_range(relative), self.threshold)
        self.set_limits(Limits(self.threshold, unsure))

    def _in_range(self, relative: float) -> float:
        low, high = THRESHOLD_RANGE
        return min(max(relative, low), high) * self.own_limit

    @property
    def aimed_rate(self) -> float:
        """The accepted false-alarm rate, in 0..1; initially the rate of the training."""
        return self._aimed_rate

    @property
    def justified(self) -> Threshold | None:
        """The threshold that the good photos justify for the rate aimed at, or None without a bundle."""
        if self.manifest is None:
            return None
        return self.manifest.threshold_at(self._aimed_rate)

    def aim_at(self, rate: float) -> None:
        """Set the accepted false-alarm rate, and move the limit to the limit that this rate justifies."""
        if rate != self._aimed_rate:
            self._aimed_rate = rate
            self.aim_changed.emit()
        justified = self.justified
        if justified is not None:
            self.set_limits(self._limits.with_threshold(justified.value))

    @property
    def inspections(self) -> Sequence[Inspection]:
        """The results so far, in the order of the photos."""
        return self._inspections

    def clear_results(self) -> None:
        """Drop all results."""
        self._inspected_at = None
        if self._inspections:
            self._inspections = []
            self._column.clear()
            self._selected = -1
            self.results_reset.emit()
            self.selection_changed.emit()

    def add_results(self, inspections: Sequence[Inspection]) -> None:
        """Append results; the first one of a run is selected."""
        if not inspections:
            return
        first = len(self._inspections)
        self._inspections.extend(inspections)
        self._column.add(inspections)
        self._inspected_at = self._inspected_at or datetime.now().astimezone()
        self.results_added.emit(first, len(inspections))
        if self._selected < 0:
            self.select(0)

    def counts(self) -> dict[Verdict, int]:
        """Return how many results have which verdict at the present limits."""
        return self._column.counts(self._limits)

    @property
    def column(self) -> VerdictColumn:
        """Scores and verdicts of the results, in their order, as arrays."""
        return self._column

    def verdicts(self, limits: Limits | None = None) -> NDArray[np.uint8]:
        """Return the results' verdicts at the limits in use or at others, as positions in `verdict_column.ORDER`."""
        return self._column.of(self._limits if limits is None else limits)

    def run(self) -> InspectionRun | None:
        """Return the results at the present threshold, ready to be saved, or None when there are none."""
        if self._bundle is None or not self._inspections or self._inspected_at is None:
            return None
        return InspectionRun(
            bundle_path=self._bundle.stored.path,
            bundle_sha256=self._bundle.stored.sha256,
            manifest=self._bundle.stored.manifest,
            limits=self._limits,
            inspections=tuple(self._inspections),
            inspected_at=self._inspected_at,
        )

    @property
    def selected(self) -> int:
        """Position of the part shown, or -1."""
        return self._selected

    @property
    def selected_inspection(self) -> Inspection | None:
        """The part shown."""
        return self._inspections[self._selected] if self._selected >= 0 else None

    def select(self, index: int) -> None:
        """Show a part."""
        if not -1 <= index < len(self._inspections):
            raise IndexError(index)
        if index != self._selected:
            self._selected = index
            self.selection_changed.emit()
