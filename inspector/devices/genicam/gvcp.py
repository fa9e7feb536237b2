"""A sign of life of a GigE Vision camera.

The library's own question takes 2.5 s to give up and its heartbeat 5 s or more, and a lost camera is to be told within
2 s. So this asks by itself: it reads the register of who controls the camera (READREG of the GigE Vision Control
Protocol, bootstrap register 0x0A00). A camera answers programs that do not control it too.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time

_PORT = 3956
_READ_REGISTER, _REGISTER_READ = 0x0080, 0x0081
_CONTROL_PRIVILEGE = 0x0A00
_CONTROLLED = 0b11
_COMMAND = struct.Struct(">BBHHHI")
_ANSWER = struct.Struct(">HHHH")
_TRIES = 3
_WAIT_S = 0.25


def controlled(address: str) -> bool | None:
    """Return whether a camera is controlled by somebody, or None if nothing answers, which takes 0.75 s to know.

    A camera that was switched off and on again answers, but has forgotten who controls it, and sends nothing more.

    Parameters
    ----------
    address : str
        The camera's IPv4 address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        try:
            channel.connect((address, _PORT))  # only what this address sends is heard, its refusal too
        except OSError:  # a network whose cable is out has no way to the camera
            return None
        for number in range(1, _TRIES + 1):
            answer = _ask(channel, number)
            if answer is not None:
                return answer
    return None


def _ask(channel: socket.socket, number: int) -> bool | None:
    until = time.monotonic() + _WAIT_S
    with contextlib.suppress(OSError):
        channel.send(_COMMAND.pack(0x42, 0x01, _READ_REGISTER, 4, number, _CONTROL_PRIVILEGE))
        while (left := until - time.monotonic()) > 0:
            channel.settimeout(left)
            answer = _read(channel.recv(64), number)
            if answer is not None:
                return answer
    return None


def _read(packet: bytes, number: int) -> bool | None:
    if len(packet) < _ANSWER.size:
        return None
    status, command, length, answered = _ANSWER.unpack_from(packet)
    if answered != number or command != _REGISTER_READ:
        return None
    if status != 0 or length < 4 or len(packet) < _ANSWER.size + 4:
        return True  # It lives, and keeps its register to the one who controls it.
    return bool(int.from_bytes(packet[_ANSWER.size : _ANSWER.size + 4], "big") & _CONTROLLED)
