"""The path of exceptions that leave a worker."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from inspector.core.errors import GoodSetUnusable, InspectorError
from inspector.core.progress import Cancelled
from inspector.gui.state.messages import describe, mistake

if TYPE_CHECKING:
    from inspector.gui.state.state import State

log = logging.getLogger(__name__)


def tell(state: State, error: Exception) -> None:
    """Show an expected error in the problem bar. Pass any other error to the excepthook, too.

    That somebody asked work to stop is no error.
    """
    if isinstance(error, Cancelled):
        return
    if not isinstance(error, InspectorError):
        state.set_problem(mistake(error))
        sys.excepthook(type(error), error, error.__traceback__)
        return
    log.warning("%s: %s", type(error).__name__, error)
    if isinstance(error, GoodSetUnusable):
        state.set_unusable(error.problems)
    state.set_problem(describe(error))
