"""Figures are the same on every machine, and everything that reads SVG can read them."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpulab.colours import DARK, LIGHT
from gpulab.report.charts import percent, tick_labels
from gpulab.report.drawings import Axis, Curves, Drawing, Forest, Interval, Line, Point, Scatter, Strip
from gpulab.report.figures import svg
from gpulab.report.history import banded, thinned
from gpulab.report.ink import PAGE, PAPER, colours

LINE = Line("A", 0, (0.0, 1.0, 2.0), (3.0, 2.0, 1.5), (2.9, 1.9, 1.4), (3.1, 2.1, 1.6))
OPEN = Interval("C", 2, 0.1, -math.inf, math.inf)
DRAWINGS: dict[str, Drawing] = {
    "curves": Curves(Axis("Steps", "si"), Axis("Bits per byte", better="lower"), (LINE,), shaded=(1.0, 1.2)),
    "lone-point": Curves(Axis("Steps"), Axis("Loss"), (Line("A", 0, (1.0,), (2.0,)),)),
    "log": Curves(Axis("Rate", log=True), Axis("Loss"), (Line("", 0, (1e-4, 1e-2), (2.0, 3.0), marked=True),)),
    "forest": Forest((Strip("Bits per byte", "lower", 0.005, (Interval("B", 1, 0.01, 0.005, 0.015), OPEN)),)),
    "scatter": Scatter(
        Axis("Size", "bytes", better="lower"), Axis("Loss"), (Point("A", 0, 1e6, 2.0, True), Point("B", 1, 5e5, 2.0))
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_is_the_same_each_time_and_well_formed(name: str) -> None:
    drawn = svg(DRAWINGS[name], name, PAPER, "A <title>", "Told & described")
    assert drawn == svg(DRAWINGS[name], name, PAPER, "A <title>", "Told & described")
    root = ET.fromstring(drawn)
    assert root.find("{http://www.w3.org/2000/svg}title").text == "A <title>"  # type: ignore[union-attr]
    assert "clip-path" not in drawn
    assert "<text" not in drawn
    assert "<metadata" not in drawn
    assert "date" not in drawn.lower().replace("update", "")
    ids = [element.get("id", "") for element in root.iter() if element.get("id")]
    assert all(one.startswith(f"{name}-") for one in ids)
    links = [element.get("{http://www.w3.org/1999/xlink}href") for element in root.iter()]
    assert {link[1:] for link in links if link} <= set(ids)


def test_a_figure_wears_every_theme() -> None:
    drawing = DRAWINGS["curves"]
    assert LIGHT.runs[0] in svg(drawing, "f", PAPER)
    assert DARK.runs[0] in svg(drawing, "f", colours(DARK))
    page = svg(drawing, "f", PAGE)
    assert "var(--run0)" in page
    assert "#0a0b" not in page


@settings(max_examples=15)
@given(
    st.lists(st.floats(-0.9, 5.0), min_size=1, max_size=4),
    st.floats(0.0, 0.5),
    st.sampled_from([0.0, 0.01, math.inf]),
)
def test_any_intervals_can_be_drawn(changes: list[float], region: float, reach: float) -> None:
    marks = tuple(Interval("B", place, one, one - reach, one + reach) for place, one in enumerate(changes))
    assert ET.fromstring(svg(Forest((Strip("Any", "higher", region, marks),)), "any", PAPER)) is not None


def test_settings_for_figures_of_ones_own_change_nothing() -> None:
    before = svg(DRAWINGS["curves"], "f", PAPER)
    with matplotlib.rc_context({"lines.linewidth": 9.0, "axes.grid": True, "svg.fonttype": "none", "font.size": 30.0}):
        assert svg(DRAWINGS["curves"], "f", PAPER) == before
        assert matplotlib.rcParams["lines.linewidth"] == 9.0  # and they stay as they were


def test_figures_drawn_at_once_do_not_disturb_each_other() -> None:
    alone = {name: svg(drawing, name, PAPER) for name, drawing in DRAWINGS.items()}
    with ThreadPoolExecutor(4) as pool:
        names = [*DRAWINGS] * 3
        drawn = list(pool.map(lambda name: svg(DRAWINGS[name], name, PAPER), names))
    assert all(one == alone[name] for name, one in zip(names, drawn, strict=True))


def test_ticks_share_a_prefix_and_tell_neighbours_apart() -> None:
    assert tick_labels([353.2e6, 353.4e6, 353.6e6], "bytes") == ["353.2 MB", "353.4 MB", "353.6 MB"]
    assert tick_labels([0.0, 500.0, 1000.0], "si") == ["0", "500", "1,000"]
    assert tick_labels([0.0, 20_000.0], "si") == ["0 k", "20 k"]
    assert tick_labels([-0.5, 0.0, 0.5], "plain") == ["−0.5", "0.0", "0.5"]
    assert tick_labels([1e-4, 2e-4], "plain") == ["0.0001", "0.0002"]
    assert [percent(share) for share in (0.0, 0.025, -0.4, 50.0)] == ["0 %", "+2.5 %", "−40 %", "+5,000 %"]


def test_long_curves_keep_their_ends_and_their_means() -> None:
    x = [float(place) for place in range(10_000)]
    thin_x, thin_y = thinned(x, [2.0 * one for one in x])
    assert len(thin_x) <= 240
    assert (thin_x[-1], thin_y[-1]) == (9999.0, 19998.0)
    assert list(thin_x) == sorted(thin_x)
    assert all(y == pytest.approx(2.0 * one) for one, y in zip(thin_x, thin_y, strict=True))


def test_bands_go_as_far_as_every_run() -> None:
    assert banded("A", 0, []) is None
    assert banded("A", 0, [((), ())]) is None
    same = banded("A", 0, [((0.0, 1.0), (4.0, 2.0)), ((0.0, 1.0), (6.0, 4.0))])
    assert same is not None
    assert (same.x, same.y, same.low, same.high) == ((0.0, 1.0), (5.0, 3.0), (4.0, 2.0), (6.0, 4.0))
    shifted = banded("A", 0, [((0.0, 2.0), (0.0, 2.0)), ((1.0, 5.0), (1.0, 5.0))])
    assert shifted is not None
    assert (shifted.x[0], shifted.x[-1]) == (1.0, 2.0)
    assert shifted.y == pytest.approx(shifted.x)
