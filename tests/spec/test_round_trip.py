"""What is saved is what is loaded; whatever else stands in a file is refused with a reason, never a crash."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpulab.spec.decode import decode, encode, parse_value, with_value
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import FORMAT, experiment_hash, load, migrated, save
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import problem_with
from gpulab.techniques import REGISTRY
from tests.spec.strategies import SETTINGS, experiments, junk, legal, tables

FOLDER_MAY_BE_REUSED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def _read_or_refused(read: Callable[[], Experiment]) -> Experiment | list[str]:
    """The experiment, or the keys of the problems; anything else that is raised fails the test."""
    try:
        return read()
    except BadInput as bad:
        return [problem.key for problem in bad.problems]


@FOLDER_MAY_BE_REUSED
@given(experiments())
def test_any_experiment_saves_and_loads_equal(tmp_path: Path, experiment: Experiment) -> None:
    path = tmp_path / "x.gpulab.toml"
    save(experiment, path)
    loaded = load(path, REGISTRY)
    assert loaded == experiment
    assert experiment_hash(loaded) == experiment_hash(experiment)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@FOLDER_MAY_BE_REUSED
@given(experiments(), st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, experiment: Experiment, share: float) -> None:
    path = tmp_path / "x.gpulab.toml"
    save(experiment, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadInput):
        load(path, REGISTRY)


def test_a_file_written_by_hand_may_leave_settings_out(tmp_path: Path) -> None:
    path = tmp_path / "x.gpulab.toml"
    path.write_text("[model]\nn_layer = 3")
    assert load(path, REGISTRY).model.n_layer == 3


@FOLDER_MAY_BE_REUSED
@given(st.binary(max_size=200))
def test_a_file_of_any_bytes_is_refused_or_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gpulab.toml"
    path.write_bytes(content)
    assert _read_or_refused(lambda: load(path, REGISTRY))


@given(st.dictionaries(st.sampled_from(["model", "data", "training", "techniques", "device", "x"]), junk()))
def test_junk_never_breaks_decoding(table: dict[str, Any]) -> None:
    assert _read_or_refused(lambda: decode(table, REGISTRY))


@given(tables())
def test_a_table_of_legal_settings_breaks_no_more_than_rules_across_them(table: dict[str, Any]) -> None:
    across = {"heads_do_not_divide", "splits_leave_nothing", "name_empty"}
    result = _read_or_refused(lambda: decode(table, REGISTRY))
    if isinstance(result, Experiment):
        assert decode(encode(result), REGISTRY) == result
    else:
        assert set(result) <= across


@given(st.data(), st.sampled_from(sorted(SETTINGS)))
def test_what_is_typed_means_what_was_shown(data: st.DataObject, path: str) -> None:
    setting = SETTINGS[path]
    value = data.draw(legal(setting))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    assert parse_value(setting, text) == value


@given(st.sampled_from(sorted(SETTINGS)), junk())
def test_a_value_fits_or_has_a_problem_of_its_field(path: str, value: Any) -> None:
    problem = problem_with(SETTINGS[path], value)
    assert problem is None or problem.field == path


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(BadInput, match="not_finite"):
        decode({"training": {"learning_rate": value}}, REGISTRY)


@pytest.mark.parametrize("path", sorted(SETTINGS))
def test_every_default_is_legal_and_can_be_set(path: str) -> None:
    setting = SETTINGS[path]
    assert problem_with(setting, setting.default) is None
    *parents, _ = path.split(".")
    experiment = with_value(Experiment(), ".".join(parents), True, REGISTRY) if parents[:1] == ["techniques"] else None
    with_value(experiment or Experiment(), path, setting.default, REGISTRY)


def test_a_setting_below_a_value_is_refused() -> None:
    with pytest.raises(BadInput, match="not_a_table"):
        with_value(Experiment(), "device.speed", 1, REGISTRY)


def test_older_formats_are_rewritten_step_by_step() -> None:
    assert migrated({"format": FORMAT, "a": 1}, "x") == {"a": 1}
    with pytest.raises(BadInput, match="experiment_newer"):
        migrated({"format": FORMAT + 1}, "x")
    for wrong in (0, "1", True, 1.5):
        with pytest.raises(BadInput, match="wrong_type"):
            migrated({"format": wrong}, "x")


def test_the_name_is_no_part_of_what_is_trained() -> None:
    assert experiment_hash(Experiment(name="a")) == experiment_hash(Experiment(name="b"))
