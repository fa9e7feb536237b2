"""All actions of the window as a table: key, text, shortcuts, icon, menu, and what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from inspector.gui.icons import dress
from inspector.gui.session import Session, Step

CONTEXT = "actions"
MENUS = (
    QT_TRANSLATE_NOOP("actions", "File"),
    QT_TRANSLATE_NOOP("actions", "Train"),
    QT_TRANSLATE_NOOP("actions", "Judge"),
    QT_TRANSLATE_NOOP("actions", "View"),
    QT_TRANSLATE_NOOP("actions", "Help"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One action.

    `needs` names the rule in `RULES` that says why it cannot be done yet; `unsure_text` is the text while there is an
    unsure threshold.
    """

    key: str
    menu: str
    text: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    needs: str = ""
    checkable: bool = False
    unsure_text: str = ""


_T = QT_TRANSLATE_NOOP
TABLE = (
    Row(
        "choose_good", "File", _T("actions", "Choose good photos…"), ("Ctrl+O",), icon="mdi6.folder-image", needs="idle"
    ),
    Row(
        "choose_photos",
        "File",
        _T("actions", "Choose photos to inspect…"),
        ("Ctrl+I",),
        icon="mdi6.folder-search-outline",
    ),
    Row("open_bundle", "File", _T("actions", "Open a bundle…"), ("Ctrl+Shift+O",), icon="mdi6.package-variant"),
    Row("try_demo", "File", _T("actions", "Try it with solar cells"), icon="mdi6.solar-panel", needs="idle"),
    Row(
        "export_report",
        "File",
        _T("actions", "Export report…"),
        ("Ctrl+E",),
        icon="mdi6.file-export-outline",
        needs="results",
    ),
    Row(
        "save_results",
        "File",
        _T("actions", "Save results and heatmaps…"),
        ("Ctrl+Shift+E",),
        icon="mdi6.content-save-outline",
        needs="results",
    ),
    Row("quit", "File", _T("actions", "Quit"), ("Ctrl+Q",)),
    Row(
        "train", "Train", _T("actions", "Train on good samples"), ("Ctrl+T",), icon="mdi6.school-outline", needs="good"
    ),
    Row(
        "choose_target",
        "Train",
        _T("actions", "Save the bundle as…"),
        icon="mdi6.content-save-edit-outline",
        needs="target",
    ),
    Row(
        "leave_out",
        "Train",
        _T("actions", "Leave out unusable photos"),
        icon="mdi6.image-remove-outline",
        needs="unusable",
    ),
    Row("cancel", "Train", _T("actions", "Cancel"), ("Escape",), icon="mdi6.close", needs="work"),
    Row("inspect", "Judge", _T("actions", "Inspect again"), ("F5",), icon="mdi6.refresh", needs="photos"),
    Row("next_part", "Judge", _T("actions", "Next part"), ("N",), icon="mdi6.chevron-down", needs="parts"),
    Row("previous_part", "Judge", _T("actions", "Previous part"), ("P",), icon="mdi6.chevron-up", needs="parts"),
    Row(
        "next_flagged",
        "Judge",
        _T("actions", "Next NG part"),
        ("Shift+N",),
        icon="mdi6.skip-next-outline",
        needs="parts",
        unsure_text=_T("actions", "Next NG or unsure part"),
    ),
    Row(
        "previous_flagged",
        "Judge",
        _T("actions", "Previous NG part"),
        ("Shift+P",),
        icon="mdi6.skip-previous-outline",
        needs="parts",
        unsure_text=_T("actions", "Previous NG or unsure part"),
    ),
    Row(
        "only_flagged",
        "Judge",
        _T("actions", "NG only"),
        ("G",),
        icon="mdi6.filter-outline",
        needs="parts",
        checkable=True,
        unsure_text=_T("actions", "NG and unsure"),
    ),
    Row("find", "Judge", _T("actions", "Find a part by name"), ("Ctrl+F",), icon="mdi6.magnify", needs="parts"),
    Row("raise_threshold", "Judge", _T("actions", "Raise the threshold"), ("]",), needs="bundle"),
    Row("lower_threshold", "Judge", _T("actions", "Lower the threshold"), ("[",), needs="bundle"),
    Row(
        "reset_threshold",
        "Judge",
        _T("actions", "Back to the trained limit"),
        ("Ctrl+R",),
        icon="mdi6.restore",
        needs="moved",
    ),
    Row(
        "keep_limits",
        "Judge",
        _T("actions", "Keep this limit…"),
        ("Ctrl+K",),
        icon="mdi6.content-save-check-outline",
        needs="unkept",
        unsure_text=_T("actions", "Keep these limits…"),
    ),
    Row("ask_person", "Judge", _T("actions", "Ask a person in between"), needs="bundle", checkable=True),
    Row(
        "compare_defects",
        "Judge",
        _T("actions", "Compare with known defects…"),
        icon="mdi6.image-search-outline",
        needs="comparable",
    ),
    Row("forget_defects", "Judge", _T("actions", "Forget the known defects"), needs="defects"),
    Row("show_good", "View", _T("actions", "Good photos"), ("1",), icon="mdi6.image-check-outline"),
    Row("show_train", "View", _T("actions", "Train"), ("2",), icon="mdi6.school-outline"),
    Row("show_judge", "View", _T("actions", "Judge"), ("3",), icon="mdi6.image-search-outline"),
    Row("heatmap", "View", _T("actions", "Heatmap"), ("H",), icon="mdi6.blur", checkable=True),
    Row("outlines", "View", _T("actions", "Outlines"), ("O",), icon="mdi6.vector-polygon", checkable=True),
    Row(
        "filmstrip",
        "View",
        _T("actions", "Results as photos"),
        ("T",),
        icon="mdi6.filmstrip",
        checkable=True,
    ),
    Row("fit", "View", _T("actions", "Fit the photo"), ("F",), icon="mdi6.fit-to-page-outline"),
    Row("zoom_in", "View", _T("actions", "Zoom in"), ("+", "="), icon="mdi6.magnify-plus-outline"),
    Row("zoom_out", "View", _T("actions", "Zoom out"), ("-",), icon="mdi6.magnify-minus-outline"),
    Row("shortcuts", "Help", _T("actions", "Keyboard shortcuts"), ("F1", "?"), icon="mdi6.help-circle-outline"),
    Row("open_log", "Help", _T("actions", "Show the log folder"), icon="mdi6.text-box-outline"),
)

