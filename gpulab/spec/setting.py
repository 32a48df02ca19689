"""One declared setting: everything the form, the command line, the help and the checks need to know of it.

A spec declares a field as `Annotated[int, about("Layers", "How many ...", low=1, high=96)]`; `settings_of` reads the
declarations back as `Setting` values, so that label, unit, range and help have one home.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import msgspec

from gpulab.spec.problem import Problem

Value = int | float | bool | str


class Setting(msgspec.Struct, frozen=True):
    """A setting as it was declared. `path` is dotted; `kind` is the type a value must have; bounds are inclusive.

    `leads_to` is for paths: to a `text` (a file or a folder of them) or to a `folder`. `when` names a setting beside
    this one, and those of its values for which this one matters at all; empty where it always does.
    """

    path: str
    label: str
    help: str
    kind: Literal["int", "float", "bool", "str", "choice"]
    default: Value
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    choice_labels: tuple[str, ...] = ()
    advanced: bool = False
    leads_to: Literal["", "text", "folder"] = ""
    when: tuple[str, tuple[Value, ...]] = ("", ())

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def decided_by(self) -> str:
        """The path of the setting that decides whether this one matters; empty where it always does."""
        within, dot, _ = self.path.rpartition(".")
        return f"{within}{dot}{self.when[0]}" if self.when[0] else ""

    def matters(self, values: Mapping[str, object]) -> bool:
        """Whether it is read at all beside `values`, which are by path."""
        return not self.decided_by or values[self.decided_by] in self.when[1]

    def label_of(self, choice: str) -> str:
        """The plain words for one of the choices."""
        return dict(zip(self.choices, self.choice_labels, strict=True)).get(choice, choice)


def about(
    label: str,
    help: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    labels: dict[str, str] | None = None,
    advanced: bool = False,
    leads_to: Literal["", "text", "folder"] = "",
    when: tuple[str, tuple[Value, ...]] = ("", ()),
) -> msgspec.Meta:
    """Declares a field: its label, plain-words help, unit, inclusive bounds, and plain words for its choices.

    `when=("shape", ("step",))`: it matters only where the field `shape` beside it is "step".
    """
    shown = {"advanced": advanced, "leads_to": leads_to, "when": when}
    extra = {"unit": unit, "low": low, "high": high, "labels": labels or {}, **shown}
    return msgspec.Meta(title=label, description=help, extra=extra)


@functools.cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of `struct`; msgspec itself reads the annotations anew each time it is asked."""
    return msgspec.structs.fields(struct)


@functools.cache
def settings_of(struct: type[msgspec.Struct], prefix: str = "") -> tuple[Setting, ...]:
    """The settings that `struct` declares, in order, nested structs included. They are read once."""
    return tuple(_settings_of(struct, prefix))


def _settings_of(struct: type[msgspec.Struct], prefix: str) -> Iterator[Setting]:
    for field in fields_of(struct):
        path = f"{prefix}.{field.name}" if prefix else field.name
        inner = get_args(field.type)[0] if get_args(field.type) else field.type
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from settings_of(inner, path)
        elif meta := next((a for a in get_args(field.type) if isinstance(a, msgspec.Meta)), None):
            yield _setting(path, inner, field.default, meta)


def _setting(path: str, inner: Any, default: Any, meta: msgspec.Meta) -> Setting:
    extra = meta.extra or {}
    choices = get_args(inner) if get_origin(inner) is Literal else ()
    return Setting(
        path=path,
        label=meta.title or "",
        help=meta.description or "",
        kind="choice" if choices else inner.__name__,
        default=default,
        unit=extra["unit"],
        low=extra["low"],
        high=extra["high"],
        choices=choices,
        choice_labels=tuple(extra["labels"].get(choice, choice) for choice in choices),
        advanced=extra["advanced"],
        leads_to=extra["leads_to"],
        when=extra["when"],
    )


_EXPECTED = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}


def problem_with(setting: Setting, value: object) -> Problem | None:
    """What is wrong with `value` for `setting`, or None. An int is a good float; a bool is never a number."""
    shown = str(value)[:80]
    if setting.kind == "choice":
        if value not in setting.choices or not isinstance(value, str):
            return Problem("not_a_choice", setting.path, {"value": shown, "choices": ", ".join(setting.choices)})
        return None
    fits = {"int": int, "float": (int, float), "bool": bool, "str": str}[setting.kind]
    if not isinstance(value, fits) or (isinstance(value, bool) and setting.kind != "bool"):  # type: ignore[arg-type]
        return Problem("wrong_type", setting.path, {"value": shown, "expected": _EXPECTED[setting.kind]})
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _problem_with_number(setting, value, shown)
    return None


def _problem_with_number(setting: Setting, value: int | float, shown: str) -> Problem | None:
    if isinstance(value, float) and not math.isfinite(value):
        return Problem("not_finite", setting.path, {"value": shown})
    low, high = setting.low, setting.high
    if (low is not None and value < low) or (high is not None and value > high):
        return Problem("out_of_range", setting.path, {"value": shown, "low": low, "high": high})
    return None


_TOO_MANY_TO_SAY = 20


def unknown(name: str, prefix: str, known: list[str]) -> Problem:
    """The problem of a name that is not among `known`, with the nearest known one where there is one."""
    path = f"{prefix}.{name}" if prefix else name
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return Problem("unknown_field", path, {"nearest": near[0]})
    if len(known) > _TOO_MANY_TO_SAY:
        return Problem("unknown_technique" if prefix == "techniques" else "unknown_field_of_many", path)
    return Problem("unknown_field_alone", path, {"allowed": ", ".join(known) or "none"})
