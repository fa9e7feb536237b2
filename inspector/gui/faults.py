"""What happens to exceptions that come out of a worker."""

from __future__ import annotations

import logging
import sys

from inspector.core.errors import GoodSetUnusable, InspectorError
from inspector.gui.messages import describe
from inspector.gui.session import Session

log = logging.getLogger(__name__)


def tell(session: Session, error: Exception) -> None:
    """Show an error of the taxonomy in the bar; anything else is a bug and goes to the excepthook."""
    if not isinstance(error, InspectorError):
        sys.excepthook(type(error), error, error.__traceback__)
        return
    log.warning("%s: %s", type(error).__name__, error)
    if isinstance(error, GoodSetUnusable):
        session.set_unusable(error.problems)
    session.set_problem(describe(error))
