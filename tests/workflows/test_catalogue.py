from inspector.core.recipe import DEFAULT_METHOD
from inspector.workflows.catalogue import methods


def test_every_method_has_a_title_and_says_when_to_take_it() -> None:
    listed = methods()
    assert listed[0][0] == DEFAULT_METHOD
    assert {"reconpatch", "patchcore"} <= {name for name, _, _ in listed}
    for _, title, summary in listed:
        assert title
        assert summary.endswith(".")
