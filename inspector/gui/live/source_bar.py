"""The bar over the live picture: which source, start and stop, and when a frame is a part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from inspector.core.address_secrets import has_secrets, shown_address
from inspector.devices.sources.frame_source import CameraInfo
from inspector.gui.actions.qactions import Actions
from inspector.gui.live import words
from inspector.gui.live.camera_settings import CameraSettings
from inspector.gui.state.live import LiveState, Purpose
from inspector.gui.widgets.buttons import ActionButton, tool_button
from inspector.gui.widgets.labels import label
from inspector.workflows.live.moments import LiveMode

WATCH = "watch:"
_NO_FOLDER = re.compile(r"(camera|genicam):|.*://|.*\.(mp4|avi|mkv|mov|webm|m4v|mpe?g|wmv)$", re.IGNORECASE)


class SourceBar(QFrame):
    """Edits the options of the live state."""

    def __init__(self, live: LiveState, actions: Actions, settings: CameraSettings) -> None:
        super().__init__()
        self._live = live
        self.setObjectName("toolbar")
        self.address = QComboBox()
        self.address.setEditable(True)
        self.address.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.address.setMinimumHeight(34)
        self.address.setMinimumWidth(220)
        self.address.lineEdit().setPlaceholderText(self.tr("camera:0, rtsp://…, http://…, a video or a folder"))
        self.address.setAccessibleName(self.tr("Source: a camera, an address, a video file or a folder"))
        self.watch = QCheckBox(self.tr("Watch this folder"))
        self.watch.setToolTip(
            self.tr("Judges photos that appear in the folder from now on. Existing photos are skipped.")
        )
        self.switch = ActionButton(actions["camera_on"], "primary")
        self.mode = QComboBox()
        self.mode.setMinimumHeight(34)
        self.mode.setAccessibleName(self.tr("When parts are judged"))
        for mode, name in words.mode_names().items():
            self.mode.addItem(name, mode)
            self.mode.setItemData(self.mode.count() - 1, words.mode_hints()[mode], Qt.ItemDataRole.ToolTipRole)
        self.hold = QCheckBox(self.tr("Hold when not OK"))
        self.hold.setToolTip(self.tr("A part that is not OK stays on the screen. Judging pauses until you press A."))
        self.settings_button = QToolButton()
        self.settings_button.setProperty("role", "flat")
        self.settings_button.setText(self.tr("Camera settings"))
        self.settings_button.setMinimumSize(34, 34)
        self.settings_button.clicked.connect(settings.open_at_pointer)
        self._settings = settings
        self._lay_out(actions)
        self.address.editTextChanged.connect(self._on_address)
        self.address.lineEdit().editingFinished.connect(self._hide_secret)
        self.watch.toggled.connect(self._on_watch)
        self.mode.currentIndexChanged.connect(self._on_mode)
        self.hold.toggled.connect(self._on_hold)
        live.options_changed.connect(self._render)
        live.running_changed.connect(self._render)
        live.connection_changed.connect(self._render)
        self._render()

    def _lay_out(self, actions: Actions) -> None:
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.address, 1)
        for key in ("find_cameras", "choose_source_folder", "choose_source_file"):
            first.addWidget(tool_button(actions[key]))
        first.addWidget(self.watch)
        first.addSpacing(4)
        first.addWidget(self.switch)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(label(self.tr("Judge"), "muted"))
        second.addWidget(self.mode)
        second.addSpacing(8)
        second.addWidget(self.hold)
        second.addStretch(1)
        second.addWidget(self.settings_button)
        for key in ("remember_empty", "snapshot", "freeze", "full_screen"):
            button = tool_button(actions[key])
            button.setIconSize(QSize(18, 18))
            second.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(first)
        layout.addLayout(second)

    def offer(self, cameras: Sequence[CameraInfo]) -> None:
        """Show cameras that were found in the list of sources."""
        text = self.address.currentText()
        with QSignalBlocker(self.address):
            self.address.clear()
            for camera in cameras:
                named = f"{camera.address}  \N{EN DASH}  {camera.name}"
                self.address.addItem(f"{named} ({camera.detail})" if camera.detail else named, camera.address)
            self.address.setEditText(text)

    @Slot(str)
    def _on_address(self, text: str) -> None:
        # An item of the list reads "camera:0 - name": what counts is its address.
        place = self.address.findText(text)
        address = self.address.itemData(place) if place >= 0 else text
        self._live.set_options(replace(self._live.options, address=str(address).strip(), secret_is_missing=False))

    @Slot()
    def _hide_secret(self) -> None:
        """Show an address without its secret once it was typed; the options have all of it."""
        address = self._live.options.address
        if has_secrets(address):
            with QSignalBlocker(self.address):
                self.address.setEditText(shown_address(address))

    @Slot(bool)
    def _on_watch(self, on: bool) -> None:
        path = self._live.options.address.removeprefix(WATCH)
        self._live.set_options(replace(self._live.options, address=f"{WATCH}{path}" if on else path))

    @Slot(int)
    def _on_mode(self, place: int) -> None:
        self._live.set_options(replace(self._live.options, mode=LiveMode(self.mode.itemData(place))))

    @Slot(bool)
    def _on_hold(self, on: bool) -> None:
        self._live.set_options(replace(self._live.options, hold_on_ng=on))

    @Slot()
    def _render(self) -> None:
        options, live = self._live.options, self._live
        with (
            QSignalBlocker(self.address),
            QSignalBlocker(self.watch),
            QSignalBlocker(self.mode),
            QSignalBlocker(self.hold),
        ):
            text, shown = self.address.currentText(), shown_address(options.address)
            place = self.address.findText(text)
            typed = str(self.address.itemData(place) if place >= 0 else text).strip()
            if typed not in (options.address, shown) or (typed != shown and live.running):
                self.address.setEditText(shown)
            self.mode.setCurrentIndex(self.mode.findData(options.mode))
            self.mode.setToolTip(words.mode_hints()[options.mode])
            self.hold.setChecked(options.hold_on_ng)
            self.watch.setChecked(options.address.startswith(WATCH))
        self.address.setEnabled(not live.running)
        self.watch.setEnabled(not live.running)
        self.watch.setVisible(_may_be_folder(options.address))
        inspecting = options.purpose is Purpose.INSPECT
        self.mode.setEnabled(inspecting)
        self.hold.setEnabled(inspecting)
        offered = bool(live.connection and live.connection.settings)
        self.settings_button.setEnabled(offered)
        self.settings_button.setToolTip("" if offered else self.tr("This source offers no settings."))
        self._keep_names(self)

    def _keep_names(self, _widget: QWidget) -> None:
        self.setAccessibleName(self.tr("Source"))


def _may_be_folder(address: str) -> bool:
    """Whether an address may name a folder; without a look at the disk, which may be slow or away."""
    return bool(address) and _NO_FOLDER.match(address) is None
