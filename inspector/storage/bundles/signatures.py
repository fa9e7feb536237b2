"""Signatures of bundles, which prove who made a bundle.

The seal in a bundle is a checksum over its own bytes: it detects damage. Anybody can compute it anew. A
signature (Ed25519, RFC 8032) requires a private key. Signatures lie beside the bundle in ``NAME.inspector.sig``. Each
holds the SHA-256 of the file that it was made for. Signatures of other versions of the bundle therefore stay. A public
key is trusted if its file lies in the folder of trusted keys.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.core.errors import BundleError, BundleUnsigned, KeyUnusable, Message
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.folders import trusted_keys_folder
from inspector.storage.ordinary_files import check_ordinary, read_ordinary
from inspector.storage.settings import load_settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from inspector.storage.bundles.bundle import StoredBundle

log = logging.getLogger(__name__)

SIGNATURE_SUFFIX = ".sig"
PUBLIC_SUFFIX = ".pub"

_SIGNED = b"Inspector bundle\n"
"""Prefix of the digest in the signed message; a signature made for another purpose is not valid for a bundle."""
_MOST_BYTES = 1_000_000
_MOST_SIGNATURES = 1_000


class _Signature(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    public_key: str = Field(max_length=100)
    signature: str = Field(max_length=200)


class _SignatureFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    signatures: tuple[_Signature, ...] = Field(default=(), max_length=_MOST_SIGNATURES)


@dataclass(frozen=True, slots=True)
class Signer:
    """A public key whose signature of a bundle is valid.

    Parameters
    ----------
    key : str
        The public key, 32 bytes in base64.
    name : str
        Name of its file, without folder and suffix.
    """

    key: str
    name: str


def signature_file(bundle: Path) -> Path:
    """Return the path of a bundle's signature file; it may not exist."""
    return bundle.with_name(bundle.name + SIGNATURE_SUFFIX)


def make_key(file: Path) -> tuple[Path, str]:
    """Write a new private key, which only this user may read, and the public key beside it (``FILE.pub``).

    Returns
    -------
    (Path, str)
        The file of the public key, and the key in base64.

    Raises
    ------
    KeyUnusable
        A file of this name exists, or it cannot be written.
    """
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    public = private.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    beside = file.with_name(file.name + PUBLIC_SUFFIX)
    try:
        for path, content, mode in ((file, secret, 0o600), (beside, public, 0o644)):
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(number, "wb") as opened:
                opened.write(content)
    except FileExistsError as error:
        raise KeyUnusable(
            error.filename, "a file of this name is there already", action="choose another name"
        ) from error
    except OSError as error:
        raise KeyUnusable(file, write_problem(error)) from error
    return beside, _text(private.public_key())


def sign_bundle(stored: StoredBundle, key_file: Path) -> str:
    """Sign a bundle's file as it was opened; signatures for other versions and by other keys stay.

    Returns
    -------
    str
        The public key, in base64.

    Raises
    ------
    KeyUnusable
        The file is not a private key for Ed25519.
    BundleError
        The signature cannot be written.
    """
    private = _private_key(key_file)
    key = _text(private.public_key())
    made = _Signature(
        sha256=stored.sha256, public_key=key, signature=base64.b64encode(private.sign(_message(stored.sha256))).decode()
    )
    others = [one for one in _signatures(stored.path) if (one.sha256, one.public_key) != (made.sha256, key)]
    content = _SignatureFile(signatures=tuple([*others, made][-_MOST_SIGNATURES:]))
    file = signature_file(stored.path)
    try:
        check_ordinary(file)
        with replacing(file) as temporary:
            temporary.write_text(json.dumps(content.model_dump(), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise BundleError(file, write_problem(error)) from error
    return key


def signer_of(stored: StoredBundle, public_key: Path | None = None) -> Signer:
    """Return the trusted key that signed a bundle.

    Parameters
    ----------
    stored : StoredBundle
        The opened bundle. The bytes that were read are the bytes that are checked.
    public_key : Path or None
        The only key to trust; None for the keys in the folder of trusted keys.

    Raises
    ------
    BundleUnsigned
        No trusted key has signed the bundle.
    KeyUnusable
        `public_key` is not a public key for Ed25519. Such a file among the trusted keys is skipped and logged.
    """
    from cryptography.exceptions import InvalidSignature

    made = [one for one in _signatures(stored.path) if one.sha256 == stored.sha256]
    for file in _trusted_files() if public_key is None else [public_key]:
        try:
            key = _public_key(file)
        except KeyUnusable as error:
            if public_key is not None:
                raise
            log.warning("a trusted key is passed over: %s", error)  # the other keys still hold
            continue
        for one in made:
            try:
                key.verify(base64.b64decode(one.signature, validate=True), _message(stored.sha256))
            except (InvalidSignature, ValueError):
                continue
            return Signer(_text(key), file.stem)
    raise BundleUnsigned(stored.path, _unsigned_words(stored, public_key, bool(made)))


def require_signature(stored: StoredBundle) -> None:
    """Refuse a bundle that no trusted key has signed, if the settings require a signature.

    Raises
    ------
    BundleUnsigned, KeyUnusable
        As for `signer_of`.
    """
    if load_settings().only_signed:
        signer_of(stored)


def _unsigned_words(stored: StoredBundle, public_key: Path | None, signed: bool) -> str:
    if signed:
        by = "another key" if public_key is not None else "a key that is not trusted here"
        state = f"this model is signed by {by}"
    elif _signatures(stored.path):
        state = "this model was changed since it was signed (moved limits change it too)"
    else:
        state = "this model is not signed"
    where = Message("", f"trusted keys lie in {trusted_keys_folder()}") if public_key is None else ""
    return Message(f"{state}", f"have it signed with 'inspector sign'{where}")


def _signatures(bundle: Path) -> tuple[_Signature, ...]:
    file = signature_file(bundle)
    try:
        if not file.exists():
            return ()
        content = read_ordinary(file)
        return _SignatureFile.model_validate(json.loads(content[:_MOST_BYTES])).signatures
    except (OSError, ValidationError, ValueError, RecursionError) as error:
        raise BundleUnsigned(
            file, "the file of signatures is damaged", action="remove it and sign the model again"
        ) from error


def _trusted_files() -> list[Path]:
    folder = trusted_keys_folder()
    return sorted(file for file in folder.glob(f"*{PUBLIC_SUFFIX}") if file.is_file()) if folder.is_dir() else []


def _message(sha256: str) -> bytes:
    return _SIGNED + bytes.fromhex(sha256)


def _text(key: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives import serialization as forms

    return base64.b64encode(key.public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)).decode()


def _private_key(file: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = _loaded(file, lambda content: load_pem_private_key(content, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(
            file, "this is not a private key for signing", action="make one with 'inspector sign --new-key FILE'"
        )
    return key


def _public_key(file: Path) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = _loaded(file, load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(file, "this is not a public key", action="give the file that ends in .pub")
    return key


def _loaded(file: Path, load: Any) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load(read_ordinary(file)[:_MOST_BYTES])
    except OSError as error:
        raise KeyUnusable(
            file, f"the key cannot be read ({error.strerror or error})", action="check the path"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm):  # not a PEM file, or encrypted with a password
        return None
