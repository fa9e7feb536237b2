"""The functions of the actions: one method for each key of the table in action.py."""

from __future__ import annotations

import platform
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot, qVersion
from PySide6.QtWidgets import QWidget

from inspector import __version__
from inspector.core.errors import BundleError, InspectorError
from inspector.gui.findings.image_view import ImageView
from inspector.gui.judging.inspecting import Inspecting
from inspector.gui.judging.judge_page import JudgePage
from inspector.gui.limits.saving import Saving
from inspector.gui.reports.exporting import Exporting
from inspector.gui.state.faults import tell
from inspector.gui.state.preferences import Preferences
from inspector.gui.state.state import State, Step
from inspector.gui.threads.photo_listing import PhotoListing
from inspector.gui.training.training import Training
from inspector.gui.widgets.dialogs import Dialogs, open_file
from inspector.gui.window.shortcut_sheet import ShortcutSheet
from inspector.storage.bundles.bundle import check_bundle_target
from inspector.storage.folders import data_folder, log_folder
from inspector.storage.photos.photo_list import RESULTS_NAME

FINE_STEP = 0.01

FIRST_UNSURE = 0.9
"""Where the second line appears, in units of the threshold."""


class Commands(QObject):
    """Slots of the actions.

    Parameters
    ----------
    state, sources, training, judging, exports, keeping
        The objects that the actions use.
    preferences : Preferences
        Where file dialogs begin.
    window : QWidget
        Parent of dialogs.

    Attributes
    ----------
    history_report_wanted : Signal()
        The report that is asked for is one of the history.
    only_signed_changed : Signal(bool)
        Whether signed models only are opened, where the choice could not be written.
    """

    history_report_wanted = Signal()
    only_signed_changed = Signal(bool)

    def __init__(
        self, state: State, sources: PhotoListing, training: Training, judging: Inspecting, exports: Exporting,
        saving: Saving, preferences: Preferences, window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._state = state
        self._sources = sources
        self._training = training
        self._judging = judging
        self._exports = exports
        self._saving = saving
        self._preferences = preferences
        self._window = window
        self._page: JudgePage | None = None
        self._images: dict[Step, ImageView] = {}

    def attach(self, page: JudgePage, reviewed: ImageView) -> None:
        """Set the page of the actions about parts, and the view that they zoom on it and on the review page."""
        self._page = page
        self._images = {Step.REVIEW: reviewed}

    @property
    def _image(self) -> ImageView | None:
        """The photo that the user looks at."""
        judged = None if self._page is None else self._page.view.image
        return self._images.get(self._state.step, judged)

    # --- files ---

    @Slot()
    def choose_good(self) -> None:
        """Ask for the folder of good photos."""
        folder = Dialogs.choose_folder(
            self._window, self.tr("Choose a folder of good photos"), self._preferences.place("good")
        )
        if folder is not None:
            self.take_good(folder)

    @Slot(object)
    def take_good(self, folder: Path) -> None:
        """Use a folder as good photos; not while they are being trained on."""
        if not self._state.work.training:
            self._preferences.remember("good", folder)
            self._state.set_step(Step.GOOD)
            self._sources.choose_good(folder)

    @Slot()
    def choose_photos(self) -> None:
        """Ask for the folder to inspect."""
        folder = Dialogs.choose_folder(
            self._window, self.tr("Choose photos to inspect"), self._preferences.place("inspect")
        )
        if folder is not None:
            self.take_photos([folder])

    @Slot(object)
    def take_photos(self, paths: list[Path]) -> None:
        """Inspect folders or photos."""
        self._preferences.remember("inspect", paths[0])
        self._state.set_step(Step.JUDGE)
        self._sources.choose_photos(paths)

    @Slot()
    def open_bundle(self) -> None:
        """Ask for a bundle."""
        path = Dialogs.choose_bundle(self._window, self._preferences.place("bundle"))
        if path is not None:
            self.take_bundle(path)

    @Slot(object)
    def take_bundle(self, path: Path) -> None:
        """Open a bundle and go to judging."""
        self._preferences.remember("bundle", path.parent)
        self._state.set_step(Step.JUDGE)
        self._saving.cancel()  # it compares with the model that is being replaced
        self._judging.open(path)

    @Slot()
    def continue_last(self) -> None:
        """Open the model used last, with its good photos, and judge the photos again that it judged."""
        last = self._preferences.last_work
        if last is None or self._state.work.training:
            return
        self.take_bundle(last.model)
        if last.good is not None:
            self._sources.choose_good(last.good)
        if last.photos is not None:
            self.take_photos([last.photos])

    @Slot()
    def try_demo(self) -> None:
        """Lay out the solar cells and choose them."""
        self._state.set_step(Step.GOOD)
        self._sources.prepare_demo(data_folder() / "demo")

    @Slot()
    def export_report(self) -> None:
        """Ask for a file name and write the report: of the history on the Review page, otherwise of the results."""
        bundle = self._state.bundle
        if self._state.step == Step.REVIEW:
            self.history_report_wanted.emit()
            return
        if bundle is None:
            return
        name = f"{bundle.stored.path.stem} {datetime.now():%Y-%m-%d}.html"
        path = Dialogs.choose_report(self._window, self._preferences.place("export") / name)
        if path is not None:
            self._preferences.remember("export", path.parent)
            self._exports.write_report(path, self._preferences.letterhead)

    @Slot()
    def save_results(self) -> None:
        """Ask for a folder and save everything into it."""
        title = self.tr("Choose a folder for results and heatmaps")
        folder = Dialogs.choose_folder(self._window, title, self._preferences.place("export"))
        if folder is None:
            return
        self._preferences.remember("export", folder)
        if not (folder / RESULTS_NAME).exists() or Dialogs.confirm_results(self._window, folder):
            self._exports.save_results(folder)

    @Slot()
    def keep_results(self) -> None:
        """Keep the results in the history, where parts are reviewed."""
        self._exports.keep_results()

    @Slot()
    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    # --- training ---

    @Slot()
    def train(self) -> None:
        """Train; ask first if that replaces a bundle."""
        target = self._state.target
        if target is not None and (not target.exists() or self._to_be_replaced(target)):
            self._state.set_step(Step.TRAIN)
            self._training.start()

    def _to_be_replaced(self, target: Path) -> bool:
        try:
            check_bundle_target(target)  # before the question: nobody is asked whether to replace what will be kept
        except BundleError as error:
            tell(self._state, error)
            return False
        return Dialogs.confirm_replace(self._window, target)

    @Slot()
    def choose_target(self) -> None:
        """Ask where the bundle shall be saved."""
        target = self._state.target
        if target is None:
            return
        chosen = Dialogs.choose_target(self._window, target)
        if chosen is not None:
            self._state.set_target(chosen)

    @Slot()
    def leave_out(self) -> None:
        """Leave out the photos that are in the way, and train."""
        self._state.leave_out(self._state.left_out | {path for path, _ in self._state.unusable})
        self.train()

    @Slot()
    def cancel(self) -> None:
        """Stop what runs: training first, then inspection, comparing, export, opening, and looking for photos."""
        work = self._state.work
        if work.training:
            self._training.cancel()
        elif work.inspecting:
            self._judging.stop()
        elif work.comparing:
            self._saving.cancel()
        elif work.exporting:
            self._exports.cancel()
        elif work.opening:
            self._judging.stop_opening()
        else:
            self._sources.cancel()

    # --- judging ---

    @Slot()
    def inspect(self) -> None:
        """Inspect the photos again."""
        self._state.set_step(Step.JUDGE)
        self._judging.inspect()

    @Slot()
    def next_part(self) -> None:
        """Show the next part of the table."""
        self._step(1)

    @Slot()
    def previous_part(self) -> None:
        """Show the previous part of the table."""
        self._step(-1)

    @Slot()
    def next_flagged(self) -> None:
        """Show the next part of the table that is NG or UNSURE."""
        if self._page is not None:
            self._page.results.step(1, only_flagged=True)

    @Slot()
    def previous_flagged(self) -> None:
        """Show the previous part of the table that is NG or UNSURE."""
        if self._page is not None:
            self._page.results.step(-1, only_flagged=True)

    @Slot()
    def only_flagged(self) -> None:
        """Nothing to do here: the results panel follows the action's state."""

    @Slot()
    def find(self) -> None:
        """Go to the field that filters by name."""
        if self._page is not None:
            self._state.set_step(Step.JUDGE)
            self._page.results.filter.setFocus()

    @Slot()
    def raise_threshold(self) -> None:
        """Move the threshold a little up."""
        self._state.set_relative_threshold(round(self._state.relative_threshold + FINE_STEP, 6))

    @Slot()
    def lower_threshold(self) -> None:
        """Move the threshold a little down."""
        self._state.set_relative_threshold(round(self._state.relative_threshold - FINE_STEP, 6))

    @Slot()
    def reset_threshold(self) -> None:
        """Go back to the limit that training found."""
        self._state.set_relative_threshold(1.0)

    @Slot()
    def keep_limits(self) -> None:
        """Ask who keeps the limits in the bundle, and why."""
        if self._page is not None:
            self._state.set_step(Step.JUDGE)
            self._page.threshold.keep.ask()

    @Slot(bool)
    def ask_person(self, asked: bool) -> None:
        """Draw a second line, below which parts are OK, or remove it."""
        self._state.set_relative_unsure(FIRST_UNSURE * self._state.relative_threshold if asked else None)

    @Slot()
    def compare_defects(self) -> None:
        """Ask for photos of known defects and score them."""
        title = self.tr("Choose a folder of photos of defective parts")
        folder = Dialogs.choose_folder(self._window, title, self._preferences.place("inspect"))
        if folder is not None:
            self._saving.compare(folder)

    @Slot()
    def forget_defects(self) -> None:
        """Remove the known defects' scores from the bundle."""
        self._saving.forget_defects()

    # --- view ---

    @Slot()
    def show_good(self) -> None:
        """Show the first page."""
        self._state.set_step(Step.GOOD)

    @Slot()
    def show_train(self) -> None:
        """Show the second page."""
        self._state.set_step(Step.TRAIN)

    @Slot()
    def show_judge(self) -> None:
        """Show the third page."""
        self._state.set_step(Step.JUDGE)

    @Slot(bool)
    def only_signed(self, wanted: bool) -> None:
        """Open signed models only, or any; it holds for commands on this computer too."""
        try:
            self._preferences.set_only_signed(wanted)
        except InspectorError as error:
            self.only_signed_changed.emit(self._preferences.only_signed)
            tell(self._state, error)

    @Slot(bool)
    def heatmap(self, shown: bool) -> None:
        """Draw the heatmap, or not."""
        self._state.set_overlay(heatmap=shown)

    @Slot(bool)
    def outlines(self, shown: bool) -> None:
        """Draw the outlines, or not."""
        self._state.set_overlay(outlines=shown)

    @Slot(bool)
    def filmstrip(self, shown: bool) -> None:
        """Show results as photos, or as a table."""
        self._state.set_filmstrip(shown)

    @Slot()
    def fit(self) -> None:
        """Show the whole photo."""
        if self._image is not None:
            self._image.fit()

    @Slot()
    def zoom_in(self) -> None:
        """Zoom in."""
        if self._image is not None:
            self._image.zoom_in()

    @Slot()
    def zoom_out(self) -> None:
        """Zoom out."""
        if self._image is not None:
            self._image.zoom_out()

    @Slot()
    def shortcuts(self) -> None:
        """Show the sheet of shortcuts."""
        ShortcutSheet(self._window).show()

    @Slot()
    def about(self) -> None:
        """Show the version."""
        made = self.tr("Inspector {version}, Python {python}, Qt {qt}, {system}. Licence: Apache-2.0.")
        words = made.format(
            version=__version__, python=platform.python_version(), qt=qVersion(), system=platform.platform()
        )
        Dialogs.about(self._window, words)

    @Slot()
    def open_log(self) -> None:
        """Show the folder of the log."""
        open_file(log_folder())

    def _step(self, by: int) -> None:
        if self._page is not None:
            self._page.results.step(by)
