"""All actions of the window as a table: key, text, shortcuts, icon, menu, and precondition."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP

from inspector.gui.state.window import Step

CONTEXT = "actions"
MENUS = (
    QT_TRANSLATE_NOOP("actions", "File"),
    QT_TRANSLATE_NOOP("actions", "Train"),
    QT_TRANSLATE_NOOP("actions", "Judge"),
    QT_TRANSLATE_NOOP("actions", "Live"),
    QT_TRANSLATE_NOOP("actions", "Review"),
    QT_TRANSLATE_NOOP("actions", "View"),
    QT_TRANSLATE_NOOP("actions", "Help"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One action.

    `needs` names the rule in `RULES` that states why the action is not available. `unsure_text` is the text while a
    review band is set. `on_text` is the text while a source is in use. `goods_text` is the text while good photos are
    taken. Two actions may share a key where one is `only_on` a page and the other `not_on` it: Qt hears the enabled
    one.
    """

    key: str
    menu: str
    text: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    needs: str = ""
    checkable: bool = False
    unsure_text: str = ""
    on_text: str = ""
    goods_text: str = ""
    only_on: Step | None = None
    not_on: Step | None = None


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
    Row("open_bundle", "File", _T("actions", "Open a model…"), ("Ctrl+Shift+O",), icon="mdi6.package-variant"),
    Row(
        "only_signed",
        "File",
        _T("actions", "Open signed models only"),
        icon="mdi6.shield-check-outline",
        checkable=True,
    ),
    Row("try_demo", "File", _T("actions", "Try it with solar cells"), icon="mdi6.solar-panel", needs="idle"),
    Row(
        "export_report",
        "File",
        _T("actions", "Export report…"),
        ("Ctrl+E",),
        icon="mdi6.file-export-outline",
        needs="report",
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
        _T("actions", "Save the model as…"),
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
    Row(
        "keep_results",
        "Judge",
        _T("actions", "Record the results in the history"),
        ("Ctrl+H",),
        icon="mdi6.archive-arrow-down-outline",
        needs="results",
    ),
    Row("inspect", "Judge", _T("actions", "Inspect again"), ("F5",), icon="mdi6.refresh", needs="photos"),
    Row("next_part", "Judge", _T("actions", "Next part"), ("N",), "mdi6.chevron-down", "parts", not_on=Step.REVIEW),
    Row(
        "previous_part", "Judge", _T("actions", "Previous part"), ("P",), "mdi6.chevron-up", "parts", not_on=Step.REVIEW
    ),
    Row(
        "next_flagged",
        "Judge",
        _T("actions", "Next part that is not OK"),
        ("Shift+N",),
        icon="mdi6.skip-next-outline",
        needs="parts",
    ),
    Row(
        "previous_flagged",
        "Judge",
        _T("actions", "Previous part that is not OK"),
        ("Shift+P",),
        icon="mdi6.skip-previous-outline",
        needs="parts",
    ),
    Row(
        "only_flagged",
        "Judge",
        _T("actions", "Not OK only"),
        ("G",),
        icon="mdi6.filter-outline",
        needs="parts",
        checkable=True,
    ),
    Row(
        "find", "Judge", _T("actions", "Find a part by name"), ("Ctrl+F",), "mdi6.magnify", "parts", not_on=Step.REVIEW
    ),
    Row("raise_threshold", "Judge", _T("actions", "Raise the limit"), ("]",), needs="bundle"),
    Row("lower_threshold", "Judge", _T("actions", "Lower the limit"), ("[",), needs="bundle"),
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
        _T("actions", "Save this limit…"),
        ("Ctrl+K",),
        icon="mdi6.content-save-check-outline",
        needs="unkept",
        unsure_text=_T("actions", "Save these limits…"),
    ),
    Row("ask_person", "Judge", _T("actions", "Review band below the limit"), needs="bundle", checkable=True),
    Row(
        "compare_defects",
        "Judge",
        _T("actions", "Compare with known defects…"),
        icon="mdi6.image-search-outline",
        needs="comparable",
    ),
    Row("forget_defects", "Judge", _T("actions", "Remove the known defects"), needs="defects"),
    Row("camera_on", "Live", _T("actions", "Start"), ("Ctrl+L",), needs="source", on_text=_T("actions", "Stop")),
    Row("find_cameras", "Live", _T("actions", "Find cameras"), icon="mdi6.camera-outline"),
    Row("choose_source_folder", "Live", _T("actions", "Use a folder as source…"), icon="mdi6.folder-outline"),
    Row("choose_source_file", "Live", _T("actions", "Use a video as source…"), icon="mdi6.filmstrip"),
    Row(
        "take_part",
        "Live",
        _T("actions", "Judge this part"),
        ("J",),
        needs="shutter",
        goods_text=_T("actions", "Take this photo"),
    ),
    Row("acknowledge", "Live", _T("actions", "Acknowledge"), ("A",), "mdi6.check", "held", not_on=Step.REVIEW),
    Row(
        "remember_empty",
        "Live",
        _T("actions", "Learn the empty station"),
        icon="mdi6.square-off-outline",
        needs="arrivals",
    ),
    Row("freeze", "Live", _T("actions", "Freeze the picture"), ("Z",), "mdi6.snowflake", "picture", checkable=True),
    Row(
        "snapshot", "Live", _T("actions", "Save this picture"), ("S",), icon="mdi6.camera-plus-outline", needs="picture"
    ),
    Row("full_screen", "Live", _T("actions", "Full screen"), ("F11",), icon="mdi6.fullscreen"),
    Row("new_shift", "Live", _T("actions", "New shift"), icon="mdi6.restart"),
    Row("take_goods", "Live", _T("actions", "Take good photos with a camera"), icon="mdi6.camera-plus-outline"),
    Row(
        "take_back",
        "Live",
        _T("actions", "Remove the last photo"),
        ("Ctrl+Z",),
        needs="goods_taken",
        not_on=Step.REVIEW,
    ),
    Row("use_goods", "Live", _T("actions", "Train on these photos"), needs="goods_taken"),
    Row(
        "confirm_defect",
        "Review",
        _T("actions", "Confirm the defect"),
        ("D",),
        "mdi6.check-bold",
        "seen",
        only_on=Step.REVIEW,
    ),
    Row(
        "false_alarm",
        "Review",
        _T("actions", "False alarm"),
        ("A",),
        "mdi6.bell-off-outline",
        "seen",
        only_on=Step.REVIEW,
    ),
    Row(
        "leave_unsure",
        "Review",
        _T("actions", "Undecided"),
        ("U",),
        "mdi6.account-question-outline",
        "seen",
        only_on=Step.REVIEW,
    ),
    Row(
        "undo_review",
        "Review",
        _T("actions", "Withdraw the last decision"),
        ("Ctrl+Z",),
        "mdi6.undo",
        "decided",
        only_on=Step.REVIEW,
    ),
    Row("next_review", "Review", _T("actions", "Next part"), ("N",), "mdi6.chevron-down", only_on=Step.REVIEW),
    Row("previous_review", "Review", _T("actions", "Previous part"), ("P",), "mdi6.chevron-up", only_on=Step.REVIEW),
    Row(
        "list_to_review",
        "Review",
        _T("actions", "List flagged parts to review"),
        ("Ctrl+1",),
        "mdi6.flag-outline",
        only_on=Step.REVIEW,
    ),
    Row(
        "list_near_limit",
        "Review",
        _T("actions", "List OK parts near the limit"),
        ("Ctrl+2",),
        "mdi6.arrow-collapse-right",
        only_on=Step.REVIEW,
    ),
    Row(
        "list_missed",
        "Review",
        _T("actions", "List missed defects"),
        ("Ctrl+3",),
        "mdi6.eye-off-outline",
        only_on=Step.REVIEW,
    ),
    Row("choose_class", "Review", _T("actions", "Choose the defect class"), ("C",), only_on=Step.REVIEW),
    Row("write_note", "Review", _T("actions", "Write a note"), ("M",), only_on=Step.REVIEW),
    Row("edit_classes", "Review", _T("actions", "Edit the defect classes…"), icon="mdi6.playlist-edit"),
    Row(
        "find_in_history",
        "Review",
        _T("actions", "Find a part by name"),
        ("Ctrl+F",),
        "mdi6.magnify",
        only_on=Step.REVIEW,
    ),
    Row("refresh_review", "Review", _T("actions", "Show new parts"), icon="mdi6.refresh", only_on=Step.REVIEW),
    Row("start_history", "Review", _T("actions", "Start a new history…"), icon="mdi6.database-plus-outline"),
    Row("show_good", "View", _T("actions", "Good photos"), ("1",), icon="mdi6.image-check-outline"),
    Row("show_train", "View", _T("actions", "Train"), ("2",), icon="mdi6.school-outline"),
    Row("show_judge", "View", _T("actions", "Judge"), ("3",), icon="mdi6.image-search-outline"),
    Row("show_live", "View", _T("actions", "Live"), ("4",), icon="mdi6.video-outline"),
    Row("show_review", "View", _T("actions", "Review"), ("5",), icon="mdi6.account-check-outline"),
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
    Row("about", "Help", _T("actions", "About Inspector"), icon="mdi6.information-outline"),
    Row("open_log", "Help", _T("actions", "Show the log folder"), icon="mdi6.text-box-outline"),
)

GESTURES = (
    (_T("actions", "Mouse wheel"), _T("actions", "Zoom at the pointer")),
    (_T("actions", "Drag"), _T("actions", "Move the photo")),
    (_T("actions", "Hold Space"), _T("actions", "Hide heatmap and outlines")),
    (_T("actions", "Arrow keys"), _T("actions", "Previous and next part")),
    (_T("actions", "Drop a folder or a model"), _T("actions", "Open it, anywhere on the window")),
)
"""Functions of the mouse and of held keys. The sheet of shortcuts shows them beside the table."""
