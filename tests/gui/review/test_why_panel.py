"""The explanation of a flag: the most anomalous patch of a real cell beside the nearest normal patch of the open
model."""

import numpy as np
import pytest

from inspector.core.judging.explanation import Box
from inspector.core.values import Verdict
from inspector.gui.follow_up.explaining import crop
from inspector.gui.state.review_filter import Judged, Reviewed, ReviewFilter
from inspector.workflows.judging.loaded_bundle import open_bundle
from tests.gui.review.conftest import WAIT_MS, settled


def shown(picture):
    return not picture.pixmap().isNull()


@pytest.fixture
def explained(window, page, quick_bundle, qtbot):
    """The page with the bundle open, and its answer."""
    with qtbot.waitSignal(
        window.workers.explaining.explained, timeout=WAIT_MS, check_params_cb=lambda one: one is not None
    ):
        window.state.set_bundle(open_bundle(quick_bundle))
    return page.why


def test_without_a_bundle_the_page_says_what_to_open(page):
    assert page.why.isVisible()
    assert "Open the model" in page.why.words.text()
    assert not shown(page.why.found)


def test_the_strangest_patch_is_shown_beside_the_nearest_normal_one(explained):
    assert shown(explained.found)
    assert shown(explained.nearest)
    words = explained.words.text()
    assert "good photo" in words
    assert "Another model judged the part" in words  # the history's parts name a bundle of their own


def test_another_part_gets_an_answer_of_its_own(window, page, explained, state, qtbot):
    before = explained.found.pixmap().toImage()
    answers = []
    window.workers.explaining.explained.connect(answers.append)
    window.actions_table["next_review"].trigger()
    qtbot.waitUntil(lambda: answers and answers[-1] is not None, timeout=WAIT_MS)
    assert answers[-1].part_number == state.review.selected.id
    assert explained.found.pixmap().toImage() != before
    window.workers.explaining.explained.disconnect(answers.append)


def test_a_part_that_was_not_flagged_is_not_explained(window, page, explained, state, review, qtbot):

    review.set_filter(ReviewFilter(Judged.ANY, Reviewed.ANY))
    row = None

    def found():
        nonlocal row
        rows = range(window.workers.reviewing.table.rowCount())
        records = [window.workers.reviewing.table.record(at) for at in rows]
        row = next((at for at, one in enumerate(records) if one is not None and one.verdict is Verdict.OK), None)
        return row is not None

    qtbot.waitUntil(found, timeout=WAIT_MS)
    window.workers.reviewing.show_row(row)
    qtbot.waitUntil(lambda: review.details is not None and settled(window), timeout=WAIT_MS)
    assert not page.why.isVisible()


def test_a_patch_at_the_border_is_cropped_within_the_photo():
    photo = np.arange(300 * 200 * 3, dtype=np.uint32).astype(np.uint8).reshape(300, 200, 3)
    piece = crop(photo, Box(192, 292, 8, 8))
    assert piece.image_rgb.shape == (56, 56, 3)
    assert (piece.box.x + piece.box.w, piece.box.y + piece.box.h) == (56, 56)
    inside = piece.image_rgb[piece.box.y : piece.box.y + 8, piece.box.x : piece.box.x + 8]
    assert np.array_equal(inside, photo[292:300, 192:200])
