"""The command that is copied, parsed by the real parser, makes the very same experiment or comparison."""

from __future__ import annotations

import argparse
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from gpulab.cli import Elsewhere, make_parser
from gpulab.cli.arms import made
from gpulab.cli.experiments import experiment_of, with_overrides
from gpulab.comparisons import variants
from gpulab.spec.comparison import Rules
from gpulab.spec.decode import with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load, save, with_text_found
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY
from gpulab.viewmodels.command import as_text, differences, of_experiment
from gpulab.viewmodels.comparison_command import of_comparison
from tests.spec.strategies import experiments

NANO = experiment_from("nano")


def parsed(words: Sequence[str]) -> argparse.Namespace:
    def nobody(*_: object) -> int:
        raise AssertionError

    parser = make_parser(Elsewhere._make([nobody] * len(Elsewhere._fields)))
    assert words[0] == "gpulab"
    return parser.parse_args(words[1:])


def typed(text: str, folder: Path) -> argparse.Namespace:
    """Does in `folder` what the first of two lines says; what the parser makes of the last one."""
    *first, last = [shlex.split(line) for line in _lines(text)]
    for words in first:
        options = parsed(words)
        options.out = folder / options.out
        options.out.unlink(missing_ok=True)
        assert options.do(options) == 0
    options = parsed(last)
    options.file = folder / options.file
    return options


def _lines(text: str) -> list[str]:
    """The commands in `text`; a quoted line break does not part them."""
    lines = [""]
    for line in text.split("\n"):
        lines[-1] += line
        try:
            shlex.split(lines[-1])
        except ValueError:
            lines[-1] += "\n"
        else:
            lines.append("")
    return lines[:-1]


@settings(max_examples=60, deadline=None)
@given(experiments())
def test_any_experiment_comes_back_from_its_command(experiment: Experiment) -> None:
    lines = of_experiment(experiment)
    if any("\0" in word for line in lines for word in line):
        with pytest.raises(BadInput):
            as_text(lines, windows=False)
        return
    text = as_text(lines, windows=False)
    with tempfile.TemporaryDirectory() as folder:
        options = typed(text, Path(folder))
        assert experiment_of(options) == with_text_found(experiment, options.file)


@settings(max_examples=60, deadline=None)
@given(experiments(), experiments())
def test_any_two_experiments_differ_in_what_is_said(one: Experiment, other: Experiment) -> None:
    assert with_overrides(one, list(differences(one, other))) == other
    assert list(differences(one, one)) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_needs_no_options(preset: str) -> None:
    begun, run = of_experiment(experiment_from(preset))
    assert begun[:3] == ["gpulab", "init", preset]
    assert run == ["gpulab", "run", begun[-1]]


def test_what_has_a_file_is_run_from_it(tmp_path: Path) -> None:
    path = tmp_path / "my file.gpulab.toml"
    save(NANO, path)
    changed = with_values(NANO, {"training.steps": 7, "techniques.pruning": True}, REGISTRY)
    text = as_text(of_experiment(changed, path, load(path, REGISTRY)), windows=False)
    assert text == f"gpulab run '{path}' --set training.steps=7 --set techniques.pruning=on"
    assert experiment_of(typed(text, tmp_path)) == changed


def named(name: str) -> Experiment:
    return msgspec.structs.replace(NANO, name=name)


@pytest.mark.parametrize("name", ["a b", "it's", "a & b | c > d", "c:\\my files\\x", "größer", "a;b,(c)", "^!#@'"])
def test_windows_gets_double_quotes_that_both_its_shells_understand(name: str) -> None:
    line = as_text(of_experiment(named(name)), windows=True).split("\n")[-1]
    assert line.endswith(f' --set "name={name}"')


@pytest.mark.parametrize("name", ['say "x"', "%PATH%", "$env:x", "a`b", "two\nlines", "“a”", "c:\\my files\\"])
def test_what_windows_shells_would_change_is_refused(name: str) -> None:
    with pytest.raises(BadInput) as bad:
        as_text(of_experiment(named(name)), windows=True)
    assert bad.value.problems[0].key == "command_cannot_say"
    assert as_text(of_experiment(named(name)), windows=False)


QUESTIONS: dict[str, Any] = {
    "with_without": lambda e, r: variants.with_and_without(e, "pruning", r),
    "one_at_a_time": variants.one_at_a_time,
    "all_combinations": lambda e, r: variants.all_combinations(e, ["ema", "weight_decay"], r),
    "dose_of_technique": lambda e, r: variants.doses(e, "techniques.pruning.amount", [0.2, 0.5], r),
    "dose_of_training": lambda e, r: variants.doses(e, "training.batch_size", [2, 5], r),
    "variants": lambda e, r: variants.free(
        e, [{"techniques.pruning": False}, {"training.batch_size": 3, "techniques.z_loss": True}], r
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("rules", [Rules(), Rules(least_seeds=4, equal_speed=0.25, tune=True, price_per_hour=2)])
def test_a_comparison_comes_back_from_its_command(question: str, rules: Rules, tmp_path: Path) -> None:
    base = with_values(
        NANO, {"name": "my try", "techniques.pruning.amount": 0.4, "techniques.ema.decay": 0.9}, REGISTRY
    )
    comparison, sides = QUESTIONS[question](base, rules)
    options = typed(as_text(of_comparison(comparison, sides), windows=False), tmp_path)
    again, sides_again = made(experiment_of(options), options)
    assert sides_again == sides
    assert again == comparison


def test_runs_that_were_there_before_have_no_command() -> None:
    comparison, sides = variants.with_and_without(NANO, "pruning")
    with pytest.raises(BadInput) as bad:
        of_comparison(msgspec.structs.replace(comparison, question="runs"), sides)
    assert bad.value.problems[0].key == "command_of_runs"
