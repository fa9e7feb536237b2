"""Good photos of two sessions: the promise by session shows an effect that the plain promise misses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.core.promise.session_promise import SessionPromise, promise_by_session
from inspector.core.values import ImageRGB
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.training.train import TrainingOutcome, as_json, more_words, train
from tests.conftest import SolarCells
from tests.workflows.small import TRAINING, copy_photos, small_recipe


def brighter(image_rgb: ImageRGB, stops: float) -> ImageRGB:
    return np.clip(np.rint(image_rgb * 2.0**stops), 0, 255).astype(np.uint8)


def two_sessions(photos: list[Path], folder: Path, stops: float) -> Path:
    """Every second photo in a session of its own, exposed differently."""
    for at, photo in enumerate(photos):
        session = folder / ("monday", "tuesday")[at % 2]
        session.mkdir(parents=True, exist_ok=True)
        write_image(session / photo.name, brighter(read_image(photo), stops * (at % 2)))
    return folder


def trained(folder: Path, bundle: Path) -> TrainingOutcome:
    # Enough rows that half of them still cover what good parts look like.
    settings = TRAINING | {"pool_rows": 2000, "bank_rows": 1000}
    return train(folder, bundle, small_recipe(settings=settings, false_alarm_rate=0.1))


def promised(outcome: TrainingOutcome) -> SessionPromise:
    promise = promise_by_session(outcome.manifest.sessions, outcome.manifest.threshold.value)
    assert promise is not None
    return promise


def test_sessions_that_differ_promise_more_false_alarms_than_parts_do(solar_cells: SolarCells, tmp_path: Path) -> None:
    photos = list_images(solar_cells.good)
    outcomes = {
        stops: trained(two_sessions(photos, tmp_path / str(stops), stops), tmp_path / f"{stops}.inspector")
        for stops in (0.0, 0.5)
    }
    plain = outcomes[0.5].manifest.threshold.false_alarm
    assert promised(outcomes[0.5]).rate > plain.high
    assert promised(outcomes[0.5]).rate > promised(outcomes[0.0]).rate
    assert promised(outcomes[0.5]).goods == plain.goods == 30


def test_the_bundle_keeps_what_the_promise_by_session_needs(solar_cells: SolarCells, tmp_path: Path) -> None:
    folder = two_sessions(list_images(solar_cells.good)[:12], tmp_path / "goods", 0.25)
    outcome = train(folder, tmp_path / "part.inspector", small_recipe())
    kept = load_bundle(outcome.bundle).manifest.sessions
    assert kept == outcome.manifest.sessions is not None
    assert [(one.name, len(one.scores)) for one in kept.sessions] == [("monday", 6), ("tuesday", 6)]
    fields = as_json(outcome)["sessions"]
    json.dumps(fields)
    assert fields["by"] == "folder"
    assert [(one["name"], one["goods"]) for one in fields["found"]] == [("monday", 6), ("tuesday", 6)]
    alarm = fields["false_alarm"]
    assert set(alarm) == {"rate", "low", "high", "goods", "worst", "sessions", "next_is_worse"}
    assert (alarm["sessions"], alarm["goods"]) == (2, 12)
    assert max(one["share"] for one in fields["found"]) == alarm["high"]
    assert any("2 groups are too few to state a rate" in words for words in more_words(outcome.manifest))
    # At a threshold above all of them, only the next part is promised to be possibly NG.
    highest = max(score for one in kept.sessions for score in one.scores)
    above = promise_by_session(kept, highest)
    assert above is not None
    assert (above.rate, above.high) == (1 / 3, 0.0)


def test_sessions_can_be_joined_or_left_alone(solar_cells: SolarCells, tmp_path: Path) -> None:
    folder = two_sessions(list_images(solar_cells.good)[:12], tmp_path / "goods", 0.25)
    joined = SessionChoice(renamed=(("tuesday", "monday"),))
    for choice in (joined, SessionChoice(SessionsBy.NONE)):
        outcome = train(folder, tmp_path / "part.inspector", small_recipe(), sessions=choice)
        assert outcome.manifest.sessions is None
        assert outcome.sessions.by is SessionsBy.NONE
        assert as_json(outcome)["sessions"] is None
        assert not any("session" in words for words in more_words(outcome.manifest))


def test_a_copy_in_another_session_does_not_vouch_for_the_photo(few_goods: Path, tmp_path: Path) -> None:
    photos = list_images(few_goods)
    for name, chosen in (("a", photos[:8]), ("b", photos[8:] + photos[:2])):
        copy_photos(chosen, tmp_path / "goods" / name)
    outcome = train(tmp_path / "goods", tmp_path / "part.inspector", small_recipe())
    assert len(outcome.near_duplicates) == 2
    assert dict(zip(outcome.sessions.names, outcome.sessions.counts, strict=True)) == {"a": 8, "b": 4}
    assert outcome.manifest.sessions is not None
    assert [len(one.scores) for one in outcome.manifest.sessions.sessions] == [8, 4]
