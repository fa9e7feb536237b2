"""Every error of the taxonomy has a title, a sentence and advice."""

import inspect

import pytest

from inspector.core import errors
from inspector.gui.actions.action import TABLE
from inspector.gui.state.messages import describe

CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.InspectorError) and kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_described(kind):
    problem = describe(kind("folder/part.png", "it is broken", action="mend it"))
    assert problem.title
    assert problem.sentence == "part.png: it is broken."
    assert problem.advice == "Mend it."
    assert problem.action is None or problem.action in {row.key for row in TABLE}


def test_without_advice_of_its_own_an_error_takes_its_classes():
    problem = describe(errors.NoImages("folder", "there is nothing"))
    assert "PNG" in problem.advice
    assert problem.action is None
