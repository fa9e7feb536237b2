"""pyqtgraph, imported without its parts for videos on a GPU.

Where torch installed NVIDIA's bindings for Python, pyqtgraph would load them and the driver. That takes much of the
window's start, for a widget that is not used here.
"""

from __future__ import annotations

import sys

_BINDINGS = "cuda.bindings"

_hidden = _BINDINGS not in sys.modules
if _hidden:
    sys.modules[_BINDINGS] = None  # type: ignore[assignment]  # whoever imports it now is told that it is missing
try:
    import pyqtgraph as pg
finally:
    if _hidden:
        del sys.modules[_BINDINGS]

__all__ = ["pg"]
