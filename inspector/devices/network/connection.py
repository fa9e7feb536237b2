"""A connection to a camera that keeps to one deadline, whatever answers there."""

from __future__ import annotations

import io
import socket
import ssl
from select import select
from typing import Any

from inspector.devices.network.deadline import Deadline

PIECE_BYTES = 1 << 16


class Connection(io.RawIOBase):
    """Reads from a socket until a deadline; read on after it has passed, with a new one, it has lost nothing.

    Parameters
    ----------
    connected : socket
        Closed with this.
    deadline : Deadline
        Of the next reads; may be set anew.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket, self.deadline = connected, deadline
        self.file: io.BufferedReader[Any] = io.BufferedReader(self, PIECE_BYTES)
        self.most: int | None = None
        """How many more bytes may come; None for as many as there are."""

    def makefile(self, _mode: str) -> io.BufferedReader[Any]:
        """Return what `http.client` reads from."""
        return self.file

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Wait for bytes.

        Raises
        ------
        TimeoutError, Cancelled
            As `Deadline.slice_s`.
        OSError
            The connection broke, or more came than may.
        """
        while True:
            if self.most is not None and self.most <= 0:
                raise OSError("the answer has no end")
            self._socket.settimeout(self.deadline.slice_s())
            try:
                count = self._socket.recv_into(buffer)
            except TimeoutError:
                continue
            if self.most is not None:
                self.most -= count
            return count

    def sendall(self, content: bytes) -> None:
        """Send a question; it is short enough not to be waited for.

        Raises
        ------
        TimeoutError, Cancelled, OSError
            As `readinto`.
        """
        self.deadline.slice_s()
        self._socket.settimeout(self.deadline.left_s)
        self._socket.sendall(content)

    def waiting(self) -> bool:
        """Whether bytes are there already."""
        return bool(select([self._socket], [], [], 0.0)[0])

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()
        super().close()


def connect(host: str, port: int, deadline: Deadline, *, secure: bool = False) -> Connection:
    """Connect to a server.

    Parameters
    ----------
    host, port : str, int
        Where it is.
    deadline : Deadline
        For looking up the name, connecting and, if `secure`, agreeing on the encryption.
    secure : bool
        Whether to encrypt, and to check the certificate.

    Raises
    ------
    TimeoutError, Cancelled
        As `Deadline.slice_s`.
    OSError, ValueError
        It is not there, not trusted, or no server can have this name.
    """
    left_s = deadline.left_s
    # Neither the look-up of a name nor a socket's connecting can be interrupted.
    plain = deadline.wait_for(lambda: socket.create_connection((host, port), left_s), socket.socket.close)
    if not secure:
        return Connection(plain, deadline)
    encrypted = None
    try:
        context = ssl.create_default_context()
        encrypted = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        _shake_hands(encrypted, deadline)
        return Connection(encrypted, deadline)
    except BaseException:
        (encrypted or plain).close()
        raise


def _shake_hands(encrypted: ssl.SSLSocket, deadline: Deadline) -> None:
    while True:
        encrypted.settimeout(deadline.slice_s())
        try:
            encrypted.do_handshake()
            return
        except TimeoutError:  # it goes on where it was
            continue
