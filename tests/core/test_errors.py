import copy
import json
from pathlib import Path

import pytest

from inspector.core import errors
from inspector.core.errors import GoodSetUnusable, InspectorError

LEAVES = {
    "ImageError": {"ImageUnreadable", "ImageTooLarge"},
    "DatasetError": {"NoImages", "GoodSetUnusable"},
    "BundleError": {"BundleMissing", "BundleCorrupt", "BundleTooNew"},
    "HistoryError": {"HistoryLocked", "HistoryCorrupt", "HistoryTooNew", "PictureMissing"},
}


def all_errors():
    return [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]


def test_every_error_has_the_one_root():
    assert len(all_errors()) > 10
    assert all(issubclass(error, InspectorError) for error in all_errors())


@pytest.mark.parametrize(("parent", "leaves"), LEAVES.items())
def test_leaves_can_be_caught_by_what_they_are_about(parent, leaves):
    for leaf in leaves:
        assert issubclass(getattr(errors, leaf), getattr(errors, parent))
        assert getattr(errors, leaf).__mro__[1] is getattr(errors, parent)


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_every_error_names_its_subject_and_says_what_to_do(error):
    raised = error(Path("Gute Teile") / "Ärger 1.png", "the file is empty; photograph the part again")
    assert raised.subject == str(Path("Gute Teile") / "Ärger 1.png")
    assert raised.sentence == "the file is empty; photograph the part again"
    assert str(raised) == f"{raised.subject}: {raised.sentence}"


def test_all_problems_of_a_good_set_travel_together():
    problems = [(Path("a.png"), "empty"), (Path("b.png"), "cut short")]
    raised = GoodSetUnusable("goods", "2 photos cannot be used", problems)
    problems.clear()
    assert raised.problems == ((Path("a.png"), "empty"), (Path("b.png"), "cut short"))
    assert GoodSetUnusable("goods", "nothing in it").problems == ()


def test_an_error_has_a_problem_and_an_action():
    error = errors.ImageUnreadable("part.png", "the file is empty", action="take the photo again")
    assert (error.sentence.problem, error.sentence.action) == ("the file is empty", "take the photo again")
    assert error.sentence == "the file is empty; take the photo again"
    assert str(error) == "part.png: the file is empty; take the photo again"


def test_a_message_passes_through_an_error_and_a_file_in_two_parts():
    message = errors.Message("the disk {name} is full", "free space; then go on").format(name="D:")
    error = errors.ResultsError("out", message)
    assert error.sentence is message
    stored = json.loads(json.dumps({"refusal": message}))["refusal"]
    again = errors.Message.of(stored)
    assert (again.problem, again.action) == ("the disk D: is full", "free space; then go on")
    assert copy.deepcopy(message) == message
    assert errors.Message.of("out of memory").action == ""
