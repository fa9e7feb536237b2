"""Presets as a choice: presets without weights are greyed, with the action that provides the weights."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from inspector.core.training.plan import Recipe
from inspector.core.training.presets import preset_of
from inspector.workflows.computer.catalogue import PresetChoice, presets


class PresetBox(QComboBox):
    """Lists the presets; its data is a preset's name, or None for a recipe that is none of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The longest title must not decide how wide the panel is.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(16)
        for choice in presets():
            self.addItem(choice.title, choice.name)
        self.refresh()

    def refresh(self) -> None:
        """Look again which presets have their weights: they may have been imported meanwhile."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        for index, choice in enumerate(presets()):
            item = model.item(index)
            item.setEnabled(choice.ready)
            item.setText(choice.title if choice.ready else self.tr("{title} (no weights)").format(title=choice.title))
            item.setToolTip(self._words(choice))

    def show_recipe(self, recipe: Recipe) -> None:
        """Select the preset that a recipe was made from, or the line for none."""
        name = preset_of(recipe)
        own = self.findText(self.tr("Custom"))
        if name is None and own < 0:
            self.addItem(self.tr("Custom"), None)
            own = self.count() - 1
            self.setItemData(own, self.tr("Set manually, above or on the command line."), Qt.ItemDataRole.ToolTipRole)
        elif name is not None and own >= 0:
            self.removeItem(own)
        self.setCurrentIndex(own if name is None else self.findData(name))

    def text(self) -> str:
        """Return the description of the choice, in one or two lines."""
        return str(self.currentData(Qt.ItemDataRole.ToolTipRole) or "")

    def _words(self, choice: PresetChoice) -> str:
        if choice.ready:
            return choice.summary
        words = self.tr("{summary}\nNo weights on this computer for {names}; {advice}")
        return words.format(summary=choice.summary, names=", ".join(choice.missing), advice=choice.advice)