GESTURES = (
    (_T("actions", "Mouse wheel"), _T("actions", "Zoom at the pointer")),
    (_T("actions", "Drag"), _T("actions", "Move the photo")),
    (_T("actions", "Hold Space"), _T("actions", "Hide heatmap and outlines")),
    (_T("actions", "Arrow keys"), _T("actions", "Through the parts, in the photo or the results")),
    (_T("actions", "Drop a folder or bundle"), _T("actions", "Use it: anywhere on the window")),
)
"""What the mouse and held keys do; shown in the sheet of shortcuts beside the table."""

_Rule = Callable[[Session], str]


def _idle(session: Session) -> str:
    return _T("actions", "Wait until training is over, or cancel it.") if session.work.training else ""


def _good(session: Session) -> str:
    if session.good is None:
        return _T("actions", "Choose good photos first (step 1).")
    return _idle(session)


def _bundle(session: Session) -> str:
    return "" if session.bundle else _T("actions", "Train on good samples or open a bundle first.")


def _photos(session: Session) -> str:
    if session.photos is None:
        return _T("actions", "Choose photos to inspect first.")
    return _bundle(session)


def _parts(session: Session) -> str:
    return "" if session.inspections else _T("actions", "Inspect some photos first.")


def _results(session: Session) -> str:
    if session.work.inspecting:
        return _T("actions", "Wait until all photos are inspected, or stop.")
    if session.work.exporting:
        return _T("actions", "Wait until the last export is written.")
    return _parts(session)


def _moved(session: Session) -> str:
    moved = session.bundle is not None and session.threshold != session.own_limit
    return _bundle(session) or ("" if moved else _T("actions", "This is the trained limit."))


def _writable(session: Session) -> str:
    busy = session.work.keeping or session.work.comparing
    return _bundle(session) or (_T("actions", "Wait until the bundle is written.") if busy else "")


