"""Draws the figures of a report as SVG: the same numbers give the same bytes, on every machine and every day.

Letters are drawn as shapes of the bundled font, so nothing has to be installed, and nothing is clipped, because not
every reader of SVG can clip: what would lie outside is not drawn.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping
from html import escape
from threading import Lock
from typing import TYPE_CHECKING, Any

from gpulab.report.drawings import Curves, Drawing, Forest, Scatter
from gpulab.report.ink import ink, inked
from gpulab.resources import resource

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ONE_AT_A_TIME = Lock()
WIDTH_IN = 5.2
_JOINS = "stroke-linejoin: round; stroke-linecap: butt"
_ID = re.compile(r'(\bid="|href="#|url\(#)')


def svg(drawing: Drawing, name: str, palette: Mapping[str, str], title: str = "", description: str = "") -> str:
    """`drawing` as one `<svg>` element in the colours of `palette`. `name` makes its ids unique among others."""
    from matplotlib import style
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    _load_fonts()
    looks: Any = ["default", _settings(name)]  # whatever a person set for figures of their own
    with _ONE_AT_A_TIME, style.context(looks):  # which changes what all threads share
        figure = Figure(layout="constrained")
        FigureCanvasSVG(figure)
        _drawer(drawing)(figure)
        written = io.StringIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a figure too small for its labels is still a figure
            figure.savefig(written, format="svg", transparent=True, metadata=_NO_METADATA)
    return inked(_element(written.getvalue(), name, title, description), palette)


_NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _drawer(drawing: Drawing) -> Callable[[Figure], None]:
    from gpulab.report import charts

    match drawing:
        case Curves():
            return lambda figure: charts.draw_curves(figure, drawing)
        case Forest():
            return lambda figure: charts.draw_forest(figure, drawing)
        case Scatter():
            return lambda figure: charts.draw_scatter(figure, drawing)


def _settings(name: str) -> dict[str, Any]:
    return {
        "svg.fonttype": "path",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "font.family": ["Inter"],
        "font.size": 10.5,
        "figure.figsize": (WIDTH_IN, 3.2),
        "path.simplify": False,
        "axes.unicode_minus": True,
        "axes.linewidth": 0.8,
        "text.color": ink("text"),
        "axes.labelcolor": ink("muted"),
        "axes.edgecolor": ink("strong_border"),
        "xtick.color": ink("strong_border"),
        "ytick.color": ink("strong_border"),
        "xtick.labelcolor": ink("muted"),
        "ytick.labelcolor": ink("muted"),
        "xtick.labelsize": 9.5,
        "ytick.labelsize": 9.5,
        "axes.labelsize": 10.0,
        "grid.color": ink("grid"),
        "grid.linewidth": 0.8,
        "axes.facecolor": "none",
    }


def _load_fonts() -> None:
    from matplotlib.font_manager import fontManager

    if not any(font.name == "Inter" for font in fontManager.ttflist):
        for path in sorted(resource("fonts").glob("Inter-*.otf")):
            fontManager.addfont(str(path))


def _element(document: str, name: str, title: str, description: str) -> str:
    """The `<svg>` element alone, its ids marked with `name`, with words for who cannot see it."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<!--.*?-->\s*", "", element, flags=re.DOTALL)
    element = re.sub(r"<(metadata|style|clipPath)\b.*?</\1>\s*", "", element, flags=re.DOTALL)
    element = re.sub(r' clip-path="[^"]*"', "", element)
    for space in re.findall(r'<path id="([^"]+)" transform="[^"]*"/>', element):  # which Qt takes for damage
        element = re.sub(rf'<(path id|use xlink:href)="#?{re.escape(space)}"[^>]*/>\s*', "", element)
    element = _ID.sub(lambda found: f"{found.group()}{name}-", element)
    head = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    told = f' style="{_JOINS}" role="img" aria-labelledby="{name}-title {name}-desc"'
    end = element.index(">")
    return f"{element[:end]}{told}>{head}{element[end + 1 :]}".rstrip()
