"""The settings that the source offers: exposure, gain, size, frame rate."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QFrame, QWidget

from inspector.devices.sources.frame_source import SourceSetting
from inspector.gui.state.live import LiveState
from inspector.gui.widgets.labels import FIELD_MARGINS, label

WIDEST = 1e9


class CameraSettings(QFrame):
    """A small panel that opens at the pointer and closes when one clicks elsewhere.

    Attributes
    ----------
    wanted : Signal(str, float)
        Name and value of a setting that the operator changed.
    """

    wanted = Signal(str, float)

    def __init__(self, live: LiveState, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._live = live
        self.setObjectName("card")
        self._form = QFormLayout(self)
        self._form.setContentsMargins(20, 16, 20, 16)
        self._form.setVerticalSpacing(10)
        self.fields: dict[str, QDoubleSpinBox] = {}
        live.connection_changed.connect(self._render)

    @Slot()
    def open_at_pointer(self) -> None:
        """Show the panel."""
        self.adjustSize()
        self.move(QCursor.pos())
        self.show()

    @Slot()
    def _render(self) -> None:
        offered = self._live.connection.settings if self._live.connection is not None else ()
        if [one.name for one in offered] != list(self.fields):
            self._build(offered)
        for setting in offered:
            field = self.fields[setting.name]
            if not field.hasFocus():
                with QSignalBlocker(field):
                    field.setValue(setting.value)

    def _build(self, offered: tuple[SourceSetting, ...]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        for setting in offered:
            field = QDoubleSpinBox()
            field.setKeyboardTracking(False)
            field.setRange(
                -WIDEST if setting.low is None else setting.low, WIDEST if setting.high is None else setting.high
            )
            field.setDecimals(0 if setting.name in ("width", "height") else 2)
            field.setSuffix(f" {setting.unit}" if setting.unit else "")
            field.setMinimumWidth(150)
            field.lineEdit().setTextMargins(*FIELD_MARGINS)
            field.setValue(setting.value)
            field.setObjectName(setting.name)
            field.setAccessibleName(self._name(setting.name))
            field.valueChanged.connect(self._on_value)
            self.fields[setting.name] = field
            self._form.addRow(label(self._name(setting.name)), field)

    def _name(self, name: str) -> str:
        names = {
            "exposure": self.tr("Exposure"),
            "gain": self.tr("Gain"),
            "width": self.tr("Width"),
            "height": self.tr("Height"),
            "frame_rate": self.tr("Frame rate"),
        }
        return names.get(name, name)

    @Slot(float)
    def _on_value(self, value: float) -> None:
        self.wanted.emit(self.sender().objectName(), value)
