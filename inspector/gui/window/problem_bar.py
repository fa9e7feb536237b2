"""The bar over the page that tells of a problem: title, sentence, advice, one action."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.state.state import State
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import column, label


class ProblemBar(QFrame):
    """Shows the state's problem until it is solved or put away."""

    def __init__(self, state: State, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._actions = actions
        self.setObjectName("problem")
        self.setAccessibleName(self.tr("Problem"))
        self.title = label(kind="strong")
        self.sentence = label(wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.advice = label(kind="muted", wrap=True)
        self.action = QPushButton()
        self.action.clicked.connect(self._act)
        self.dismiss = QToolButton()
        self.dismiss.setProperty("role", "flat")
        self.dismiss.setToolTip(self.tr("Dismiss"))
        self.dismiss.setAccessibleName(self.tr("Dismiss the message"))
        dress(self.dismiss, "mdi6.close")
        self.dismiss.clicked.connect(self._put_away)
        sign = label()
        dress(sign, "mdi6.alert-circle", "ng", 24)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 12, 12, 12)
        layout.setSpacing(14)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column(self.title, self.sentence, self.advice, spacing=2), 1)
        layout.addWidget(self.action)
        layout.addWidget(self.dismiss)
        state.problem_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        problem = self._state.problem
        self.setVisible(problem is not None)
        if problem is None:
            return
        self.title.setText(problem.title)
        self.sentence.setText(problem.sentence)
        self.advice.setText(problem.advice)
        self.advice.setVisible(bool(problem.advice))
        self.action.setVisible(problem.action is not None)
        if problem.action is not None:
            self.action.setText(self._actions[problem.action].text())

    @Slot()
    def _act(self) -> None:
        problem = self._state.problem
        self._state.set_problem(None)
        if problem is not None and problem.action is not None:
            self._actions[problem.action].trigger()

    @Slot()
    def _put_away(self) -> None:
        self._state.set_problem(None)
