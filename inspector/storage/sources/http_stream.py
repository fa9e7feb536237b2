"""An HTTP answer that never ends, read as it comes, with a time limit for each piece."""

from __future__ import annotations

import io
from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from select import select
from socket import socket
from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
)

from inspector.core.errors import SourceError
from inspector.storage.sources.address_words import network_problem, shown_address
from inspector.storage.sources.multipart import Chunks

PIECE_BYTES = 1 << 16


class HttpStream:
    """The answer to a GET request.

    Parameters
    ----------
    address : str
        ``http://`` or ``https://``; with user and password where the camera wants them. They are sent only after it
        has asked for them, and by digest if it offers that.
    timeout_s : float
        How long the camera may take to answer.

    Raises
    ------
    SourceError
        With the reason why there is no answer, or none that can be used.
    """

    def __init__(self, address: str, timeout_s: float) -> None:
        self._shown = shown_address(address)
        self._url = _split(address, self._shown)
        self._timeout_s = timeout_s
        self._connection, self._wire, self._answer = self._ask("")
        if self._answer.status == 401:
            authorization = self._authorization()
            self.close()
            self._connection, self._wire, self._answer = self._ask(authorization)
        if self._answer.status != 200:
            self.close()
            raise SourceError(self._shown, self._refusal())
        self._chunks = Chunks() if self._answer.chunked else None

    @property
    def content_type(self) -> str:
        """What the camera says that it sends."""
        return self._answer.getheader("Content-Type", "")

    def more(self, patience_s: float) -> bytes:
        """Wait for the next piece; empty if the camera ended the answer.

        Raises
        ------
        TimeoutError
            Nothing came in time; the next call may get it.
        OSError
            The connection broke.
        """
        self._wire.patience_s = max(0.001, patience_s)
        piece = self._wire.file.read1(PIECE_BYTES)
        if self._chunks is None or not piece:
            return piece
        # Python's own client loses its place among the chunks when a time limit passes.
        content = self._chunks.content(piece)
        if not content and not self._chunks.ended:
            raise TimeoutError
        return content

    def waiting(self) -> bool:
        """Whether a piece is there already."""
        return bool(select([self._wire.connection], [], [], 0.0)[0])

    def close(self) -> None:
        """Disconnect."""
        self._answer.close()
        self._connection.close()

    def _ask(self, authorization: str) -> tuple[HTTPConnection, _Wire, HTTPResponse]:
        host, port = self._url.hostname or "", self._url.port
        secure = self._url.scheme == "https"
        connection = (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=self._timeout_s)
        try:
            connection.connect()
            headers = {"Accept": "*/*", "Connection": "close"}
            connection.request("GET", self._target(), headers=headers | _if_given("Authorization", authorization))
            wire = _Wire(connection.sock, self._timeout_s)
            answer = HTTPResponse(cast(socket, wire), method="GET")
            answer.begin()
        except OSError as error:
            connection.close()
            raise SourceError(self._shown, network_problem(error)) from error
        except (HTTPException, ValueError):  # it may quote the address, with what is secret in it
            connection.close()
            sentence = "what answers there does not speak HTTP, or the address has odd characters; check the address"
            raise SourceError(self._shown, sentence) from None
        return connection, wire, answer

    def _target(self) -> str:
        return urlunsplit(("", "", self._url.path or "/", self._url.query, ""))

    def _authorization(self) -> str:
        if self._url.username is None:
            self.close()
            sentence = "the camera asks for a user and a password; write them before its name: http://USER:PASSWORD@..."
            raise SourceError(self._shown, sentence)
        user, password = unquote(self._url.username), unquote(self._url.password or "")
        offers = {words.split(" ", 1)[0].lower(): words for words in self._challenges()}
        if "digest" in offers:
            answer = self._digest(offers["digest"].partition(" ")[2], user, password)
            if answer:
                return f"Digest {answer}"
        if "basic" in offers:
            return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")
        self.close()
        raise SourceError(
            self._shown, "the camera asks for a log-in of a kind that Inspector does not know; switch to digest"
        )

    def _challenges(self) -> list[str]:
        return self._answer.headers.get_all("WWW-Authenticate") or []

    def _digest(self, challenge: str, user: str, password: str) -> str | None:
        request = Request(urlunsplit((self._url.scheme, "camera", self._target(), "", "")))
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, request.full_url, user, password)
        asked = parse_keqv_list(list(filter(None, parse_http_list(challenge))))
        try:
            return AbstractDigestAuthHandler(passwords).get_authorization(request, asked)
        except (ValueError, OSError):  # an algorithm that Python's own client does not know
            return None

    def _refusal(self) -> str:
        status = self._answer.status
        if status in (401, 403):
            return "the camera refuses this user or password; check both in the address"
        if status == 404:
            return "the camera has no stream under this path; look its address up in the camera's manual"
        if 300 <= status < 400:
            elsewhere = shown_address(self._answer.getheader("Location", "elsewhere"))
            return f"the camera sends its stream from another address; use {elsewhere}"
        return f"the camera answers {status} ({self._answer.reason}); restart it, or check the address"


class _Wire(io.RawIOBase):
    """A connection as a file, which unlike Python's own can be read on after a time limit has passed."""

    def __init__(self, connection: socket, patience_s: float) -> None:
        self.connection, self.patience_s = connection, patience_s
        self.file: io.BufferedReader[Any] = io.BufferedReader(self, PIECE_BYTES)

    def makefile(self, _mode: str) -> io.BufferedReader[Any]:
        return self.file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self.connection.settimeout(self.patience_s)
        return self.connection.recv_into(buffer)


def _split(address: str, shown: str) -> SplitResult:
    try:
        url = urlsplit(address)
        usable = bool(url.hostname) and url.port != 0
    except ValueError:  # it quotes what may be a piece of a password
        usable = False
    if not usable:
        raise SourceError(
            shown, "this is no address of a camera; it looks like http://192.168.0.8:8080/video"
        ) from None
    return url


def _if_given(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}
