"""OpenVINO without its telemetry: whoever needs it imports it from here.

Importing the package reports that to its maker over the network, and writes a number for this user into the home
folder. It does neither where the package `openvino_telemetry`, which it requires, cannot be imported.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # what cannot be imported is None there

# ruff: noqa: E402
import openvino
from openvino import CompiledModel, InferRequest, Node, PartialShape, opset13

__all__ = ["CompiledModel", "InferRequest", "Node", "PartialShape", "openvino", "opset13"]
