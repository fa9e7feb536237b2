"""Query whether a GigE Vision camera is alive.

The library's own query times out after 2.5 s and its heartbeat after 5 s or more; a lost camera must be reported within
2 s. This module therefore reads the control register itself (READREG of the GigE Vision Control Protocol, bootstrap
register 0x0A00). A camera also answers programs that do not control it.
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
    """Return whether a program controls the camera; None if it does not answer within 0.75 s.

    A camera that was restarted answers, but has lost its controlling program and sends no more pictures.

    Parameters
    ----------
    address : str
        The camera's IPv4 address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        try:
            channel.connect((address, _PORT))  # receives packets and refusals of this address only
        except OSError:  # with an unplugged network cable there is no route to the camera
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
        return True  # the camera is alive and shows the register to its controlling program only
    return bool(int.from_bytes(packet[_ANSWER.size : _ANSWER.size + 4], "big") & _CONTROLLED)
