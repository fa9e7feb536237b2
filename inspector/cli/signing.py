"""``inspector sign`` and ``inspector verify``: who made a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.terminal import EXIT_NG, plain_ending, print_json, say

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def sign(
    model: Annotated[Path | None, typer.Argument(help="The model to sign.")] = None,
    key: Annotated[Path | None, typer.Option(help="File of the private key.")] = None,
    new_key: Annotated[Path | None, typer.Option(help="Or: create a key, FILE and FILE.pub.")] = None,
    as_json: Json = False,
) -> None:
    """Sign a model, or make the key to sign with."""
    from inspector.storage.bundles.bundle import load_bundle
    from inspector.storage.bundles.signatures import make_key, sign_bundle, signature_file

    if (new_key is None) == (model is None) or (model is None) != (key is None):
        raise typer.BadParameter("give MODEL and --key FILE, or --new-key FILE alone")
    with plain_ending():
        if new_key is not None:
            public, text = make_key(new_key)
            say(f"Keep {new_key} secret; give {public} to everyone who shall trust your models.")
            found = {"private_key": str(new_key), "public_key_file": str(public), "public_key": text}
        else:
            assert model is not None
            assert key is not None
            stored = load_bundle(model)
            text = sign_bundle(stored, key)
            say(f"Signed: {model}; the signature is {signature_file(model)}")
            found = {"model": str(model), "sha256": stored.sha256, "public_key": text}
            found["signature"] = str(signature_file(model))
        if as_json:
            print_json(found)


def verify(
    model: Annotated[Path | None, typer.Argument(help="The model.")] = None,
    key: Annotated[Path | None, typer.Option(help="The public key to trust, instead of the trusted ones.")] = None,
    only_signed: Annotated[
        bool | None,
        typer.Option("--only-signed/--any-model", help="Or: from now on, open signed models only, or any."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a trusted key has signed a model: exit code 0 if so, 1 if not."""
    from inspector.core.errors import BundleUnsigned
    from inspector.storage.bundles.bundle import load_bundle
    from inspector.storage.bundles.signatures import signer_of
    from inspector.storage.folders import trusted_keys_folder
    from inspector.storage.settings import change_settings

    if (model is None) == (only_signed is None):
        raise typer.BadParameter("give MODEL, or one of --only-signed and --any-model")
    with plain_ending():
        if only_signed is not None:
            change_settings(only_signed=only_signed)
            say("Only signed models are opened." if only_signed else "Any model is opened.")
            if as_json:
                print_json({"only_signed": only_signed, "trusted_keys": str(trusted_keys_folder())})
            return
        assert model is not None
        stored = load_bundle(model)
        signer, problem = None, None
        try:
            signer = signer_of(stored, key)
            say(f"Signed by {signer.name}: {model}")
        except BundleUnsigned as error:
            problem = error.sentence
            say(f"Not signed: {error}")
        if as_json:
            by = None if signer is None else {"name": signer.name, "public_key": signer.key}
            print_json({"model": str(model), "sha256": stored.sha256, "signed_by": by, "problem": problem})
        if signer is None:
            raise typer.Exit(EXIT_NG)
