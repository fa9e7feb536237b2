"""A frozen backbone computed by OpenVINO, if its maps equal torch's; for a CPU, if OpenVINO is installed."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone, same_maps
from inspector.engine.features.openvino_graph import openvino_graph
from inspector.engine.features.openvino_library import CompiledModel, InferRequest, openvino
from inspector.engine.threads import cores

PRECISE = {"INFERENCE_PRECISION_HINT": "f32"}
"""Else OpenVINO computes in bfloat16 on processors that know it, and scores would depend on the processor."""

Key = tuple[int, int, int]
"""Height and width of the photo, and threads for it."""

CORE = openvino.Core()
"""The only core of the process, which must live until the process ends.

A core gives the thread in which it loads its plug-in a stack for signals. If the core ends in another thread, that
stack is gone. The next signal (Ctrl-C, SIGTERM, or the dump of a fault) then kills the process.
"""

_LOG = logging.getLogger(__name__)


def load_plugin() -> None:
    """Load what computes on a CPU ahead of its first use, which would take a tenth of a second longer."""
    CORE.get_property("CPU", "FULL_DEVICE_NAME")


class OpenVinoRuntime:
    """Computes a backbone's maps, photo by photo, so that a photo's maps never depend on other photos.

    It is compiled for each size of photo, and compared with torch, at the first photo of that size. A photo gets as
    many threads as torch would give it (`inspector.engine.threads`); of several at once, each gets one. Any number of
    threads may call.

    Parameters
    ----------
    backbone : Backbone
        Fused, on the CPU.

    Raises
    ------
    CannotTell
        If the network has a layer that `inspector.engine.features.openvino_graph` does not know.
    """

    form = f"by OpenVINO {openvino.__version__.partition('-')[0]}"

    def __init__(self, backbone: Backbone) -> None:
        self._name = backbone.name
        self._graph = openvino_graph(backbone)
        self._compiled: dict[Key, CompiledModel] = {}
        self._agrees: dict[tuple[int, int], bool] = {}
        self._lock = threading.RLock()
        self._idle: dict[Key, list[InferRequest]] = defaultdict(list)

    @property
    def refused(self) -> bool:
        """Whether its maps were not torch's at some size, so that torch computes them there."""
        return not all(self._agrees.values())

    def maps(self, images_rgb: Tensor, plain: Callable[[Tensor], list[Tensor]]) -> list[Tensor]:
        """Return a backbone's maps.

        Parameters
        ----------
        images_rgb : Tensor of uint8, shape (N, 3, H, W)
        plain : callable
            Computes them by torch: the reference of the probe, and the fallback if the maps differ.

        Returns
        -------
        list of Tensor, float32
            As `Backbone.forward`.
        """
        height, width = images_rgb.shape[-2:]
        if not self._agrees_at(height, width, plain):
            return plain(images_rgb)
        return self._computed(images_rgb)

    def _agrees_at(self, height: int, width: int, plain: Callable[[Tensor], list[Tensor]]) -> bool:
        with self._lock:
            if (height, width) not in self._agrees:
                generator = torch.Generator().manual_seed(0)
                probe = torch.randint(0, 256, (1, 3, height, width), dtype=torch.uint8, generator=generator)
                agrees = same_maps(self._computed(probe), plain(probe))
                if not agrees:
                    _LOG.warning("%s is computed by torch: OpenVINO would give other maps here", self._name)
                self._agrees[height, width] = agrees
            return self._agrees[height, width]

    def _computed(self, images_rgb: Tensor) -> list[Tensor]:
        photos = images_rgb.permute(0, 2, 3, 1).contiguous().numpy()
        height, width = photos.shape[1:3]
        # Photos beside each other, with a thread each, take less time than threads beside each other on one photo.
        threads, at_once = torch.get_num_threads(), 1
        if len(photos) > 1:
            threads, at_once = 1, threads
        with self._requests((height, width, threads), min(at_once, len(photos))) as requests:
            maps = [np.empty((len(photos), *one.shape[1:]), np.float32) for one in requests[0].output_tensors]
            for start in range(0, len(photos), len(requests)):
                some = list(zip(requests, photos[start : start + len(requests)], strict=False))
                _infer(some)
                for place, (request, _) in enumerate(some, start):
                    for whole, one in zip(maps, request.output_tensors, strict=True):
                        whole[place] = one.data[0]  # copied, since the request's next photo overwrites it
        return [torch.from_numpy(one).permute(0, 3, 1, 2) for one in maps]

    @contextmanager
    def _requests(self, key: Key, count: int) -> Iterator[list[InferRequest]]:
        """Lend requests, which hold the maps of one photo each, to one thread at a time.

        They are not kept by thread: Python drops the thread-local data of Qt's threads after each call. A request that
        ends with it would end the process.
        """
        idle = self._idle[key]
        lent = []
        for _ in range(count):
            try:
                lent.append(idle.pop())
            except IndexError:
                lent.append(self._compiled_for(key).create_infer_request())
        try:
            yield lent
        finally:
            idle += lent

    def _compiled_for(self, key: Key) -> CompiledModel:
        height, width, threads = key
        with self._lock:
            if key not in self._compiled:
                graph = self._graph.clone()
                graph.reshape([1, height, width, 3])
                streams = max(cores() // threads, 1)
                shares = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": threads * streams}
                self._compiled[key] = CORE.compile_model(graph, "CPU", PRECISE | shares)
            return self._compiled[key]


def _infer(some: Sequence[tuple[InferRequest, ImageRGB]]) -> None:
    """Compute photos, each by its request, side by side."""
    if len(some) == 1:
        # In this thread, whose core has the photo in its cache, and will have what comes of it.
        ((request, photo),) = some
        request.infer([photo[None]], share_inputs=True, share_outputs=True)
        return
    for request, photo in some:
        request.start_async([photo[None]], share_inputs=True)
    for request, _ in some:
        request.wait()
