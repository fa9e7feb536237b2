"""Failures of network connections as text."""

from __future__ import annotations

import socket
import ssl

from inspector.core.address_secrets import shown_address
from inspector.core.errors import Message

__all__ = ["network_problem", "said", "shown_address"]


def said(words: str, most: int = 80) -> str:
    """Return a camera's text for display: one short line without unprintable characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in words[: 4 * most])
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def network_problem(error: OSError) -> str:
    """Return why a camera cannot be reached, as a plain sentence.

    The sentence names no host: if a password was not escaped, a piece of it may have been parsed as the host.
    """
    match error:
        case ssl.SSLCertVerificationError():
            reason = error.verify_message
            return Message(
                f"this computer does not trust the camera's certificate ({reason})",
                "install the certificate of its "
                "issuer on this computer, or give the camera one that is trusted, made out to the name in the address",
            )
        case ssl.SSLError():
            return Message(
                "the camera does not answer encrypted, as the address asks it to", "switch that on in its settings"
            )
        case socket.gaierror():
            return Message("no computer of this name is known", "check the address")
        case TimeoutError():
            return Message("the camera does not answer", "check that it is on and in the same network")
        case ConnectionRefusedError():
            return Message("nothing accepts a connection at this address", "check it, and that the camera is on")
        case _:
            reason = error.strerror or str(error) or "the connection broke"
            return Message(f"the camera cannot be reached ({reason})", "check the network and that the camera is on")