def _unkept(session: Session) -> str:
    kept = session.limits == session.kept_limits
    return _writable(session) or (_T("actions", "The bundle keeps this limit already.") if kept else "")


def _comparable(session: Session) -> str:
    busy = session.work.inspecting or session.work.opening
    return _writable(session) or (_T("actions", "Wait until all photos are inspected, or stop.") if busy else "")


def _defects(session: Session) -> str:
    known = session.manifest is not None and session.manifest.defects is not None
    return _writable(session) or ("" if known else _T("actions", "The bundle knows no defects."))


def _work(session: Session) -> str:
    work = session.work
    busy = work.training or work.inspecting or work.exporting or work.comparing
    return "" if busy else _T("actions", "Nothing is running.")


def _unusable(session: Session) -> str:
    return "" if session.unusable else _T("actions", "No photo is in the way.")


RULES: dict[str, _Rule] = {
    "idle": _idle,
    "good": _good,
    "target": _good,
    "bundle": _bundle,
    "photos": _photos,
    "parts": _parts,
    "results": _results,
    "moved": _moved,
    "unkept": _unkept,
    "comparable": _comparable,
    "defects": _defects,
    "work": _work,
    "unusable": _unusable,
}


class Actions(QObject):
    """The table as QActions of a window, enabled as the session allows.

    Parameters
    ----------
    session : Session
        What the rules read.
    slots : QObject
        Has a method for each key.
    window : QWidget
        Where the shortcuts work.
    """

    def __init__(self, session: Session, slots: QObject, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._made = {row.key: self._make(row, slots, window) for row in TABLE}
        for signal in (
            session.good_changed, session.photos_changed, session.bundle_changed, session.work_changed,
            session.results_reset, session.results_added, session.unusable_changed, session.threshold_changed,
            session.step_changed, session.overlay_changed, session.filmstrip_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        self.refresh()

    def __getitem__(self, key: str) -> QAction:
        return self._made[key]

    def in_menu(self, menu: str) -> list[QAction]:
        """Return the actions of a menu in order."""
        return [self._made[row.key] for row in TABLE if row.menu == menu]

    @Slot()
    def refresh(self) -> None:
        """Enable what can be done; let the rest say why not."""
        for row in TABLE:
            reason = RULES[row.needs](self._session) if row.needs else ""
            action = self._made[row.key]
            action.setEnabled(not reason)
            text = translated(self._text_of(row))
            if action.text() != text:
                action.setText(text)
            action.setToolTip(translated(reason) if reason else _tool_tip(text, row))
        self._made["ask_person"].setChecked(self._session.limits.unsure_threshold is not None)
        self._made["heatmap"].setChecked(self._session.overlay.heatmap)
        self._made["outlines"].setChecked(self._session.overlay.outlines)
        self._made["filmstrip"].setChecked(self._session.filmstrip)
        step_keys = {Step.GOOD: "show_good", Step.TRAIN: "show_train", Step.JUDGE: "show_judge"}
        for step, key in step_keys.items():
            self._made[key].setProperty("current", step == self._session.step)

    def _text_of(self, row: Row) -> str:
        unsure = self._session.limits.unsure_threshold is not None
        return row.unsure_text if unsure and row.unsure_text else row.text

    def _make(self, row: Row, slots: QObject, window: QWidget) -> QAction:
        action = QAction(translated(row.text), window)
        action.setObjectName(row.key)
        action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
        action.setCheckable(row.checkable)
        action.triggered.connect(getattr(slots, row.key))
        if row.icon:
            dress(action, row.icon)
        window.addAction(action)
        return action


def translated(text: str) -> str:
    """Return a text of this table in the user's language."""
    return QCoreApplication.translate(CONTEXT, text)


def shortcut_text(row: Row) -> str:
    """Return the keys of an action as the system writes them: "Ctrl+O", "F1, ?"."""
    return ", ".join(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) for keys in row.shortcuts)


def _tool_tip(text: str, row: Row) -> str:
    keys = shortcut_text(row)
    return f"{text}  ({keys})" if keys else text
