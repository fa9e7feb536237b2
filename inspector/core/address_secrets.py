"""Which parts of an address may be shown or stored, for cameras and databases alike."""

from __future__ import annotations

import re
from ipaddress import ip_address
from unicodedata import normalize
from urllib.parse import unquote

HIDDEN = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for a part that is not shown."""

HARMLESS = frozenset({
    "action", "cam", "camera", "ch", "channel", "channels", "chn", "codec", "compression", "fps", "framerate",
    "height", "mode", "overview", "profile", "proto", "quality", "resolution", "size", "source", "stream", "streamtype",
    "subtype", "transport", "transportmode", "type", "unicast", "videocodec", "videostream", "width",
})  # fmt: skip
"""Names of settings that cameras take in their addresses. All others are taken for secrets."""

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
    """Return an address without what may be secret in it.

    Left out are user and password, settings behind a question mark or in the path that are not `HARMLESS`, parts of
    the path that may hold a password or a token, and what follows a ``#``. It is rather too much than a piece of a
    password, which may hold any character where it was not escaped: where it is not certain which part is the host,
    nothing but the scheme is left.

    Parameters
    ----------
    address : str
        Of a camera, a database or a file. Paths of files, ``camera:``, ``genicam:`` and ``watch:`` come back as they
        are.
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
    """Whether an address must not be shown or stored as it is."""
    return shown_address(address) != address


def _without_scheme(address: str) -> str:
    """Return a file's path, or what is meant as an address but lacks its beginning."""
    if re.search(r":.*@", address):
        return HIDDEN
    found = _SECRET_PAIR.search(_decoded(address))
    if found is None:
        return address
    return HIDDEN if "%" in address else f"{address[: found.start()].rstrip('?&;')}{HIDDEN}"


def _shown_path(path: str) -> str:
    """Return a path up to the first part that may be secret: what follows a user's name may be the password."""
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
    """Whether this may be a user and a password: what follows the colon is no port, or wide letters stand for marks."""
    plain = normalize("NFKC", host)
    outside_brackets = re.sub(r"\[[0-9A-Fa-f:.]*\]", "", plain)
    return (plain != host and any(mark in plain for mark in "@:/?#")) or bool(
        "%" in plain or _NO_PORT.search(outside_brackets)
    )


def _is_ip(host: str) -> bool:
    """Whether this is a host and its port for certain, and not a user and the beginning of a password."""
    name, _, port = host.rpartition(":")
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return port.isdecimal()
