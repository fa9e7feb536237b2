"""``inspector feedback``: feed false alarms back, list versions, and find the cost of a missed defect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli.terminal import ProgressBars, interruptible, plain_ending, print_json, say, say_skipped

if TYPE_CHECKING:
    from inspector.core.photo.pixel_depth import PixelDepth
    from inspector.core.progress import CancelToken
    from inspector.core.review.decision import Decision
    from inspector.workflows.review.reviewed_parts import ReviewedPart

    Said = tuple[Path, Decision]

Alarms = Annotated[Path | None, typer.Option(help="Photos of good parts, flagged or not.")]
Defects = Annotated[
    Path | None, typer.Option(help="Photos of confirmed defects. Reports the defects that would be lost.")
]
Goods = Annotated[Path | None, typer.Option(help="Photos of good parts. Reports the verdicts that flip.")]
Missed = Annotated[
    Path | None, typer.Option(help="Or: a photo of a defect that was judged OK. Reports the limit that catches it.")
]
Versions = Annotated[bool, typer.Option("--versions", help="Or: list the versions of the model.")]
Restore = Annotated[str | None, typer.Option(help="Or: restore a version, by its SHA-256 or the first digits of it.")]
Accept = Annotated[bool, typer.Option("--accept", help="Save the new version. Without it, only report the changes.")]


def feedback(
    bundle: Annotated[Path, typer.Option("--model", "--bundle", help="The model, a file ending in .inspector.")],
    false_alarms: Alarms = None,
    defects: Defects = None,
    goods: Goods = None,
    accept: Accept = False,
    missed: Missed = None,
    versions: Versions = False,
    restore: Restore = None,
    by: Annotated[str | None, typer.Option(help="Name of the person who changes it. Default: your user name.")] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Let a bundle remember false alarms too, after telling what that changes; nothing is trained again."""
    given = [false_alarms is not None, missed is not None, versions, restore is not None]
    if sum(given) != 1:
        raise typer.BadParameter("give one of --false-alarms, --missed, --versions and --restore")
    with plain_ending(), interruptible() as token:
        if versions or restore is not None:
            found = _versions(bundle, restore)
        elif missed is not None:
            found = _missed(bundle, missed, goods, device, token)
        else:
            assert false_alarms is not None
            reviewed = _parts(defects, "defect") + _parts(goods, "false alarm")
            alarms = _parts(false_alarms, "false alarm")
            found = _feed_back(bundle, alarms, reviewed, (by, note) if accept else None, device, token)
        if as_json:
            print_json(found)


def _feed_back(
    bundle: Path,
    alarms: list[Said],
    reviewed: list[Said],
    accepted: tuple[str | None, str] | None,
    device: str,
    token: CancelToken,
) -> dict[str, Any]:
    from inspector.core.review.feedback import preview_words, promise_after_words
    from inspector.workflows.judging.loaded_bundle import open_bundle
    from inspector.workflows.review import feedback as workflow

    with ProgressBars() as bars:
        loaded = open_bundle(bundle, device=device)
        depth = loaded.depth
        proposal = workflow.propose(loaded, _read(alarms, depth), _read(reviewed, depth), report=bars, token=token)
    preview, written = proposal.preview, None
    say(preview_words(preview))
    fed_back = loaded.stored.manifest.parts_fed_back + len(preview.parts)
    say(promise_after_words(preview.promise_after, loaded.stored.manifest.recipe.false_alarm_rate, fed_back))
    if accepted is not None:
        written = workflow.accept(proposal, changed_by=accepted[0], note=accepted[1])
        say(f"Accepted; --restore {proposal.stored.sha256[:12]} restores the previous version.")
    return workflow.as_json(preview, written)


def _missed(bundle: Path, photo: Path, goods: Path | None, device: str, token: CancelToken) -> dict[str, Any]:
    from dataclasses import asdict

    from inspector.core.review.decision import Decision
    from inspector.core.review.missed_defect import missed_words
    from inspector.workflows.judging.loaded_bundle import open_bundle
    from inspector.workflows.review import feedback as workflow
    from inspector.workflows.review import reviewed_parts

    with ProgressBars() as bars:
        loaded = open_bundle(bundle, device=device)
        part = reviewed_parts.photo_part(photo, Decision.DEFECT, loaded.depth)
        known = _read(_parts(goods, "false alarm"), loaded.depth)
        found = workflow.missed(loaded, part, known, report=bars, token=token)
    if found is None:
        say("This part is NG already. No other limit is needed.")
        return {"missed": None}
    say(missed_words(found, loaded.stored.manifest.limits))
    return {"missed": asdict(found)}


def _versions(bundle: Path, restore: str | None) -> dict[str, Any]:
    from inspector.storage.bundles.versions import bundle_versions, restore_version

    if restore is not None:
        say(f"Restored: {restore_version(bundle, restore).sha256}")
    found = bundle_versions(bundle)
    for one in found:
        parts = 0 if one.manifest is None else one.manifest.parts_fed_back
        alarms = "1 false alarm" if parts == 1 else f"{parts} false alarms"
        what = one.problem or f"{alarms} fed back{', current' if one.current else ''}"
        say(f"{one.sha256[:16]}  {one.written_at:%Y-%m-%d %H:%M} UTC  {what}")
    return {
        "versions": [
            {
                "sha256": one.sha256,
                "written_at": one.written_at.isoformat(),
                "current": one.current,
                "fed_back": [] if one.manifest is None else [r.model_dump(mode="json") for r in one.manifest.fed_back],
                "problem": one.problem or None,
            }
            for one in found
        ]
    }


def _parts(photos: Path | None, said: str) -> list[Said]:
    from inspector.core.review.decision import Decision
    from inspector.storage.photos.photo_list import find_images

    if photos is None:
        return []
    found = find_images(photos)
    say_skipped(found.skipped)
    return [(path, Decision(said)) for path in found.photos]


def _read(found: list[Said], depth: PixelDepth) -> list[ReviewedPart]:
    from inspector.workflows.review.reviewed_parts import photo_part

    return [photo_part(path, decision, depth) for path, decision in found]
