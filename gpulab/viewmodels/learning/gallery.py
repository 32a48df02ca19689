"""The gallery: good and bad settings to open, each with what to look for and the danger that it shows.

`resources/docs/gallery.md` tells how to add one. What is wrong with a gallery is named by file and line, and no figure
can be typed into its words: the rules are those of lessons.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from gpulab.analysis.dangers import DETECTORS
from gpulab.resources import resource
from gpulab.spec.decode import all_settings, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import SUFFIX
from gpulab.spec.lesson import Key, Line
from gpulab.spec.lesson_file import Decoder, at
from gpulab.spec.problem import BadInput, Problem, detail_of, refuse
from gpulab.spec.toml_lines import Lines
from gpulab.spec.toml_lines import Path as Place
from gpulab.techniques import REGISTRY
from gpulab.viewmodels.loading import read_experiment

FORMAT = 1
FILE = "gallery.toml"

_OWN = ("name", "device", "threads")
"""What a person may change of a setting that is open, its seed besides, without its becoming another one."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as `gallery.toml` tells it. `key` is its file's name.

    `teaches` says in a word or two what it is about, `look` what to look for while it runs, `setting` the path of what
    makes it good or bad. `danger` is the rule that a bad one sets off. `minutes` is how long it takes on two cores.
    """

    key: Key
    title: Line
    standing: Literal["good", "bad"]
    teaches: Line
    look: Line
    setting: str
    minutes: Annotated[float, msgspec.Meta(ge=0.1, le=10.0)]
    danger: str = ""


class Exhibit(msgspec.Struct, frozen=True):
    """A setting of the gallery with its experiment, which lies in the file at `path`."""

    entry: Entry
    path: Path
    experiment: Experiment

    @property
    def good(self) -> bool:
        """Whether it is one to imitate."""
        return self.entry.standing == "good"

    @property
    def danger_label(self) -> str:
        """What the danger that it shows is called; empty where it shows none."""
        return next((detector.label for detector in DETECTORS if detector.name == self.entry.danger), "")

    def trains(self, table: Mapping[str, Any]) -> bool:
        """Whether an experiment, as its tables, is this one, whatever its name, its seed and where it computes."""
        return _bare(table) == _bare(encode(self.experiment))


class _File(msgspec.Struct, frozen=True, kw_only=True):
    exhibits: tuple[Entry, ...]


def bundled() -> tuple[Exhibit, ...]:
    """The gallery that comes with GPU Lab. Raises BadInput. Touches the disk."""
    return load(resource("gallery"))


def named(name: str) -> Exhibit:
    """The setting `name` of the bundled gallery. Raises BadInput `gallery_missing`."""
    known = {exhibit.entry.key: exhibit for exhibit in bundled()}
    if name not in known:
        raise refuse("gallery_missing", name=name, known=", ".join(known))
    return known[name]


def load(folder: Path) -> tuple[Exhibit, ...]:
    """The gallery in `folder`, in its order. Raises BadInput with everything that is wrong, by file and line."""
    path = folder / FILE
    table, lines = _read(path)
    form = table.pop("format", None)
    if not isinstance(form, int) or isinstance(form, bool) or form != FORMAT:
        problem = Problem("gallery_format", "", {"found": str(form), "known": FORMAT})
        raise BadInput(at(FILE, lines, problem, ("format",)))
    decoder = Decoder(FILE, lines)
    file = decoder.struct(_File, table, ())
    if file is None or decoder.found:
        raise BadInput(*decoder.found)
    found, exhibits = list[Problem](), list[Exhibit]()
    for number, entry in enumerate(file.exhibits):
        earlier = [one.key for one in file.exhibits[:number]]
        found += [at(FILE, lines, problem, ("exhibits", number, field)) for problem, field in _odd(entry, earlier)]
        place: Place = ("exhibits", number, "key")
        beside = folder / f"{entry.key}{SUFFIX}"
        try:
            exhibits.append(Exhibit(entry, beside, read_experiment(beside)))
        except BadInput as bad:
            found += [_within(beside, problem) or at(FILE, lines, problem, place) for problem in bad.problems]
    if found:
        raise BadInput(*found)
    return tuple(exhibits)


def _read(path: Path) -> tuple[dict[str, Any], Lines]:
    import tomllib

    try:
        text = path.read_text("utf-8")  # in text mode, which makes every line's end the same
        return tomllib.loads(text), Lines(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("gallery_unreadable", path=str(path), detail=detail_of(error)) from error


def _odd(entry: Entry, earlier: list[str]) -> Iterator[tuple[Problem, str]]:
    """What is wrong with an entry beyond its form, and in which field."""
    if entry.key in earlier:
        yield Problem("gallery_twice", "", {"name": entry.key}), "key"
    if entry.standing == "bad" and not entry.danger:
        yield Problem("gallery_danger_missing"), "standing"
    if entry.standing == "good" and entry.danger:
        yield Problem("gallery_danger_idle"), "danger"
    dangers = [detector.name for detector in DETECTORS]
    if entry.danger and entry.danger not in dangers:
        yield _unknown("lesson_danger_unknown", entry.danger, dangers), "danger"
    if entry.setting not in (settings := all_settings(REGISTRY)):
        yield _unknown("gallery_setting_unknown", entry.setting, list(settings)), "setting"


def _unknown(key: str, name: str, known: list[str]) -> Problem:
    return Problem(key, "", {"name": name, "nearest": difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]})


def _within(path: Path, problem: Problem) -> Problem | None:
    """`problem` of the experiment in `path` with its file and line; None where that cannot be read at all."""
    try:
        _, lines = _read(path)
    except BadInput:
        return None
    return at(path.name, lines, problem, tuple(problem.field.split(".")) if problem.field else ())


def _bare(table: Mapping[str, Any]) -> dict[str, Any]:
    training = {name: value for name, value in table["training"].items() if name != "seed"}
    return {**{name: value for name, value in table.items() if name not in _OWN}, "training": training}
