"""From a `*.lesson.toml` to a lesson: the one door, which names file, line and field of everything that is wrong."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from gpulab.spec import lesson_rules
from gpulab.spec.lesson import FORMAT, STEPS, SUFFIX, Lesson
from gpulab.spec.lesson_text import RULES
from gpulab.spec.problem import Argument, BadInput, Problem, detail_of, refuse
from gpulab.spec.setting import Setting, fields_of, problem_with, unknown
from gpulab.spec.toml_lines import Lines
from gpulab.spec.toml_lines import Path as Place

_LARGEST_BYTES = 200_000
_KINDS = {str: "str", int: "int", float: "float", bool: "bool"}


class Written(msgspec.Struct, frozen=True):
    """A lesson and where its values stand, so that whoever finds more to refuse can name lines too."""

    lesson: Lesson
    path: Path
    lines: Any

    def problem(self, problem: Problem, place: Place, snippet: str = "") -> Problem:
        """`problem` with the file, line and field in front that it belongs to."""
        return at(self.path.name, self.lines, problem, place, snippet)


def load(path: Path) -> Written:
    """The lesson in `path`. Raises BadInput with every problem of its form, by file, line and field."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise refuse("lesson_unreadable", path=str(path), detail="it is far too large")
        content = path.read_bytes()
    except OSError as error:
        raise refuse("lesson_unreadable", path=str(path), detail=detail_of(error)) from error
    return decode(content, path)


def decode(content: bytes, path: Path) -> Written:
    """The lesson that `content` of the file at `path` holds. Raises BadInput as `load` does."""
    import tomllib

    try:
        text = content.decode().replace("\r\n", "\n")
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("lesson_unreadable", path=str(path), detail=detail_of(error)) from error
    lines = Lines(text)
    form = table.pop("format", None)
    if not isinstance(form, int) or isinstance(form, bool) or form != FORMAT:
        raise BadInput(at(path.name, lines, Problem("lesson_format", "", {"found": str(form), "known": FORMAT}), ()))
    decoder = Decoder(path.name, lines)
    lesson = decoder.struct(Lesson, table, ())
    if lesson is None or decoder.found:
        raise BadInput(*decoder.found)
    lesson = msgspec.structs.replace(lesson, name=path.name.removesuffix(SUFFIX))
    written = Written(lesson, path, lines)
    if broken := [written.problem(*one) for one in lesson_rules.problems(lesson)]:
        raise BadInput(*broken)
    return written


def at(file: str, lines: Lines, problem: Problem, place: Place, snippet: str = "") -> Problem:
    """`problem` with `file`, the line of `place` and `place` itself in its field."""
    where = f"{file}:{lines.of(place, snippet)}"
    within = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    field = f"{where}: {within}" if within else where
    return Problem(problem.key, field, problem.arguments)


class Decoder:
    """Builds structs from plain tables and gathers in `found` what does not fit. For other files of words too."""

    def __init__(self, file: str, lines: Lines) -> None:
        self.found: list[Problem] = []
        self._file, self._lines = file, lines

    def struct(self, struct: type[msgspec.Struct], table: object, place: Place) -> Any:
        """`struct` as `table` describes it, None where anything in it is wrong."""
        if not isinstance(table, dict):
            return self._refuse(Problem("lesson_no_table"), place)
        before = len(self.found)
        fields = {field.name: field for field in fields_of(struct) if field.name != "name" or struct is not Lesson}
        for name in table:
            if name not in fields:
                self._refuse(unknown(name, "", list(fields)), (*place, name))
        values = {}
        for name, field in fields.items():
            if name in table:
                values[name] = self._value(field.type, table[name], (*place, name))
                if field.required and table[name] == "":
                    self._refuse(Problem("lesson_field_empty"), (*place, name))
            elif field.required:
                self._refuse(Problem("lesson_field_missing", "", {"name": name}), place)
        return struct(**values) if len(self.found) == before else None

    def _step(self, table: object, place: Place) -> Any:
        if not isinstance(table, dict):
            return self._refuse(Problem("lesson_no_table"), place)
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in STEPS:
            arguments: dict[str, Argument] = {"value": str(kind)[:80], "choices": ", ".join(STEPS)}
            return self._refuse(Problem("not_a_choice", "", arguments), (*place, "kind"))
        return self.struct(STEPS[kind], {name: value for name, value in table.items() if name != "kind"}, place)

    def _value(self, type_: Any, value: object, place: Place) -> Any:
        origin, inner = get_origin(type_), get_args(type_)
        if origin is Annotated:
            return self._annotated(inner[0], inner[1], value, place)
        if origin is tuple:
            return self._many(inner[0], value, place)
        if origin is Literal:
            return self._scalar(Setting("", "", "", "choice", "", choices=inner), value, place)
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            return self.struct(type_, value, place)
        if origin in (types.UnionType, Union):  # only ever with None, which TOML does not have
            return self._value(inner[0], value, place)
        if origin is not None:
            return self._scalars(value, place)
        return self._scalar(Setting("", "", "", _KINDS[type_], ""), value, place)  # type: ignore[arg-type]

    def _annotated(self, type_: Any, meta: msgspec.Meta, value: object, place: Place) -> Any:
        kind = _KINDS[type_]
        made = self._scalar(Setting("", "", "", kind, "", low=meta.ge, high=meta.le), value, place)  # type: ignore[arg-type]
        if made and meta.title:
            for flaw in RULES[meta.title](made):
                shown = flaw.snippet if len(flaw.snippet) <= 60 else f"{flaw.snippet[:57]}..."
                self._refuse(Problem(flaw.key, "", {"text": shown, **flaw.arguments}), place, flaw.snippet)
        return made

    def _many(self, inner: Any, value: object, place: Place) -> Any:
        if not isinstance(value, list):
            return self._refuse(Problem("lesson_no_list"), place)
        if get_origin(inner) in (types.UnionType, Union):
            return tuple(self._step(one, (*place, number)) for number, one in enumerate(value))
        return tuple(self._value(inner, one, (*place, number)) for number, one in enumerate(value))

    def _scalars(self, value: object, place: Place) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._refuse(Problem("lesson_no_table"), place)
            return {}
        for name, one in value.items():
            if not isinstance(one, str | int | float | bool):
                self._refuse(Problem("lesson_no_value"), (*place, name))
        return types.MappingProxyType(value)

    def _scalar(self, setting: Setting, value: object, place: Place) -> Any:
        if problem := problem_with(setting, value):
            return self._refuse(problem, place)
        return float(value) if setting.kind == "float" else value  # type: ignore[arg-type]

    def _refuse(self, problem: Problem, place: Place, snippet: str = "") -> None:
        self.found.append(at(self._file, self._lines, problem, place, snippet))


def in_folder(folder: Path) -> Iterator[Path]:
    """The files of lessons in `folder`, by name."""
    yield from sorted(folder.glob(f"*{SUFFIX}"))
