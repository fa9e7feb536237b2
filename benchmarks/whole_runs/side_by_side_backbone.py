"""The backbone alone, in each form at hand: what no detector built on it can undercut.

    python benchmarks/whole_runs/side_by_side_backbone.py [--size 256] [--batch 1] [--rounds 60]

Prints milliseconds a photo as JSON. All forms get the same float photo and must give the same maps. They take turns, so
that other load of the computer affects them alike. A runtime that is not installed is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as inspector.engine asks, which torch must not be loaded before
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that the package is found from any folder

import numpy as np
import torch

from inspector.core.training.plan import DEFAULT_BACKBONE
from inspector.engine.features.backbones import Backbone, load_backbone
from inspector.engine.features.fusion import fuse
from inspector.storage.folders import weights_folder

WARM_UP = 5
TOLERANCE = 1e-3
"""How far a form's maps may differ from those of the eager one, relative to their largest value."""

Form = Callable[[torch.Tensor], Sequence[Any]]


class FormDiffers(Exception):
    """A form gives other maps than the eager network, so that its time says nothing."""


def _network() -> torch.nn.Module:
    return load_backbone(DEFAULT_BACKBONE, weights_folder(), torch.device("cpu")).network


def eager() -> Form:
    """Return timm's network in torch's usual layout."""
    network = _network().to(memory_format=torch.contiguous_format)
    return lambda photos: network(photos.contiguous())


def channels_last() -> Form:
    """Return the same with the channels of a pixel side by side in memory."""
    network = _network().to(memory_format=torch.channels_last)
    return lambda photos: network(photos.contiguous(memory_format=torch.channels_last))


def fused() -> Form:
    """Return the form that Inspector runs in torch: convolutions fused with the operations that follow them."""
    backbone: Backbone = load_backbone(DEFAULT_BACKBONE, weights_folder(), torch.device("cpu"))
    fuse(backbone)
    network = backbone.network
    return lambda photos: network(photos.contiguous(memory_format=torch.channels_last))


def traced(photos: torch.Tensor) -> Form:
    """Return it traced and frozen by TorchScript: deprecated, a yardstick only."""
    network = _network()
    example = photos.contiguous(memory_format=torch.channels_last)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frozen = torch.jit.freeze(torch.jit.trace(network, example, check_trace=False))
        frozen = torch.jit.optimize_for_inference(frozen)
        for _ in range(3):
            frozen(example)
    return lambda given: frozen(given.contiguous(memory_format=torch.channels_last))


def openvino(photos: torch.Tensor) -> Form:
    """Return it compiled by OpenVINO for latency, in float32."""
    from inspector.engine.features.openvino_library import openvino as runtime

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it traces, which torch deprecates
        model = runtime.convert_model(_network(), example_input=photos, input=list(photos.shape))
    hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = runtime.Core().compile_model(model, "CPU", hints).create_infer_request()

    def run(given: torch.Tensor) -> list[Any]:
        found = request.infer([given.numpy()], share_inputs=True, share_outputs=True)
        return [found[place] for place in range(len(found))]

    return run


def onnx_runtime(photos: torch.Tensor) -> Form:
    """Return it exported to ONNX and run by ONNX Runtime."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = str(Path(scratch, "backbone.onnx"))
        network = _network().to(memory_format=torch.contiguous_format)
        torch.onnx.export(network, (photos,), file, input_names=["photos"], dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda given: session.run(None, {"photos": given.numpy()})


@torch.inference_mode()
def measure(size: int, batch: int, rounds: int) -> dict[str, float]:
    """Return milliseconds a photo by form, the median over rounds in which the forms take turns.

    Raises
    ------
    FormDiffers
        If a form gives other maps than the eager network.
    """
    photos = torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2.0 - 1.0
    forms: dict[str, Form] = {
        "eager": eager(),
        "channels last": channels_last(),
        "fused, as Inspector runs it in torch": fused(),
    }
    made: dict[str, Callable[[torch.Tensor], Form]] = {
        "traced and frozen": traced,
        "OpenVINO": openvino,
        "ONNX Runtime": onnx_runtime,
    }
    for name, make in made.items():
        try:
            with torch.inference_mode(False), torch.no_grad():
                forms[name] = make(photos.clone())
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    expected = forms["eager"](photos)
    for name, form in forms.items():
        _check(name, form(photos), expected)
    found: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(rounds + WARM_UP):
        for name, form in forms.items():
            started = time.perf_counter()
            form(photos)
            found[name].append((time.perf_counter() - started) * 1000.0 / batch)
    return {name: float(np.median(times[WARM_UP:])) for name, times in found.items()}


def _check(name: str, found: Sequence[Any], expected: Sequence[torch.Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        reference = other.numpy()
        if np.abs(np.asarray(one) - reference).max() > TOLERANCE * np.abs(reference).max():
            raise FormDiffers(f"{name} gives other maps than the eager network")


def main() -> None:
    """Measure in this process and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    print(json.dumps(measure(asked.size, asked.batch, asked.rounds)))


if __name__ == "__main__":
    main()
