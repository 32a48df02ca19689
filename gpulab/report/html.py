"""A report as one HTML file that needs nothing else: no script, no font, no picture, no net.

Everything is escaped by the template engine; the only markup put in as it is are figures, drawn from numbers alone, and
the style sheet. A policy in the file's head forbids scripts and loading, should a browser find any.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gpulab.colours import DARK, LIGHT, Theme
from gpulab.report.figures import svg
from gpulab.report.ink import PAGE, colours
from gpulab.report.model import Block, Picture, Report, Section
from gpulab.report.shown_text import bound, shown
from gpulab.resources import resource

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def page(report: Report) -> str:
    """The whole file's text. The same report gives the same text."""
    environment = _environment()
    runs = len(LIGHT.runs)
    return environment.get_template("report.html").render(
        report=report,
        runs=runs,
        light=_raw(_variables(LIGHT)),
        dark=_raw(_variables(DARK)),
        style=_raw(environment.get_template("report.css").render(runs=runs)),
        draw=_draw,
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resource("report")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        keep_trailing_newline=True,
    )
    environment.filters |= {"grouped": _grouped, "bound": bound}
    return environment


def _finalized(value: Any) -> Any:
    """Every value that the template puts out passes here before it is escaped."""
    return shown(value) if type(value) is str else value


def _grouped(section: Section) -> Iterator[tuple[str, list[Block]]]:
    """Neighbours of one kind share a grid."""
    for kind, blocks in groupby(section.blocks, lambda block: type(block).__name__.lower()):
        yield kind, list(blocks)


def _draw(picture: Picture) -> Markup:
    return _raw(svg(picture.drawing, picture.name, PAGE, shown(picture.title), shown(picture.description)))


def _variables(theme: Theme) -> str:
    named = {**colours(theme), "window": theme.window, "accent": theme.accent, "warning": theme.warning}
    return " ".join(f"--{role.replace('_', '-')}: {colour};" for role, colour in named.items())


def _raw(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)
