"""Recorded parts come back unchanged, whatever happens afterwards."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from inspector.core.errors import HistoryError, PictureMissing
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Inspection, Limits, Verdict
from inspector.storage.history.records import UNSCORED, Order, PartFilter, Pictures
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, READING, judged, refused


def say(decision, defect_class="", reviewer="Q", minutes=60):
    return Review(decision, reviewer, NOON + timedelta(minutes=minutes), defect_class)


def test_a_part_comes_back_as_it_was_judged(history):
    part = judged(3, 1.25)
    number = history.add(part)
    found = history.get(number)
    record = found.record
    assert (record.part_id, record.source, record.operator, record.trigger) == (
        "cell 3",
        "camera:0",
        "early shift",
        "key",
    )
    assert (record.bundle_sha256, record.bundle_name) == ("b" * 64, "cells.inspector")
    assert record.inspected_at == part.inspected_at
    assert record.inspected_at.utcoffset() == timedelta(hours=1)
    assert record.verdict is Verdict.NG
    assert record.score == part.inspection.score
    assert record.limits == part.limits
    assert record.relative_score == pytest.approx(1.25)
    assert found.regions == part.regions
    assert found.regions[0].outline
    assert found.readings == (READING,)
    assert (found.ms, found.refusal, found.photo_hw) == (12.5, None, (300, 300))
    assert (record.decision, record.defect_class, found.reviews) == (None, "", ())
    assert record.pictures is Pictures.KEPT
    assert found.pictures_gone == ""


def test_photo_and_map_can_be_scored_again_exactly(history):
    part = judged(2, 1.1)
    number = history.add(part)
    np.testing.assert_array_equal(history.photo(number), part.image_rgb)
    kept = history.score_map(number)
    np.testing.assert_array_equal(kept.grid, part.inspection.score_map.grid)
    assert kept.grid.dtype == np.float32
    assert kept.dense_hw == part.inspection.score_map.dense_hw
    assert kept.score == part.inspection.score


@pytest.mark.parametrize(("relative", "would_be"), [(0.5, "OK"), (0.9, "UNSURE"), (1.5, "NG")])
def test_a_refused_part_is_kept_with_score_map_and_the_verdict_it_would_have_had(history, relative, would_be):
    part = refused(1, relative)
    found = history.get(history.add(part))
    assert found.record.verdict is Verdict.REFUSED
    assert found.record.score == part.inspection.score
    assert found.record.relative_score == pytest.approx(relative)
    assert found.record.would_be is Verdict(would_be)
    assert found.record.refused_and_ng == (would_be == "NG")
    assert found.record.judged_score is None
    assert found.refusal.startswith("too dark")
    assert found.regions == part.regions
    np.testing.assert_array_equal(history.score_map(1).grid, part.inspection.score_map.grid)


def test_a_refused_photo_of_another_size_is_kept_without_score_or_map(history):
    number = history.add(judged(1, None))
    found = history.get(number)
    assert found.record.verdict is Verdict.REFUSED
    assert found.record.score is None
    assert found.record.relative_score == UNSCORED
    assert found.record.would_be is None
    assert not found.record.refused_and_ng
    assert found.refusal.startswith("too dark")
    assert history.score_map(number) is None
    assert history.photo(number).shape == (300, 300, 3)


def test_everything_is_there_after_opening_again(folder):
    with History.open(folder) as history:
        number = history.add(judged(0, 2.0))
        history.review(number, say(Decision.DEFECT, "crack"))
    with History.open(folder) as history:
        assert history.get(number).record.decision is Decision.DEFECT
        assert history.count() == 1
        np.testing.assert_array_equal(history.photo(number), judged(0).image_rgb)


def test_the_user_s_own_history_lies_in_the_user_s_data(user_folders):
    with History.open() as history:
        number = history.add(judged())
        photo = history.get(number).photo.path
    assert (user_folders / "data" / "history" / "history.sqlite").exists()
    assert (user_folders / "data" / "history" / "pictures" / photo).exists()


def test_a_history_can_be_moved_with_its_pictures(folder, tmp_path):
    with History.open(folder) as history:
        number = history.add(judged(4))
    moved = folder.rename(tmp_path / "moved")
    with History.open(moved) as history:
        np.testing.assert_array_equal(history.photo(number), judged(4).image_rgb)


def test_files_lie_in_a_folder_for_each_day(history, folder):
    number = history.add(judged(0, inspected_at=NOON.replace(day=28)))
    found = history.get(number)
    assert {found.photo.path[:11], found.score_map.path[:11]} == {"2026-03-28/"}
    files = {path.relative_to(folder / "pictures").as_posix() for path in (folder / "pictures").rglob("2026*/*")}
    assert files == {found.photo.path, found.score_map.path}


def test_a_verdict_is_a_fact_of_its_moment(history):
    part = judged(0, 1.05)
    number = history.add(part)
    looser = Limits(2.0 * part.limits.threshold)
    later = history.add(replace(part, limits=looser))
    history.review(number, say(Decision.FALSE_ALARM))
    assert history.get(number).record.verdict is Verdict.NG
    assert history.get(later).record.verdict is Verdict.OK
    assert history.get(number).record.limits == part.limits


def test_reviews_are_added_and_never_changed(history):
    number = history.add(judged(0, 1.5))
    first = history.review(number, say(Decision.UNSURE, reviewer="A"))
    second = history.review(number, Review(Decision.DEFECT, "B", NOON, "crack", "left edge"))
    assert history.get(number).record.decision is Decision.DEFECT
    assert history.get(number).record.defect_class == "crack"
    undo = history.undo_review(number, "B", NOON + timedelta(hours=2))
    reviews = history.get(number).reviews
    assert [review.id for review in reviews] == [first, second, undo]
    assert [review.decision for review in reviews] == [Decision.UNSURE, Decision.DEFECT, Decision.UNSURE]
    assert [review.undoes for review in reviews] == [None, None, second]
    assert (reviews[1].note, reviews[1].reviewer, reviews[1].reviewed_at) == ("left edge", "B", NOON)
    assert (history.get(number).record.decision, history.get(number).record.defect_class) == (Decision.UNSURE, "")


def test_undo_goes_back_step_by_step_to_nothing(history):
    number = history.add(judged(0, 1.5))
    history.review(number, say(Decision.DEFECT))
    history.review(number, say(Decision.FALSE_ALARM))
    history.undo_review(number, "Q", NOON)
    history.review(number, say(Decision.UNSURE))
    decisions = []
    for _ in range(2):
        history.undo_review(number, "Q", NOON)
        decisions.append(history.get(number).record.decision)
    assert decisions == [Decision.DEFECT, None]
    with pytest.raises(HistoryError, match="there is no review to withdraw"):
        history.undo_review(number, "Q", NOON)
    assert len(history.get(number).reviews) == 6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE inspections SET verdict = 'OK'",
        "UPDATE inspections SET score = 0",
        "DELETE FROM inspections",
        "UPDATE details SET refusal = ''",
        "DELETE FROM details",
        "UPDATE reviews SET decision = 'defect'",
        "DELETE FROM reviews",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_said(history, folder, change):
    number = history.add(judged(0, 1.5))
    history.review(number, say(Decision.FALSE_ALARM))
    with (
        closing(sqlite3.connect(folder / "history.sqlite")) as other,
        pytest.raises(sqlite3.Error, match="append-only"),
    ):
        other.execute(change)
    assert history.get(number).record.verdict is Verdict.NG


def test_parts_follow_each_other_as_they_were_added_when_the_clock_goes_back(history):
    for minutes in (10, 20, -600, 5):
        history.add(judged(0, inspected_at=NOON + timedelta(minutes=minutes)))
    assert [record.id for record in history.page()] == [4, 3, 2, 1]
    assert [record.id for record in history.page(order=Order.OLDEST)] == [1, 2, 3, 4]
    assert history.count(PartFilter(since=NOON)) == 3
    assert [record.id for record in history.page(PartFilter(until=NOON))] == [3]


def test_names_that_are_no_text_and_notes_that_are_sql_are_kept(history):
    hostile = "a\udcff\0b'); DROP TABLE reviews; --"
    number = history.add(judged(0, 1.5, part_id=hostile, operator="=1+1", source="C:\\Teile\n"))
    history.review(number, Review(Decision.DEFECT, "=cmd()", NOON, "<b>", hostile))
    found = history.get(number)
    assert found.record.part_id == "a\\udcff\\x00b'); DROP TABLE reviews; --"
    assert (found.record.operator, found.record.source) == ("=1+1", "C:\\Teile\n")
    assert (found.reviews[0].reviewer, found.reviews[0].defect_class) == ("=cmd()", "<b>")
    assert history.page(PartFilter(part_prefix=hostile))[0].id == number


def test_a_moment_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        judged(0, inspected_at=NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"):
        Review(Decision.DEFECT, "Q", NOON.replace(tzinfo=None))


def test_a_part_that_is_not_there_is_named(history):
    for ask in (history.get, history.photo, history.score_map, lambda number: history.review(number, say("defect"))):
        with pytest.raises(HistoryError, match=r"part 77: .*no such part"):
            ask(77)


def test_an_altered_or_missing_file_is_not_taken_for_the_photo(history, folder):
    number = history.add(judged(0, 1.5))
    found = history.get(number)
    (folder / "pictures" / found.photo.path).write_bytes((folder / "pictures" / found.score_map.path).read_bytes())
    (folder / "pictures" / found.score_map.path).unlink()
    with pytest.raises(PictureMissing, match="the file was replaced"):
        history.photo(number)
    with pytest.raises(PictureMissing, match="missing"):
        history.score_map(number)
    assert history.get(number).record.verdict is Verdict.NG


def test_several_threads_add_and_read_at_once(history):
    numbers, seen, failed = [], [], []

    def add(first):
        try:
            for index in range(first, first + 8):
                numbers.append((history.add(judged(index)), f"cell {index}"))
                seen.append(history.count() - len(history.page(limit=100)))
        except (HistoryError, AssertionError) as error:
            failed.append(error)

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 8, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(number for number, _ in numbers) == list(range(1, 25))
    assert all(history.get(number).record.part_id == name for number, name in numbers)
    assert history.count() == 24


def test_an_unreadable_photo_keeps_its_sentence(history):
    part = judged(0)
    unreadable = Inspection(part.inspection.path, error="the photo is cut short")
    number = history.add(replace(part, inspection=unreadable, regions=()))
    assert history.get(number).record.verdict is Verdict.UNREADABLE
    assert history.get(number).refusal == "the photo is cut short"
