from inspector.core.good_photos.group_names import groups_by_name
from inspector.core.good_photos.sessions import SessionsBy, grouped
from inspector.core.promise.groups import candidates_of


def partitions(stems: list[str]) -> list[tuple[int, ...]]:
    found = candidates_of([grouped(SessionsBy.NAME, names) for names in groups_by_name(stems)])
    return [tuple(one.labels()) for one in found]


def test_each_place_of_a_name_suggests_groups() -> None:
    stems = [
        f"01_{day}{hour:02d}_{place}_crop" for day in (20090101, 20090102) for hour in (7, 8) for place in (27, 33)
    ]
    found = partitions(stems)
    assert (0, 1, 0, 1, 0, 1, 0, 1) in found  # the place
    assert (0, 0, 0, 0, 1, 1, 1, 1) in found  # the day, from the first digits of a long number
    assert (0, 0, 1, 1, 2, 2, 3, 3) in found  # the hour
    assert len(found) == len(set(found))


def test_a_part_counted_anew_in_each_lot_is_found_with_its_lot() -> None:
    stems = [f"lot{lot}_plate{plate}_{at}" for lot in (1, 2) for plate in (1, 2) for at in range(3)]
    assert (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3) in partitions(stems)
    assert (0, 0, 0, 0, 1, 1, 1, 1) in partitions([f"kos{10 + at // 4}_Part{at % 4}" for at in range(8)])


def test_plain_counters_and_equal_names_say_nothing() -> None:
    assert partitions([f"{at:03d}" for at in range(40)]) == []
    assert partitions([f"IMG_{at}" for at in range(100, 140)]) == []
    assert partitions(["part"] * 10) == []
    assert partitions([""] * 10) == []


def test_names_of_several_makes_are_told_apart_by_their_beginning_and_end() -> None:
    stems = [f"a_{at}" for at in range(4)] + [f"b_x_{at}" for at in range(4)]
    assert (0, 0, 0, 0, 1, 1, 1, 1) in partitions(stems)


def test_letters_of_any_language_are_read() -> None:
    assert (0, 0, 1, 1) in partitions(["дверь_1", "дверь_2", "окно_1", "окно_2"])
