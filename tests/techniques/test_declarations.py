"""Everything that people read is declared where the thing is: nothing may be missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import gpulab
from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.spec.decode import all_settings
from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Setting, settings_of
from gpulab.techniques import BY_NAME, REGISTRY, TECHNIQUES, cautions, unusable
from gpulab.techniques.base import Technique
from gpulab.ui.lab import words as window_words
from gpulab.words import sentences

SETTINGS = list(all_settings(REGISTRY).values())
PACKAGE = Path(gpulab.__file__).parent


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda technique: technique.name)
def test_a_technique_tells_what_it_promises_and_risks(technique: type[Technique]) -> None:
    assert technique.name.isidentifier()
    for words in (technique.card, technique.label, technique.summary, technique.promise, technique.risk):
        assert words.strip()
    assert technique.summary.endswith(".")
    assert technique.sources
    assert all(source.strip() for source in technique.sources)


@pytest.mark.parametrize("technique", TECHNIQUES, ids=lambda technique: technique.name)
def test_needs_and_conflicts_name_what_exists(technique: type[Technique]) -> None:
    choices = {setting.name: setting.choices for setting in settings_of(technique.Settings)}
    for needs in (technique.needs, technique.cautions):
        for setting, needed in needs.items():
            assert set(needed) <= set(choices[setting])
    assert set(technique.conflicts) <= set(BY_NAME)
    assert all(reason.strip().endswith(".") for reason in technique.conflicts.values())


def test_names_and_paths_are_unique() -> None:
    assert len(BY_NAME) == len(TECHNIQUES)
    assert len(SETTINGS) == len({setting.path for setting in SETTINGS})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.path)
def test_a_setting_tells_what_it_is(setting: Setting) -> None:
    assert setting.label.strip()
    assert setting.help.strip()
    if setting.kind in ("int", "float"):
        assert setting.low is not None
        assert setting.high is not None
    if setting.kind == "choice":
        assert all(label.strip() for label in setting.choice_labels)


def test_every_field_is_a_setting_or_holds_settings() -> None:
    """A field declared without `about` would be in the file and nowhere else."""
    shown = {setting.path.split(".")[0] for setting in settings_of(Experiment)}
    assert set(Experiment.__struct_fields__) == shown | {"techniques"}


@pytest.mark.parametrize("gpus", [(), (Gpu(0, "Old", 2**33, (6, 1)),)])
def test_every_reason_of_the_machine_has_its_words(gpus: tuple[Gpu, ...]) -> None:
    machine = Machine("p", 4, 2**33, gpus=gpus)
    for technique in TECHNIQUES:
        for asked in (unusable, cautions):
            for _, _, problem in asked(technique, machine, machine.resolved("auto")):
                assert not _blanks(sentences()[problem.key]) - set(problem.arguments)


_MAKERS = {"refuse", "Problem", "slow_on_cpu", "Remark", "notify", "Saying", "fixed", "about_open"}
_KEYED = {"Notice": "key", "Problem": "key", "RunEnded": "reason", "Suggestion": "key"}


def _keys(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Every key of a sentence that is written out in `tree`, with the arguments' names where they are written out."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = {word.arg: word.value for word in node.keywords if word.arg}
        key = node.args[0] if name in _MAKERS and node.args else given.get(_KEYED.get(name, ""))
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value:
            spread = any(word.arg is None for word in node.keywords)
            arguments = set(given) - {"field"} if name == "refuse" and not spread else set()
            yield key.value, arguments


OF_THE_WINDOW = window_words._HERE  # what can only go wrong in the window has its words there
SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_key_has_its_sentence(path: Path) -> None:
    known = {**sentences()} | (OF_THE_WINDOW if path.is_relative_to(PACKAGE / "ui") else {})
    for key, arguments in _keys(ast.parse(path.read_text(encoding="utf-8"))):
        assert key in known, key
        if arguments:
            assert _blanks(known[key]) <= arguments, key


def test_the_scan_finds_keys() -> None:
    found = {key for path in SOURCES for key, _ in _keys(ast.parse(path.read_text(encoding="utf-8")))}
    assert {"heads_do_not_divide", "run_is_running", "bf16_slow_here", "paused", "nothing_recorded"} <= found


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
