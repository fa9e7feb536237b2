"""The card of a trained model asks about photos that stand apart before it offers the limit."""

from dataclasses import replace

from inspector.core.promise.strays import Answer
from inspector.gui.training.bundle_card import LACKING_SIGN, BundleCard
from inspector.storage.good_photos.good_set_answers import StrayRecord
from inspector.workflows.judging.loaded_bundle import open_bundle


def test_a_photo_that_stands_apart_is_named_before_the_limit(window, state, quick_bundle, monkeypatch):
    shown = []
    monkeypatch.setattr("inspector.gui.training.bundle_card.dress", lambda _sign, *what: shown.append(what[:-1]))
    monkeypatch.setattr("inspector.gui.training.bundle_card.goods_lacking", lambda *_: 0)
    card = window.findChild(BundleCard)
    loaded = open_bundle(quick_bundle)
    for answer in (None, Answer.DEFECTIVE, Answer.RARE):
        stray = StrayRecord(sha256="0" * 64, position=0, relative_score=1.0, limit_without=0.78, answer=answer)
        manifest = loaded.stored.manifest.model_copy(update={"strays": (stray,)})
        state.set_bundle(replace(loaded, stored=replace(loaded.stored, manifest=manifest)))
        said = card.strays.heading.text()
        assert said == "1 of 30 good photos stands apart and sets the limit alone. Without it the limit would be 0.78."
        assert card.strays.isVisibleTo(card)
        assert card.layout().indexOf(card.strays) < card.layout().indexOf(card.promise)
        assert (shown[-1] == tuple(LACKING_SIGN)) is (answer is not Answer.RARE)
