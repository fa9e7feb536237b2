"""An endless HTTP response, read as it arrives; every problem with it becomes a `SourceError` or an `OSError`."""

from __future__ import annotations

from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import socket
from typing import cast
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
)

from inspector.core.errors import Message, SourceError
from inspector.core.progress import CancelToken
from inspector.devices.network.connection import PIECE_BYTES, Connection, connect
from inspector.devices.network.deadline import Deadline
from inspector.devices.network.multipart import Chunks
from inspector.devices.sources.address_words import network_problem, said, shown_address

HEAD_BYTES = 1 << 18
"""Maximum size of a head. Python's client limits lines and their number, but not repeated "100 Continue" responses."""

_NO_HTTP = Message("what answers there does not speak HTTP, or the address has odd characters", "check the address")
_PLAIN = ("", "identity")


class HttpStream:
    """The response to a GET request.

    Parameters
    ----------
    address : str
        ``http://`` or ``https://``, with user and password if the camera requires them. They are sent only after the
        camera asks for them, and by digest if it offers that.
    timeout_s : float
        Total time until the response's head is complete: look-up, connection, log-in.
    token : CancelToken
        The request to stop.

    Raises
    ------
    SourceError
        There is no usable response; the sentence states the reason.
    Cancelled
        The token was cancelled.
    """

    def __init__(self, address: str, timeout_s: float, token: CancelToken) -> None:
        self._shown = shown_address(address)
        self._url = _split(address, self._shown)
        self._token = token
        deadline = Deadline(timeout_s, token)
        self._wire, self._answer = self._ask("", deadline)
        if self._answer.status == 401:
            authorization = self._authorization()
            self.close()
            self._wire, self._answer = self._ask(authorization, deadline)
        refusal = self._refusal()
        if refusal:
            self.close()
            raise SourceError(self._shown, refusal)
        self._chunks = Chunks() if self._answer.chunked else None

    @property
    def content_type(self) -> str:
        """The Content-Type of the response."""
        return str(self._answer.getheader("Content-Type", ""))

    def more(self, patience_s: float) -> bytes:
        """Wait for the next piece; empty if the camera ended the response.

        Raises
        ------
        TimeoutError
            Nothing arrived in time; the next call may receive it.
        Cancelled
            The token was cancelled.
        OSError
            The connection broke, or the content does not match the head.
        """
        self._wire.deadline = Deadline(max(0.001, patience_s), self._token)
        piece = self._wire.file.read1(PIECE_BYTES)
        if self._chunks is None or not piece:
            return piece
        # Python's client loses its position among the chunks after a timeout.
        content = self._chunks.content(piece)
        if not content and not self._chunks.ended:
            raise TimeoutError
        return content

    def waiting(self) -> bool:
        """Whether a piece has arrived."""
        return self._wire.waiting()

    def close(self) -> None:
        """Disconnect."""
        self._answer.close()
        self._wire.close()

    def _ask(self, authorization: str, deadline: Deadline) -> tuple[Connection, HTTPResponse]:
        wire: Connection | None = None
        try:
            host, secure = self._url.hostname or "", self._url.scheme.lower() == "https"
            port = self._url.port or (443 if secure else 80)
            wire = connect(host, port, deadline, secure=secure)
            client = HTTPConnection(host, port)
            client.default_port = 443 if secure else 80  # no port in the Host header, as servers expect
            return wire, self._answer_on(wire, client, authorization)
        except BaseException as error:
            if wire is not None:
                wire.close()
            if isinstance(error, OSError):
                raise SourceError(self._shown, network_problem(error)) from error
            if isinstance(error, HTTPException | ValueError):  # it may quote the address with its secrets
                raise SourceError(self._shown, _NO_HTTP) from None
            raise

    def _answer_on(self, wire: Connection, client: HTTPConnection, authorization: str) -> HTTPResponse:
        client.sock = wire  # the client's own socket would restart the timeout for each byte
        headers = {"Accept": "*/*", "Connection": "close"}
        client.request("GET", self._target(), headers=headers | _if_given("Authorization", authorization))
        wire.most = HEAD_BYTES
        answer = HTTPResponse(cast(socket, wire), method="GET")
        answer.begin()
        wire.most = None
        return answer

    def _target(self) -> str:
        return urlunsplit(("", "", self._url.path or "/", self._url.query, ""))

    def _authorization(self) -> str:
        if self._url.username is None:
            self.close()
            sentence = Message(
                "the camera asks for a user and a password", "write them before its name: http://USER:PASSWORD@..."
            )
            raise SourceError(self._shown, sentence)
        user, password = unquote(self._url.username), unquote(self._url.password or "")
        offers = {words.split(" ", 1)[0].lower(): words for words in self._challenges()}
        if "digest" in offers:
            answer = self._digest(offers["digest"].partition(" ")[2], user, password)
            if answer:
                return f"Digest {answer}"
        if "basic" in offers:
            return "Basic " + b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode("ascii")
        self.close()
        raise SourceError(
            self._shown,
            "the camera asks for a log-in of a kind that Inspector does not know",
            action="switch to digest",
        )

    def _challenges(self) -> list[str]:
        return self._answer.headers.get_all("WWW-Authenticate") or []

    def _digest(self, challenge: str, user: str, password: str) -> str | None:
        request = Request(urlunsplit((self._url.scheme, "camera", self._target(), "", "")))
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, request.full_url, user, password)
        try:
            asked = parse_keqv_list(list(filter(None, parse_http_list(challenge))))
            return AbstractDigestAuthHandler(passwords).get_authorization(request, asked)
        except (ValueError, LookupError, OSError):  # damaged, or an algorithm that Python's client does not support
            return None

    def _refusal(self) -> str:
        """Return why the response is unusable; empty if it can be read."""
        status = self._answer.status
        encoding = str(self._answer.getheader("Content-Encoding", "")).strip().lower()
        if status == 200 and encoding in _PLAIN:
            return ""
        if status == 200:
            return Message(
                "the camera compresses its stream though it was not asked to", "switch that off in its settings"
            )
        if status in (401, 403):
            return Message("the camera refuses this user or password", "check both in the address")
        if status == 404:
            return Message("the camera has no stream under this path", "look its address up in the camera's manual")
        if 300 <= status < 400:
            return self._elsewhere()
        return Message(f"the camera answers {status} ({said(self._answer.reason)})", "restart it, or check the address")

    def _elsewhere(self) -> str:
        place = str(self._answer.getheader("Location", ""))
        if place.lower().startswith(("http://", "https://", "rtsp://", "rtsps://", "/")):
            return Message("the camera sends its stream from another address", f"use {said(shown_address(place))}")
        return Message("the camera sends its stream from another address", "look it up in the camera's manual")


def _split(address: str, shown: str) -> SplitResult:
    try:
        url = urlsplit(address)
        usable = bool(url.hostname) and url.port != 0
    except ValueError:  # the error may quote a piece of a password
        usable = False
    if not usable:
        raise SourceError(
            shown, "this is no address of a camera", action="it looks like http://192.168.0.8:8080/video"
        ) from None
    return url


def _if_given(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}
