"""The settings of training: method, size, device; preset, seed and others under Details."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core.training.plan import Recipe
from inspector.core.training.presets import preset_named
from inspector.gui.actions.qactions import Actions
from inspector.gui.state.state import DEVICES, State
from inspector.gui.training.preset_box import PresetBox
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import FIELD_MARGINS, ElidedLabel, label, row
from inspector.workflows.computer.catalogue import methods

SIZES = (192, 256, 320, 384, 512)


class TrainForm(QWidget):
    """Edits the state's recipe, and follows it."""

    def __init__(self, state: State, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.method = QComboBox()
        self.method_text = label(kind="small", wrap=True)
        self.size = QComboBox()
        self.device = QComboBox()
        self.target = ElidedLabel("muted")
        self.details_button = QToolButton()
        self.details = QWidget()
        self.seed = QSpinBox()
        self.rate = QDoubleSpinBox()
        self.preset = PresetBox()
        self.preset_text = label(kind="small", wrap=True)
        self.backbone = ElidedLabel("muted")
        self._fill()
        self._lay_out(actions)
        self._connect()
        self._render()
        self._render_target()

    def _fill(self) -> None:
        for name, title, text in methods():
            self.method.addItem(title, name)
            self.method.setItemData(self.method.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
        words = {192: self.tr("fast"), 256: self.tr("standard"), 384: self.tr("small defects"), 512: self.tr("slow")}
        for size in SIZES:
            text = self.tr("{size} pixels").format(size=size)
            self.size.addItem(f"{text}, {words[size]}" if size in words else text, size)
        names = (self.tr("Automatic"), self.tr("Processor"), self.tr("Graphics card (CUDA)"))
        for name, device in zip(names, DEVICES, strict=True):
            self.device.addItem(name, device)
        for spin in (self.seed, self.rate):
            spin.lineEdit().setTextMargins(*FIELD_MARGINS)
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setToolTip(
            self.tr("On the same computer, the same seed and photos give the same model, bit for bit.")
        )
        self.rate.setRange(0.1, 50.0)
        self.rate.setDecimals(1)
        self.rate.setSuffix(self.tr(" in 100"))
        self.rate.setToolTip(self.tr("Share of good parts that the trained limit may judge NG."))

    def _lay_out(self, actions: Actions) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        _field(layout, self.tr("Method"), self.method)
        layout.addWidget(self.method_text)
        self.method_text.setMinimumHeight(34)
        self.method_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addSpacing(8)
        _field(layout, self.tr("Detail"), self.size)
        layout.addSpacing(8)
        _field(layout, self.tr("Compute on"), self.device)
        layout.addSpacing(8)
        layout.addWidget(label(self.tr("Save the model as"), "caption"))
        change = ActionButton(actions["choose_target"], "link", self.tr("Change…"))
        place = row(self.target, change)
        place.setStretch(0, 1)
        layout.addLayout(place)
        layout.addWidget(self.details_button, 0, Qt.AlignmentFlag.AlignLeft)
        inner = QVBoxLayout(self.details)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.setSpacing(4)
        _field(inner, self.tr("Preset"), self.preset)
        inner.addWidget(self.preset_text)
        self.preset_text.setMinimumHeight(34)
        self.preset_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        for text, widget in (
            (self.tr("Backbone"), self.backbone),
            (self.tr("Seed"), self.seed),
            (self.tr("Accepted false alarms"), self.rate),
        ):
            inner.addSpacing(8)
            _field(inner, text, widget)
        layout.addWidget(self.details)
        self.details.hide()
        self.details_button.setText(self.tr("Details"))
        self.details_button.setCheckable(True)
        self.details_button.setProperty("role", "fold")
        self.details_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        dress(self.details_button, "mdi6.chevron-right")

    def _connect(self) -> None:
        self.details_button.toggled.connect(self._toggle_details)
        for box in (self.method, self.size, self.device):
            box.activated.connect(self._apply)
        self.preset.activated.connect(self._apply_preset)
        self.seed.valueChanged.connect(self._apply)
        self.rate.valueChanged.connect(self._apply)
        self._state.recipe_changed.connect(self._render)
        self._state.target_changed.connect(self._render_target)
        self._state.work_changed.connect(self._render)

    @Slot(bool)
    def _toggle_details(self, shown: bool) -> None:
        if shown:
            self.preset.refresh()
        self.details.setVisible(shown)
        dress(self.details_button, "mdi6.chevron-down" if shown else "mdi6.chevron-right")

    @Slot()
    def _apply(self) -> None:
        changes = {
            "method": self.method.currentData(),
            "size": self.size.currentData(),
            "seed": self.seed.value(),
            "false_alarm_rate": self.rate.value() / 100.0,
        }
        fields = self._state.recipe.model_dump() | changes
        if self._state.recipe.method != fields["method"]:
            fields["settings"] = {}  # they are the other method's constants
        self._state.set_recipe(Recipe.model_validate(fields))
        self._state.set_device(self.device.currentData())

    @Slot()
    def _apply_preset(self) -> None:
        name = self.preset.currentData()
        if name is not None:
            fields = self._state.recipe.model_dump() | preset_named(name).recipe_fields()
            self._state.set_recipe(Recipe.model_validate(fields))
        self._render()

    @Slot()
    def _render(self) -> None:
        recipe = self._state.recipe
        fields = (self.method, self.size, self.device, self.preset, self.seed, self.rate)
        blocked = [field.blockSignals(True) for field in fields]
        _select(self.method, recipe.method, recipe.method)
        _select(self.size, recipe.size, self.tr("{size} pixels").format(size=recipe.size))
        _select(self.device, self._state.device, self._state.device)
        self.seed.setValue(recipe.seed)
        self.rate.setValue(recipe.false_alarm_rate * 100.0)
        for field, was in zip(fields, blocked, strict=True):
            field.blockSignals(was)
            field.setEnabled(not self._state.work.training)
        self.method_text.setText(self.method.currentData(Qt.ItemDataRole.ToolTipRole) or "")
        self.preset.show_recipe(recipe)
        self.preset_text.setText(self.preset.text())
        self.backbone.setText(recipe.backbone.replace("+", ", "))

    @Slot()
    def _render_target(self) -> None:
        target = self._state.target
        self.target.setText(self.tr("beside the good photos") if target is None else str(target))


def _field(layout: QVBoxLayout, text: str, widget: QWidget) -> None:
    layout.addWidget(_form_label(text, widget, "caption"))
    layout.addWidget(widget)


def _form_label(text: str, widget: QWidget, kind: str = "muted") -> QLabel:
    made = label(text, kind)
    made.setBuddy(widget)
    widget.setAccessibleName(text)
    return made


def _select(box: QComboBox, value: object, text: str) -> None:
    index = box.findData(value)
    if index < 0:
        box.addItem(text, value)
        index = box.count() - 1
    box.setCurrentIndex(index)
