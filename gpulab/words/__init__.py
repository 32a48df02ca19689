"""Every sentence that a key of a document or a problem can become.

Specs, engine and documents carry keys and arguments; `ui`, `cli` and `report` call `sentence` to put them into words.
Each module of this package holds one table of templates (`str.format` style). The window passes Qt's translation as
`translate`, the command line passes nothing and gets English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from string import Formatter

from gpulab.spec.problem import Argument, Problem

TABLES = (
    "bad_input",
    "text",
    "machine",
    "hardware",
    "ceilings",
    "profiles",
    "notices",
    "endings",
    "dangers",
    "commentary",
    "finding",
    "lessons",
    "gallery",
    "verdicts",
)


@cache
def sentences() -> Mapping[str, str]:
    """Every template by its key, read when the first sentence is said: the window's first paint says none."""
    tables = (import_module(f"{__name__}.{table}").SENTENCES for table in TABLES)
    return {key: template for table in tables for key, template in table.items()}


def sentence(key: str, arguments: Mapping[str, Argument], translate: Callable[[str], str] = str) -> str:
    """The sentence for `key` with its blanks filled. An unknown key (a newer version's) is shown as it is."""
    template = sentences().get(key)
    if template is None:
        listed = ", ".join(f"{name}: {value}" for name, value in arguments.items())
        return f"{key} ({listed})" if listed else key
    return _Lenient().format(translate(template), **{name: _shown(value) for name, value in arguments.items()})


def explain(problem: Problem, translate: Callable[[str], str] = str) -> str:
    """The sentence of a problem, with the field's path in front where it has one."""
    text_ = sentence(problem.key, problem.arguments, translate)
    return f"{problem.field}: {text_}" if problem.field else text_


def _shown(value: Argument) -> Argument:
    """A name or detail may come from somebody else's file: it must not move the terminal's cursor about."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in value)
    return f"{value:.6g}" if isinstance(value, float) else value


class _Lenient(Formatter):
    """Leaves a blank whose argument is missing visible as `{name}`, so that an old document still reads."""

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        return kwargs.get(str(key), "{" + str(key) + "}")
