"""Pictures of the oldest OK parts go first, those of flagged parts never by themselves, and nothing goes silently."""

import shutil
from collections import namedtuple
from datetime import UTC, datetime

import pytest

from inspector.core.errors import PictureMissing
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.storage.history.disk_budget import GB, DiskBudget, HistoryState, Room, size_words
from inspector.storage.history.picture_folder import encode_pictures
from inspector.storage.history.records import Order, PartFilter, Pictures
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged, refused

OK, UNSURE, NG, REFUSED = 0.5, 0.9, 1.5, None
SIZE = encode_pictures(judged(0, OK)).size
SMALL = int(4.5 * SIZE)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def tight(folder):
    """A history with room for four parts."""
    with History.open(folder, budget=DiskBudget(SMALL, 0)) as history:
        yield history


@pytest.fixture
def disk(monkeypatch):
    """A disk whose free space the test sets, apart from the pictures."""

    def leave(free):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free, 0, free))

    return leave


def add(history, *scores):
    """Add copies of one cell, so that all are of one size, with these relative scores."""
    return [history.add(judged(0, score)) for score in scores]


def kept(history):
    return [record.id for record in history.page(order=Order.OLDEST) if record.pictures is Pictures.KEPT]


def bytes_on_disk(folder):
    return sum(path.stat().st_size for path in (folder / "pictures").rglob("*") if path.is_file())


def test_the_oldest_ok_parts_go_first(tight, folder):
    add(tight, OK, NG, OK, UNSURE)
    assert tight.state.room is Room.AMPLE
    assert tight.state.sentence == ""
    add(tight, OK)
    assert kept(tight) == [2, 3, 4, 5]
    assert tight.state.room is Room.DELETING
    assert "oldest OK parts" in tight.state.sentence
    add(tight, OK, OK)
    assert kept(tight) == [2, 4, 6, 7]
    assert tight.state.kept_bytes == bytes_on_disk(folder) <= SMALL


def test_what_was_deleted_says_so(tight):
    before = datetime.now(UTC)
    add(tight, OK, OK, OK, OK, OK)
    gone = tight.get(1)
    assert gone.record.pictures is Pictures.DELETED
    assert gone.pictures_gone == "deleted to make room for newer pictures"
    assert before <= gone.pictures_deleted_at <= datetime.now(UTC)
    assert gone.photo.sha256  # its former text is still known
    with pytest.raises(PictureMissing, match="deleted to make room"):
        tight.photo(1)
    assert gone.record.score == judged(0, OK).inspection.score
    assert tight.count() == 5


def test_refused_photos_go_when_no_ok_part_is_left(tight):
    add(tight, REFUSED, OK, NG, OK, OK, OK, NG)
    assert kept(tight)[0] == 1
    add(tight, NG, NG, NG)
    assert kept(tight) == [3, 7, 8, 9, 10]


def test_refused_parts_that_would_be_ng_stay_and_reviews_that_were_taken_back_change_nothing(tight):
    tight.add(refused(0, NG))
    tight.add(refused(0, UNSURE))
    for number in (1, 2):
        tight.review(number, Review(Decision.DEFECT, "Q", NOON))
        tight.undo_review(number, "Q", NOON)
    add(tight, NG, NG, NG, NG)
    assert kept(tight)[0] == 1
    assert 2 not in kept(tight)


def test_flagged_parts_stay_and_new_ones_are_kept_beyond_the_budget(tight, folder):
    add(tight, NG, UNSURE, NG, UNSURE, NG)
    assert kept(tight) == [1, 2, 3, 4, 5]
    assert tight.state.room is Room.FULL
    assert "raise the budget" in tight.state.sentence
    assert bytes_on_disk(folder) > SMALL


def test_a_refused_part_that_would_be_ng_is_kept_beyond_the_budget_and_another_one_is_not(tight):
    add(tight, NG, NG, NG, NG)
    tight.add(refused(0, NG))
    tight.add(refused(0, UNSURE))
    assert kept(tight) == [1, 2, 3, 4, 5]


def test_an_ok_part_without_room_keeps_its_row_and_says_why(tight):
    add(tight, NG, NG, NG, NG, OK)
    assert kept(tight) == [1, 2, 3, 4]
    assert tight.state.room is Room.FULL
    found = tight.get(5)
    assert found.record.pictures is Pictures.NOT_KEPT
    assert "pictures of OK parts are not kept any more" in found.pictures_gone
    with pytest.raises(PictureMissing, match="disk budget"):
        tight.photo(5)


def test_what_a_person_has_reviewed_stays_until_the_review_is_taken_back(tight):
    add(tight, OK, OK)
    tight.review(1, Review(Decision.DEFECT, "Q", NOON))  # a missed defect
    add(tight, OK, OK, OK, OK)
    assert 1 in kept(tight)
    assert 2 not in kept(tight)
    tight.undo_review(1, "Q", NOON)
    add(tight, OK)
    assert 1 not in kept(tight)


