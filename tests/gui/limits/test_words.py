"""Sentences on limits that the window shows."""

from inspector.core.promise.detection import Detection
from inspector.gui.limits import words


def test_the_cost_of_a_limit_for_a_new_group_stands_beside_what_it_finds():
    said = words.detection(Detection(0.31, 0.4, 0.5, at_known_limit=0.62)).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "31 % of the known defects are NG, 40 % NG or UNSURE. The best limit with as many false alarms finds 50 %. "
        "The limit for known groups finds 62 %."
    )
    assert "known groups" not in words.detection(Detection(0.31, 0.4, 0.5))
    assert words.detection(Detection(0.31, 0.31, None, at_known_limit=0.62)).endswith("finds 62\N{NO-BREAK SPACE}%.")


def test_too_few_groups_state_no_number_of_unsure_parts_of_a_new_one():
    of_groups = words.unsure_parts(0.045, 0.01)
    assert of_groups.startswith("Of 100 good parts, 4.5 more will be UNSURE in a new group, 1.0 in known groups")
    assert words.unsure_parts(0.045).startswith("Of 100 good parts, 4.5 more")
    few = words.unsure_parts(None, 0.01)
    assert few.startswith("Of 100 good parts of known groups, 1.0 more will be UNSURE")
    assert few.endswith("The groups are too few to state a number for a new group.")
