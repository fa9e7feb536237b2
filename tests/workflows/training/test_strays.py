"""Good photos that stand apart: question, answer, and the answer's effect on limit, promise and report."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.core.errors import DatasetError
from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.core.promise.strays import Answer
from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.values import Verdict
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.good_photos.left_out import NAME, answers_to, find_left_out
from inspector.storage.photos.images import encode_png, read_image
from inspector.storage.photos.photo_list import list_images
from inspector.storage.reports.content.statements import left_out_words
from inspector.workflows.training.strays import answer_strays, leave_out, manifest_words, record_answers
from inspector.workflows.training.train import TrainingOutcome, as_json, train
from tests.workflows.small import copy_photos, small_recipe

ALONE = SessionChoice(SessionsBy.NONE)


def paint_cross(photo: Path) -> None:
    """A mark that no cell has: a bright cross."""
    image = read_image(photo).copy()
    for start, end in (((40, 40), (220, 220)), ((220, 40), (40, 220))):
        cv2.line(image, start, end, (255, 255, 255), 14)
    photo.write_bytes(encode_png(image))


@pytest.fixture
def goods(solar_cells, tmp_path: Path) -> Path:
    folder = copy_photos(list_images(solar_cells.good)[:24], tmp_path / "goods")
    paint_cross(list_images(folder)[5])
    return folder


def trained(folder: Path, target: Path, sessions: SessionChoice = ALONE) -> TrainingOutcome:
    left_out = find_left_out(folder, list_images(folder))
    return train(folder, target, small_recipe("patchcore"), leave_out=left_out, keep_pictures=False, sessions=sessions)


def test_it_is_asked_for_as_well_where_groups_set_the_limit(goods: Path, tmp_path: Path) -> None:
    for place, photo in enumerate(list_images(goods)):
        target = goods / f"day {place % 6}" / photo.name
        target.parent.mkdir(exist_ok=True)
        photo.rename(target)
    outcome = trained(goods, tmp_path / "cells.inspector", SessionChoice(SessionsBy.FOLDER))
    (told,) = as_json(outcome)["strays"]
    assert Path(told["path"]).parent.name == "day 5"
    assert 0.0 < told["limit_without"] < 0.9


def test_the_odd_photo_is_asked_for_and_does_not_hide_what_lies_below_it(goods: Path, tmp_path: Path) -> None:
    outcome = trained(goods, tmp_path / "cells.inspector")
    odd, manifest = list_images(goods)[5], outcome.manifest
    assert outcome.strays == (odd,)
    (told,) = as_json(outcome)["strays"]
    assert (told["path"], told["relative_score"], told["answer"]) == (str(odd), pytest.approx(1.0), None)
    rest = sorted(manifest.good_scores)[:-1]
    assert told["limit_without"] == pytest.approx(rest[-1] / manifest.threshold.value)
    sentence = (
        "1 of 24 good photos stands apart and sets the limit alone. "
        f"Without it the limit would be {told['limit_without']:.2f}."
    )
    assert sentence in manifest_words(manifest)
    # Parts that stand as far apart as a defect are no longer OK, even without an answer.
    line = as_json(outcome)["unsure_threshold"]
    assert line is not None
    assert 0.5 * rest[-1] < line < 1.3 * rest[-1] < manifest.threshold.value
    assert load_bundle(outcome.bundle).manifest.limits.verdict_of(1.4 * rest[-1]) is Verdict.UNSURE
    assert 0.0 < as_json(outcome)["unsure_share"] < 0.1


def test_called_defective_it_is_left_out_and_does_not_count(goods: Path, tmp_path: Path) -> None:
    odd = list_images(goods)[5]
    answer_strays(goods, {odd: Answer.DEFECTIVE}, "Anna")
    manifest = trained(goods, tmp_path / "cells.inspector").manifest
    (excluded,) = manifest.exclusions
    assert (excluded.answer, excluded.by, excluded.counts) == (Answer.DEFECTIVE, "Anna", False)
    assert excluded.at is not None
    assert manifest.threshold.false_alarm.rate == pytest.approx(1 / 24)
    assert not manifest.strays
    said = left_out_words(manifest)
    assert said == f"1 photo was left out as defective (Anna {excluded.at:%Y-%m-%d}). It does not count."


def test_left_out_without_a_word_it_counts_above_the_limit(goods: Path, tmp_path: Path) -> None:
    leave_out(goods, list_images(goods)[5:6])
    outcome = trained(goods, tmp_path / "cells.inspector")
    manifest = outcome.manifest
    assert manifest.threshold.false_alarm.rate == pytest.approx(2 / 25)
    assert manifest.promise_at(manifest.threshold.value).rate == pytest.approx(2 / 25)
    assert as_json(outcome)["taken_out"] == 1
    assert "counts as a good part above the limit" in left_out_words(manifest)
    assert load_bundle(outcome.bundle).manifest == manifest.model_copy(
        update={"tensors": load_bundle(outcome.bundle).manifest.tensors}
    )


@pytest.mark.parametrize("answer", [Answer.RARE, Answer.MORE])
def test_an_answer_is_kept_with_the_good_set_and_the_model(goods: Path, tmp_path: Path, answer: Answer) -> None:
    odd = list_images(goods)[5]
    outcome = trained(goods, tmp_path / "first.inspector")
    sha256 = outcome.manifest.strays[0].sha256
    stored = record_answers(load_bundle(outcome.bundle), {sha256: answer}, "Ben")
    assert load_bundle(outcome.bundle).manifest.strays[0].answer is answer
    assert stored.manifest.limits == outcome.manifest.limits
    answer_strays(goods, {odd: answer}, "Ben")
    assert find_left_out(goods, list_images(goods)) == frozenset()
    (again,) = trained(goods, tmp_path / "second.inspector").manifest.strays
    assert (again.answer, again.by) == (answer, "Ben")


def test_a_photo_from_elsewhere_is_refused_and_nothing_is_kept(goods: Path, tmp_path: Path) -> None:
    other = shutil.copyfile(list_images(goods)[0], tmp_path / "other.png")
    with pytest.raises(DatasetError, match=r"other\.png"):
        answer_strays(goods, {other: Answer.DEFECTIVE, list_images(goods)[5]: Answer.RARE})
    assert not (goods / NAME).exists()


def test_put_back_it_is_no_longer_called_defective(goods: Path) -> None:
    odd = list_images(goods)[5]
    answer_strays(goods, {odd: Answer.DEFECTIVE}, "Anna")
    answer_strays(goods, {odd: Answer.RARE}, "Ben")
    assert find_left_out(goods, list_images(goods)) == frozenset()
    assert [one.answer for one in answers_to(goods).values()] == [Answer.RARE]


@pytest.mark.parametrize("out", [0, 1, 3, 5])
def test_the_promise_holds_when_the_highest_are_left_out(out: int) -> None:
    random = np.random.default_rng(out)
    rates, under = [], []
    for _ in range(3_000):
        scores = np.sort(random.random(100))[: 100 - out]  # uniform: the rate at a limit is the share above it
        threshold = threshold_from_good_scores(scores.tolist(), 0.01, taken_out=out)
        rates.append(1.0 - threshold.value)
        under.append(rates[-1] <= threshold.false_alarm.under)
    assert np.mean(rates) == pytest.approx(threshold.false_alarm.rate, rel=0.06)
    assert threshold.false_alarm.rate == pytest.approx(max(out + 1, 1) / 101)
    assert np.mean(under) >= 0.935