def test_a_review_of_a_part_without_pictures_does_not_bring_them_back_to_the_books(tight):
    add(tight, OK, OK, OK, OK, OK)
    tight.review(1, Review(Decision.UNSURE, "Q", NOON))
    tight.undo_review(1, "Q", NOON)
    add(tight, OK, OK, OK, OK)
    assert tight.state.kept_bytes == 4 * SIZE


def test_the_disk_keeps_what_must_stay_free(folder, disk):
    disk(10 * GB)
    with History.open(folder) as history:
        add(history, OK, OK)
        assert history.state.room is Room.AMPLE
        disk(GB)
        add(history, NG)
        assert kept(history) == [3]  # both OK parts went for it
        assert history.state.room is Room.DELETING
        assert "1 GB" in history.state.sentence
        disk(GB // 2)
        add(history, NG)
        assert history.state.room is Room.NONE
        assert "no pictures are kept" in history.state.sentence
        assert history.get(4).record.pictures is Pictures.NOT_KEPT
        assert history.get(4).record.verdict is Verdict.NG
        assert kept(history) == [3]
        disk(10 * GB)
        add(history, OK)
        assert kept(history) == [3, 5]


def test_a_photo_larger_than_the_budget_drives_nothing_out(folder):
    with History.open(folder, budget=DiskBudget(SIZE, 0)) as history:
        add(history, OK)
        large = judged(0, OK, image_rgb=judged(0).image_rgb.repeat(2, axis=0))
        number = history.add(large)
        assert kept(history) == [1]
        assert history.get(number).record.pictures is Pictures.NOT_KEPT


def test_how_it_stands_is_known_after_opening_again(folder):
    with History.open(folder, budget=DiskBudget(SMALL, 0)) as history:
        add(history, NG, NG, NG, NG, NG)
    with History.open(folder, budget=DiskBudget(SMALL, 0)) as history:
        assert history.state.room is Room.FULL
        assert history.state.kept_bytes == bytes_on_disk(folder)
    with History.open(folder, budget=DiskBudget(10 * SMALL, 0)) as history:
        assert history.state.room is Room.AMPLE


def test_a_person_may_delete_any_pictures_by_name(tight, folder):
    add(tight, NG, NG, UNSURE, OK)
    deleted = tight.delete_pictures(PartFilter(verdicts=frozenset({Verdict.NG})), "M. Keller")
    assert deleted == 2
    assert kept(tight) == [3, 4]
    assert tight.get(1).pictures_gone == "deleted by M. Keller"
    assert tight.state.kept_bytes == bytes_on_disk(folder) == 2 * SIZE
    assert tight.delete_pictures(PartFilter(verdicts=frozenset({Verdict.NG})), "M. Keller") == 0


def test_the_folder_of_a_day_goes_with_its_last_picture(folder):
    with History.open(folder, budget=DiskBudget(int(1.5 * SIZE), 0)) as history:
        history.add(judged(0, OK, inspected_at=NOON.replace(day=1)))
        history.add(judged(0, OK, inspected_at=NOON.replace(day=2)))
    assert [path.name for path in (folder / "pictures").glob("2026*")] == ["2026-03-02"]


def test_two_programs_share_one_budget(folder):
    budget = DiskBudget(SMALL, 0)
    with History.open(folder, budget=budget) as one, History.open(folder, budget=budget) as other:
        for _ in range(4):
            add(one, OK)
            add(other, OK)
        assert bytes_on_disk(folder) <= SMALL
        assert kept(one) == kept(other) == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("kept_bytes", "free", "size", "shortage"),
    [(0, 100, 10, 0), (95, 100, 10, 5), (90, 100, 10, 0), (0, 25, 10, 5), (95, 15, 10, 15), (200, 100, 0, 100)],
)
def test_what_must_go_follows_from_limit_and_floor(kept_bytes, free, size, shortage):
    assert DiskBudget(100, 20).shortage(kept_bytes, free, size) == shortage


@pytest.mark.parametrize("room", Room)
def test_every_state_but_ample_is_told_in_a_sentence(room):
    sentence = HistoryState(room, 30 * GB, 100 * GB, DiskBudget()).sentence
    assert (sentence == "") == (room is Room.AMPLE)
    assert sentence == "" or (sentence[0].isupper() and sentence.endswith("."))


def test_sizes_are_read_by_people():
    sizes = (20 * GB, 1_500_000_000, 2_000_000, 3400)
    assert [size_words(size) for size in sizes] == ["20 GB", "1.5 GB", "2 MB", "3.4 kB"]
