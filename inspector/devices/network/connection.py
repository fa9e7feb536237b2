"""A connection to a camera that keeps a single deadline, whatever the camera sends."""

from __future__ import annotations

import io
import socket
import ssl
from select import select
from typing import Any

from inspector.devices.network.deadline import Deadline

PIECE_BYTES = 1 << 16


class Connection(io.RawIOBase):
    """Reads from a socket until a deadline; after a timeout, reading can continue with a new deadline without loss.

    Parameters
    ----------
    connected : socket
        The socket; closed with this object.
    deadline : Deadline
        Deadline of the next reads; may be replaced.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket, self.deadline = connected, deadline
        self.file: io.BufferedReader[Any] = io.BufferedReader(self, PIECE_BYTES)
        self.most: int | None = None
        """Maximum number of further bytes; None for no limit."""

    def makefile(self, _mode: str) -> io.BufferedReader[Any]:
        """Return the file that `http.client` reads from."""
        return self.file

    def readable(self) -> bool:
        """Return True: the stream can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Wait for bytes.

        Raises
        ------
        TimeoutError, Cancelled
            As for `Deadline.slice_s`.
        OSError
            The connection broke, or more bytes came than `most` allows.
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
        """Send a request, which is short enough to be sent without waiting.

        Raises
        ------
        TimeoutError, Cancelled, OSError
            As for `readinto`.
        """
        self.deadline.slice_s()
        self._socket.settimeout(self.deadline.left_s)
        self._socket.sendall(content)

    def waiting(self) -> bool:
        """Whether bytes have arrived."""
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
        Address of the server.
    deadline : Deadline
        For the name look-up, the connection and, if `secure`, the TLS handshake.
    secure : bool
        Whether to encrypt and to verify the certificate.

    Raises
    ------
    TimeoutError, Cancelled
        As for `Deadline.slice_s`.
    OSError, ValueError
        The server is missing or not trusted, or its name is invalid.
    """
    left_s = deadline.left_s
    # Neither a name look-up nor the connecting of a socket can be interrupted.
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
        except TimeoutError:  # the handshake continues
            continue
