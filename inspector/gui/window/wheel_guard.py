"""The mouse wheel scrolls the page: it changes no field on its way."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QSlider, QWidget


class WheelGuard(QObject):
    """Keeps the wheel from lists, and from numbers and sliders that do not have the keyboard.

    Parameters
    ----------
    window : QWidget
        The window with the fields; those that it has now are guarded.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        fields: list[QWidget] = [
            *window.findChildren(QComboBox), *window.findChildren(QAbstractSpinBox), *window.findChildren(QSlider)
        ]  # fmt: skip
        for field in fields:
            if field.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # otherwise the wheel gives a field the keyboard
            field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the area that scrolls around the field."""
        # A list keeps the keyboard after a choice, so the next turn of the wheel would change it unnoticed.
        if event.type() == QEvent.Type.Wheel and (isinstance(watched, QComboBox) or not watched.hasFocus()):  # type: ignore[attr-defined]
            event.ignore()
            return True
        return super().eventFilter(watched, event)
