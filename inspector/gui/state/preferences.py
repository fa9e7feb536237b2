"""The data that the window remembers between days, in memory; written once, at the end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from inspector.core.address_secrets import has_secrets, shown_address
from inspector.core.errors import InspectorError
from inspector.core.letterhead import Letterhead
from inspector.core.training.plan import Recipe
from inspector.gui.state.live import LiveOptions
from inspector.gui.state.state import State
from inspector.storage.bundles.bundle import BUNDLE_SUFFIX
from inspector.storage.settings import Settings, change_settings, load_settings
from inspector.workflows.live.moments import LiveMode

log = logging.getLogger(__name__)
Place = Literal["good", "inspect", "bundle", "export"]
MOST_RECENT = 5
"""Models that are remembered."""


@dataclass(frozen=True, slots=True)
class LastWork:
    """A model, the folder of its good photos, and the folder of photos that it judged last."""

    model: Path
    good: Path | None
    photos: Path | None


class Preferences:
    """The user's settings while the window is open."""

    def __init__(self) -> None:
        self._settings = self._written = load_settings()

    @property
    def theme(self) -> str:
        """Colours of the window: "system", "light" or "dark"."""
        return self._settings.theme

    def place(self, which: Place) -> Path:
        """Return where the user last was, if it is still there, else the home folder.

        Models are looked for where one was used before, and then beside the good photos used before.
        """
        named = [getattr(self._settings, f"{which}_folder")]
        if which == "bundle":
            named += [str(Path(model).parent) for model in self._settings.recent_models]
            named += [str(Path(self._settings.good_folder).parent)] if self._settings.good_folder else []
        places = [Path(folder) for folder in named if folder and Path(folder).is_dir()]
        if which == "bundle":
            places.sort(key=_without_model)  # the order stays otherwise
        return places[0] if places else Path.home()

    def recent_models(self) -> list[Path]:
        """Return the recent models whose files exist, the latest first."""
        return [Path(model) for model in self._settings.recent_models if Path(model).is_file()]

    @property
    def last_work(self) -> LastWork | None:
        """The model that was open when the window was closed; None if its file is missing."""
        settings = self._settings
        if not settings.recent_models or not Path(settings.recent_models[0]).is_file():
            return None
        good, photos = (Path(name) if name else None for name in (settings.last_good, settings.last_photos))
        return LastWork(
            Path(settings.recent_models[0]),
            good if good is not None and good.is_dir() else None,
            photos if photos is not None and photos.is_dir() else None,
        )

    def remember_work(self, state: State) -> None:
        """Remember the open model with its good photos and the photos that it judged; nothing while none is open."""
        bundle, good, photos = state.bundle, state.good, state.photos
        if bundle is None:
            return
        model = str(bundle.stored.path.absolute())
        others = [one for one in self._settings.recent_models if one != model]
        folder = self._settings.inspect_folder
        whole = photos is not None and state.product.photos_fit and str(photos.folder) == folder  # not a few files
        self._update(
            bundle_folder=str(Path(model).parent),
            recent_models=(model, *others)[:MOST_RECENT],
            last_good=str(good.folder.absolute()) if good is not None and state.product.trained_here else "",
            last_photos=str(photos.folder.absolute()) if photos is not None and whole else "",
        )

    def recent(self) -> list[Path]:
        """Return the folder of good photos used before, if it is still there."""
        named = self._settings.good_folder
        return [Path(named)] if named and Path(named).is_dir() else []

    def remember(self, which: Place, folder: Path) -> None:
        """Remember where the user was."""
        self._update(**{f"{which}_folder": str(folder)})

    def remember_theme(self, choice: str) -> None:
        """Remember the colours."""
        self._update(theme=choice)

    def remember_source(self, options: LiveOptions) -> None:
        """Remember the source and its options; passwords in the address are not written to the disk."""
        self._update(
            source_address=shown_address(options.address),
            source_asks=options.secret_is_missing or has_secrets(options.address),
            live_mode=options.mode.value,
            hold_on_ng=options.hold_on_ng,
        )

    def remember_classes(self, classes: Sequence[str]) -> None:
        """Remember the list of defect classes."""
        self._update(defect_classes=tuple(classes))

    @property
    def only_signed(self) -> bool:
        """Whether models are opened only if a trusted key signed them."""
        return self._settings.only_signed

    def set_only_signed(self, wanted: bool) -> None:
        """Open signed models only, or any; written at once, since every opening reads it from the disk.

        Raises
        ------
        ResultsError
            It cannot be written, so it does not hold.
        """
        self._written = change_settings(only_signed=wanted)
        self._update(only_signed=wanted)

    @property
    def letterhead(self) -> Letterhead:
        """Who reports come from."""
        return self._settings.letterhead

    def remember_letterhead(self, letterhead: Letterhead) -> None:
        """Remember who reports come from."""
        self._update(letterhead=letterhead)

    def restore(self, state: State, window: QWidget) -> None:
        """Bring state and window to where they were."""
        settings = self._settings
        try:
            state.set_recipe(Recipe(method=settings.method, size=settings.size))
        except ValidationError:
            log.warning("the remembered recipe is not valid any more")
        state.set_device(settings.device)
        state.set_overlay(heatmap=settings.heatmap_on, opacity=settings.overlay_opacity)
        state.set_filmstrip(settings.filmstrip)
        state.live.set_options(
            LiveOptions(
                address=settings.source_address,
                secret_is_missing=settings.source_asks,
                mode=LiveMode(settings.live_mode),
                hold_on_ng=settings.hold_on_ng,
            )
        )
        if settings.defect_classes is not None:
            state.review.set_classes(settings.defect_classes)
        if settings.window_geometry:
            window.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode()))
            bring_on_screen(window)

    def save(self, state: State, window: QWidget) -> None:
        """Write everything; a full disk must not keep the window from closing."""
        self.remember_work(state)
        self._update(
            method=state.recipe.method,
            size=state.recipe.size,
            device=state.device,
            heatmap_on=state.overlay.heatmap,
            overlay_opacity=state.overlay.opacity,
            filmstrip=state.filmstrip,
            window_geometry=bytes(window.saveGeometry().toBase64().data()).decode(),
        )
        before = self._written.model_dump()
        changed = {name: value for name, value in self._settings.model_dump().items() if value != before[name]}
        try:
            # Only changes of this window: another window may have written other settings in the meantime.
            self._written = change_settings(**changed)
        except InspectorError as error:
            log.warning("%s", error)

    def _update(self, **changes: object) -> None:
        self._settings = Settings.model_validate(self._settings.model_dump() | changes)


def _without_model(folder: Path) -> bool:
    try:
        return not any(folder.glob(f"*{BUNDLE_SUFFIX}"))
    except OSError:
        return True


def bring_on_screen(window: QWidget) -> None:
    """Move and shrink a window into its screen: the geometry may be that of another screen or another scaling."""
    if window.isMaximized() or window.isFullScreen():
        return
    room, place = window.screen().availableGeometry(), window.geometry()
    place.setSize(place.size().boundedTo(room.size()).expandedTo(window.minimumSizeHint()))
    place.moveLeft(max(min(place.left(), room.right() - place.width() + 1), room.left()))
    place.moveTop(max(min(place.top(), room.bottom() - place.height() + 1), room.top()))
    if place != window.geometry():
        window.setGeometry(place)
