"""Whichever door a value comes in by (form, command line, file), its limits are told with the same sentence.

Made from the declarations, so that a new technique or setting is covered by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from gpulab import cli
from gpulab.hardware.machine import Machine
from gpulab.spec.decode import all_settings, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import FORMAT, load, save
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Setting
from gpulab.techniques import REGISTRY
from gpulab.ui.form.words import error_sentence
from gpulab.viewmodels.form import FormModel
from gpulab.viewmodels.values import read
from gpulab.words import sentence

SETTINGS = all_settings(REGISTRY)
MACHINE = Machine("a processor", cores=2, memory_bytes=8 << 30)
NOT_NUMBERS = ("1,5", "")


def illegal(setting: Setting) -> Iterator[tuple[str, str]]:
    """Texts that `setting` cannot take, each with what the sentence about it must say."""
    if setting.kind in ("int", "float"):
        assert setting.low is not None
        assert setting.high is not None
        kind = int if setting.kind == "int" else float
        allowed = f"is outside what is allowed, {setting.low:.6g} to {setting.high:.6g}."
        if setting.kind == "int":
            allowed = f"is outside what is allowed, {setting.low} to {setting.high}."
            yield "2.5", "it must be a whole number."
        yield str(kind(setting.low - 1)), allowed
        yield str(kind(setting.high * 2 + 1)), allowed
        yield from (
            (text, "it must be a whole number." if kind is int else "it must be a number.") for text in NOT_NUMBERS
        )
        if setting.kind == "float":
            yield "nan", "it must be an ordinary number."
            yield "inf", "it must be an ordinary number."
    elif setting.kind == "choice":
        yield "no such choice", f"is not one of the choices: {', '.join(setting.choices)}."
    elif setting.kind == "bool":
        yield "perhaps", "it must be true or false."


ILLEGAL = [(setting, *case) for setting in SETTINGS.values() for case in illegal(setting)]
NAMES = [f"{setting.path}={text or 'nothing'}" for setting, text, _ in ILLEGAL]
BOUNDS = [
    (setting, bound) for setting in SETTINGS.values() for bound in (setting.low, setting.high) if bound is not None
]


def technique_of(setting: Setting) -> str:
    """The technique that a setting belongs to; empty for the experiment's own."""
    first, _, rest = setting.path.partition(".")
    return rest.partition(".")[0] if first == "techniques" else ""


def as_said(setting: Setting, text: str) -> str:
    """What a sentence calls the value that `text` means."""
    return str(read(setting, text))


def written(setting: Setting, value: Any) -> str:
    """An experiment's file in which `setting` is `value`."""
    table = {"format": FORMAT, **encode(Experiment())}
    place = table
    for name in setting.path.split(".")[:-1]:
        place = place.setdefault(name, {})
    place[setting.name] = value
    return tomli_w.dumps(table)


def told(problems: tuple[Problem, ...], setting: Setting) -> str:
    """The sentence at the field of `setting`."""
    (problem,) = (problem for problem in problems if problem.field == setting.path)
    return sentence(problem.key, problem.arguments)


@pytest.mark.parametrize(("setting", "text", "words"), ILLEGAL, ids=NAMES)
def test_the_file_says_what_is_allowed(tmp_path: Path, setting: Setting, text: str, words: str) -> None:
    file = tmp_path / "it.gpulab.toml"
    file.write_text(written(setting, read(setting, text)), encoding="utf-8")
    with pytest.raises(BadInput) as refusal:
        load(file, REGISTRY)
    said = told(refusal.value.problems, setting)
    assert said.endswith(words)
    assert said.startswith(as_said(setting, text))


@pytest.mark.parametrize(("setting", "text", "words"), ILLEGAL, ids=NAMES)
def test_the_form_says_what_is_allowed(setting: Setting, text: str, words: str) -> None:
    form = FormModel(MACHINE)
    legal = form.experiment
    if name := technique_of(setting):
        form.switch(name, True)
        legal = form.experiment
    problems = form.set(setting.path, read(setting, text))
    (problem,) = (problem for problem in problems if problem.field == setting.path)
    assert error_sentence(problem).endswith(words)
    assert error_sentence(problem).startswith(as_said(setting, text) or "An empty field")
    assert form.value(setting.path) is not None
    assert form.experiment == legal


@pytest.mark.parametrize(("setting", "text", "words"), ILLEGAL, ids=NAMES)
def test_the_command_line_says_what_is_allowed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: Setting,
    text: str,
    words: str,
) -> None:
    monkeypatch.setenv("GPULAB_HOME", str(tmp_path / "home"))
    save(Experiment(), tmp_path / "it.toml")
    elsewhere = cli.Elsewhere._make(lambda *_: 0 for _ in cli.Elsewhere._fields)
    assert cli.main(["queue", "add", str(tmp_path / "it.toml"), "--set", f"{setting.path}={text}"], elsewhere) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gpulab: {setting.path}: ")
    assert line.endswith(words)
    assert not list(tmp_path.glob("home/queue/*"))


@pytest.mark.parametrize(("setting", "bound"), BOUNDS, ids=[f"{s.path}={bound}" for s, bound in BOUNDS])
def test_the_limits_themselves_are_allowed(setting: Setting, bound: float) -> None:
    """What a rule across settings says of them is another matter."""
    form = FormModel(MACHINE)
    if name := technique_of(setting):
        form.switch(name, True)
    problems = form.set(setting.path, read(setting, str(int(bound) if setting.kind == "int" else bound)))
    assert "out_of_range" not in {problem.key for problem in problems if problem.field == setting.path}
    assert "wrong_type" not in {problem.key for problem in problems if problem.field == setting.path}
