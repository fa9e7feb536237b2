"""The histogram: positions of scores, hanging bars, and the key."""

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from inspector.gui.limits.roc_plot import RocPlot
from inspector.gui.widgets.histogram_key import HistogramKey
from inspector.gui.widgets.score_histogram import BINS, Histogram


@pytest.fixture
def histogram(qapp):
    made = Histogram()
    made.resize(300, 120)
    made.show()
    yield made
    made.hide()
    made.deleteLater()


def bars(histogram, name):
    """Return left edges, right edges and heights."""
    found = histogram._bars[name].opts
    x, half = np.asarray(found["x"]), found["width"] / 2
    return x - half, x + half, np.asarray(found["height"])


def test_results_are_coloured_by_the_side_of_the_lines_they_lie_on(histogram):
    histogram.show_scores([0.5], [0.3, 0.7, 0.8, 1.4], 1.0)
    histogram.set_threshold(1.0, 0.6)
    shares = {name: bars(histogram, name)[2].sum() for name in ("ok", "unsure", "ng")}
    assert shares == pytest.approx({"ok": 0.25, "unsure": 0.5, "ng": 0.25})
    histogram.set_threshold(1.0)
    assert bars(histogram, "unsure")[2].sum() == 0
    assert bars(histogram, "ok")[2].sum() == pytest.approx(0.75)


def test_a_score_at_the_line_does_not_stand_beyond_it(histogram):
    histogram.show_scores([1.0], [1.0], 1.0)
    histogram.set_threshold(1.0)
    assert bars(histogram, "good")[1].max() <= 1.0 + 1e-9
    assert bars(histogram, "ok")[1].max() <= 1.0 + 1e-9
    assert len(bars(histogram, "ng")[2]) == 0


def test_known_defects_hang_below_the_axis_and_need_room_only_if_there_are_any(histogram):
    histogram.show_scores([0.5, 0.6], [], 1.0)
    assert histogram.viewRange()[1][0] == pytest.approx(0.0)
    histogram.show_scores([0.5, 0.6], [], 1.0, [1.3, 1.3, 1.7])
    _, _, heights = bars(histogram, "defects")
    assert (heights < 0).all()
    assert heights.min() / heights.max() == pytest.approx(2.0)
    assert histogram.viewRange()[1][0] <= heights.min()


def test_what_lies_beyond_the_picture_is_counted_in_the_last_bar(histogram):
    histogram.show_scores([0.5], [*[0.5] * 98, 50.0, 60.0], 1.0)
    histogram.set_threshold(1.0)
    left, right, heights = bars(histogram, "ng")
    assert heights.tolist() == pytest.approx([0.02])
    assert left[0] >= histogram.top * (BINS - 1) / BINS
    assert right[0] <= histogram.top


def test_the_key_names_defects_only_where_they_are_drawn(qapp):
    key = HistogramKey()
    assert key.accessibleName() == "good photos, inspected"
    key.show_sets(defects=True)
    assert key.accessibleName() == "good photos, inspected, known defects"
    key.deleteLater()


@pytest.mark.parametrize("kind", [Histogram, RocPlot])
def test_a_plot_leaves_no_window_without_an_owner(qapp, kind):
    # The garbage collector would delete such a menu in any thread, and the process would end. Its window goes first, as
    # it does when the program ends; Python still holds the plot's items.
    before = len(qapp.topLevelWidgets())
    plot = kind()
    plot.show()
    assert not plot.getPlotItem().ctrlMenu.isVisible()
    items = plot.getPlotItem()
    plot.deleteLater()
    QCoreApplication.sendPostedEvents(plot, QEvent.Type.DeferredDelete)
    assert len(qapp.topLevelWidgets()) == before
    assert items.ctrlMenu is not None
