"""The functions of the camera's actions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from inspector.core.address_secrets import shown_address
from inspector.core.values import ImageRGB
from inspector.devices.found_cameras import list_cameras
from inspector.devices.genicam.genicam_source import list_genicam_cameras
from inspector.devices.sources.frame_source import CameraInfo
from inspector.gui.live.camera import Camera
from inspector.gui.live.second_screen import SecondScreen
from inspector.gui.state.faults import tell
from inspector.gui.state.live import Purpose
from inspector.gui.state.preferences import Preferences
from inspector.gui.state.state import State, Step
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.widgets.dialogs import Dialogs
from inspector.storage.photos.images import write_image


class LiveCommands(QObject):
    """Slots of the camera's actions.

    Attributes
    ----------
    cameras_found : Signal(tuple of CameraInfo)
        Those of this computer and on its network.
    snapshot_written : Signal(Path)
        A picture was saved.
    told, searching : Signal(str)
        A sentence for the bottom of the window: about a source that ended, or a search that began.
    goods_wanted : Signal(Path)
        The folder of good photos just taken shall be trained on.
    """

    cameras_found = Signal(object)
    snapshot_written = Signal(object)
    told = Signal(str)
    searching = Signal(str)
    goods_wanted = Signal(object)

    def __init__(
        self, state: State, camera: Camera, snapshots: JobRunner, cameras: JobRunner, preferences: Preferences,
        window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._state, self._live, self._camera = state, state.live, camera
        self._snapshots, self._cameras = snapshots, cameras
        self._preferences, self._window = preferences, window
        self._jobs: set[int] = set()
        self.second_screen: SecondScreen | None = None
        for runner in (snapshots, cameras):
            runner.succeeded.connect(self._on_succeeded)
            runner.failed.connect(self._on_failed)
        camera.secret_wanted.connect(self._ask_for_secret)
        self._live.options_changed.connect(self._on_options)
        self._purpose = self._live.options.purpose

    # --- the source ---

    @Slot()
    def camera_on(self) -> None:
        """Start or stop the source."""
        if self._live.running:
            self._camera.stop()
        elif self._ready():
            self._preferences.remember_source(self._live.options)
            self._camera.start()

    @Slot()
    def show_live(self) -> None:
        """Show the camera's page."""
        self._state.set_step(Step.LIVE)

    @Slot()
    def find_cameras(self) -> None:
        """Look for cameras."""
        if not self._cameras.busy:
            self._jobs.add(self._cameras.submit(_find))
            self.searching.emit(self.tr("Looking for cameras…"))

    @Slot()
    def choose_source_folder(self) -> None:
        """Ask for a folder of photos, as a source."""
        start = self._preferences.place("inspect")
        self._take_source(Dialogs.choose_folder(self._window, self.tr("Choose a folder of photos"), start))

    @Slot()
    def choose_source_file(self) -> None:
        """Ask for a video file, as a source."""
        self._take_source(Dialogs.choose_video(self._window, self._preferences.place("inspect")))

    def _take_source(self, path: Path | None) -> None:
        if path is not None:
            self._live.set_options(replace(self._live.options, address=str(path), secret_is_missing=False))

    @Slot()
    def _ask_for_secret(self) -> None:
        """Ask for an address whose secret part neither the preferences nor the keyring have, and start."""
        address = Dialogs.ask_address(self._window, shown_address(self._live.options.address))
        if address:
            self._live.set_options(replace(self._live.options, address=address, secret_is_missing=False))
            self.camera_on()

    # --- parts ---

    @Slot()
    def take_part(self) -> None:
        """Judge the part before the camera, or take its photo."""
        self._camera.trigger()

    @Slot()
    def acknowledge(self) -> None:
        """Go on after an NG part; does nothing while none is held."""
        if self._live.held:
            self._camera.acknowledge()

    @Slot()
    def remember_empty(self) -> None:
        """Say that no part is before the camera."""
        self._camera.remember_empty()

    @Slot()
    def new_shift(self) -> None:
        """Count from nothing again."""
        self._live.new_shift()

    # --- the picture ---

    @Slot()
    def freeze(self) -> None:
        """Let the picture stand still, or go on."""
        self._live.set_frozen(not self._live.frozen)

    @Slot()
    def snapshot(self) -> None:
        """Save the frame on the screen as it came, without heatmap."""
        picture = self._live.picture
        if picture is not None:
            name = f"snapshot-{datetime.now():%Y%m%d-%H%M%S-%f}.png"
            place = self._preferences.place("export") / name
            self._jobs.add(self._snapshots.submit(_Snapshot(place, picture.view.frame.image_rgb)))

    @Slot()
    def full_screen(self) -> None:
        """Show verdict and picture on a screen of their own, or stop doing so."""
        if self.second_screen is None:
            self.second_screen = SecondScreen(self._state, self._live, self._window)
            self.second_screen.acknowledged.connect(self.acknowledge)
        if self.second_screen.isVisible():
            self.second_screen.close()
        else:
            self.second_screen.open()

    # --- good photos ---

    @Slot()
    def take_goods(self) -> None:
        """Go to the camera to take good photos."""
        self._state.set_step(Step.LIVE)
        self._live.set_options(replace(self._live.options, purpose=Purpose.TAKE_GOOD))

    @Slot()
    def take_back(self) -> None:
        """Delete the good photo that was taken last."""
        self._camera.take_back()

    @Slot()
    def use_goods(self) -> None:
        """Train on the good photos just taken."""
        folder = self._live.options.good_folder
        if folder is not None:
            self._camera.stop()
            self.goods_wanted.emit(folder)

    def _ready(self) -> bool:
        """Ask for the folder of good photos where one is needed and missing."""
        options = self._live.options
        if options.purpose is Purpose.INSPECT or options.good_folder is not None:
            return True
        start = self._preferences.place("good")
        folder = Dialogs.choose_folder(self._window, self.tr("Choose an empty folder for the good photos"), start)
        if folder is not None:
            self._live.set_options(replace(options, good_folder=folder))
        return folder is not None

    @Slot()
    def _on_options(self) -> None:
        """Go on with the same source for the other purpose."""
        purpose = self._live.options.purpose
        if purpose is self._purpose:
            return
        self._purpose = purpose
        if self._live.running:
            self._camera.stop()
            self.camera_on()

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        if job_id not in self._jobs:
            return
        self._jobs.discard(job_id)
        if isinstance(result, Path):
            self.snapshot_written.emit(result)
            return
        assert isinstance(result, tuple)
        self.cameras_found.emit(result)
        if result:
            self.told.emit(self.tr("{count} cameras found. Choose one from the list.").format(count=len(result)))
        else:
            self.told.emit(self.tr("No camera found on this computer. You can use an address, a video or a folder."))

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id in self._jobs:
            self._jobs.discard(job_id)
            tell(self._state, error)


def _find(_job: Job) -> tuple[CameraInfo, ...]:
    return (*list_cameras(), *list_genicam_cameras())


class _Snapshot:
    def __init__(self, path: Path, image_rgb: ImageRGB) -> None:
        self._path, self._image_rgb = path, image_rgb

    def __call__(self, _job: Job) -> Path:
        write_image(self._path, self._image_rgb)
        return self._path
