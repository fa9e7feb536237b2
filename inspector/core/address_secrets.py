"""Removal of secrets from addresses of cameras and databases, for display and storage."""

from __future__ import annotations

import re
from ipaddress import ip_address
from unicodedata import normalize
from urllib.parse import unquote

HIDDEN = "\N{HORIZONTAL ELLIPSIS}"
"""Replaces a hidden part."""

HARMLESS = frozenset({
    "action", "cam", "camera", "ch", "channel", "channels", "chn", "codec", "compression", "fps", "framerate",
    "height", "mode", "overview", "profile", "proto", "quality", "resolution", "size", "source", "stream", "streamtype",
    "subtype", "transport", "transportmode", "type", "unicast", "videocodec", "videostream", "width",
})  # fmt: skip
"""Names of harmless settings in camera addresses. All other settings count as secrets."""

_HARMLESS_VALUE = re.compile(r"[A-Za-z0-9.-]{0,12}")
_SECRET_WORDS = "pass|pwd|token|secret|auth|cred|login|user|usr|api.?key|session|signature"
_SECRET = re.compile(rf"{_SECRET_WORDS}|(?<![a-z0-9])(?:sid|key|pw|sig|pin)(?![a-z0-9])", re.IGNORECASE)
_RANDOM = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-"
)
_NO_URL = re.compile(r"(?:camera|genicam|watch):|[A-Za-z]:[\\/]|(?!//[^/]*:.*@)[/~.\\]", re.IGNORECASE)
_SECRET_PAIR = re.compile(rf"(?:{_SECRET_WORDS})[^/\\=]*=|[?&][^/\\=]*=", re.IGNORECASE)
_NO_PORT = re.compile(r":(?![0-9]*(?:,|$))")
_DECODED = 3


def shown_address(address: str) -> str:
    """Return an address without parts that may be secret.

    User and password are removed, and so is text after a ``#``. Settings behind a question mark or in the path are
    removed unless they are `HARMLESS`. Parts of the path are removed if they may hold a password or a token. An
    unescaped password may hold any character, so the rule rather removes too much. If the host is not certain, only the
    scheme remains.

    Parameters
    ----------
    address : str
        Address of a camera, a database or a file. Paths of files, ``camera:``, ``genicam:`` and ``watch:`` are returned
        unchanged.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address if _NO_URL.match(address) else _without_scheme(address)
    place = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    behind = rest[len(place) :]
    _, at, host = place.rpartition("@")
    unsure = "@" in behind and (at or (":" in host and not _is_ip(host)))
    if unsure or _is_odd(host):
        return f"{scheme}://{HIDDEN}"
    path, _, query = behind.partition("#")[0].partition("?")
    kept = [pair for pair in query.split("&") if pair and _is_harmless(pair)]
    return f"{scheme}://{host}{_shown_path(path)}" + (f"?{'&'.join(kept)}" if kept else "")


def has_secrets(address: str) -> bool:
    """Whether an address contains parts that must not be shown or stored."""
    return shown_address(address) != address


def _without_scheme(address: str) -> str:
    """Return an address without a scheme, such as a file's path, with its secrets hidden."""
    if re.search(r":.*@", address):
        return HIDDEN
    found = _SECRET_PAIR.search(_decoded(address))
    if found is None:
        return address
    return HIDDEN if "%" in address else f"{address[: found.start()].rstrip('?&;')}{HIDDEN}"


def _shown_path(path: str) -> str:
    """Return a path up to the first part that may be secret. A password may follow a user's name."""
    shown: list[str] = []
    for part in path.split("/"):
        if _may_be_secret(part):
            return "/".join([*shown, HIDDEN])
        shown.append(part)
    return "/".join(shown)


def _may_be_secret(part: str) -> bool:
    plain = _decoded(part)
    if _SECRET.search(plain) or _RANDOM.search(plain):
        return True
    return any(mark in plain for mark in "=:&;") and not _is_harmless(plain)


def _is_harmless(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return name.lower() in HARMLESS and _HARMLESS_VALUE.fullmatch(value) is not None


def _decoded(text: str) -> str:
    for _ in range(_DECODED):
        text = unquote(text)
    return text


def _is_odd(host: str) -> bool:
    """Whether a host may be a user and a password: no port follows the colon, or wide letters replace punctuation."""
    plain = normalize("NFKC", host)
    outside_brackets = re.sub(r"\[[0-9A-Fa-f:.]*\]", "", plain)
    return (plain != host and any(mark in plain for mark in "@:/?#")) or bool(
        "%" in plain or _NO_PORT.search(outside_brackets)
    )


def _is_ip(host: str) -> bool:
    """Whether this is certainly a host with its port, and not a user with the beginning of a password."""
    name, _, port = host.rpartition(":")
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return port.isdecimal()
