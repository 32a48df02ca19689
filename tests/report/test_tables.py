"""Tables for other programs: whole, readable back, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.comparisons.standing import read
from gpulab.report.outcome import as_object
from gpulab.report.tables import HEADER, csv_of, csv_text, json_of, json_text
from tests.report.made import comparison_in, experiment, run_in, summary

_ACTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_every_figure_of_a_comparison_is_in_the_csv(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path, failed=(2,))
    standing, found = read(folder), rows(csv_of(folder))
    measured = {(row["arm"], row["seed"], row["metric"]): row for row in found if row["table"] == "measured"}
    for one in standing.observations:
        for key, value in one.figures.items():
            assert float(measured[one.arm, str(one.seed), key]["value"]) == value
    assert measured["variant", "2", ""]["state"] == "failed"
    changes = [row for row in found if row["table"] == "changes"]
    assert len(changes) == len(standing.judgement.changes)
    for row, change in zip(changes, standing.judgement.changes, strict=True):
        assert (row["arm"], row["metric"], float(row["change"])) == (change.arm, change.metric, change.change)


def test_a_run_has_both_its_models_in_the_csv(tmp_path: Path) -> None:
    compressed = {"test_bits_per_byte": 2.1, "model_bytes": 1000}
    found = rows(csv_of(run_in(tmp_path, experiment(), summary(2.0, compressed=compressed))))
    sizes = {row["arm"]: row["value"] for row in found if row["metric"] == "model_bytes"}
    assert sizes == {"trained": "4000.0", "compressed": "1000.0"}


@given(st.text(alphabet=st.sampled_from([*_ACTS, " ", '"', ",", "\n", "\0", "a", "1", "|"]), max_size=8))
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    (row,) = rows(csv_text([{"table": "measured", "name": text, "value": -0.5}]))
    assert not row["name"].lstrip(" ").startswith(_ACTS)
    assert row["name"].removeprefix("'").replace("\u2400", "\0") == text
    assert float(row["value"]) == -0.5  # numbers stay numbers


def test_the_header_is_what_is_promised() -> None:
    assert csv_text([]).decode().strip() == ",".join(HEADER)
    (row,) = rows(csv_text([{"table": "changes", "low": -math.inf, "high": math.nan}]))
    assert (row["low"], row["high"]) == ("", "")


def test_the_json_holds_what_the_command_line_prints(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    found = json.loads(json_of(folder))
    printed = json.loads(json.dumps(as_object(read(folder))))
    assert (found["format"], found["kind"]) == (1, "comparison")
    assert {key: found[key] for key in printed} == printed
    assert found["experiments"]["variant"]["techniques"]["label_smoothing"]["amount"] == 0.25
    assert found["rules"]["equal_quality"] == 0.5


def test_the_json_of_a_run_traces_it(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path, experiment(), summary(2.0))
    found = json.loads(json_of(run_dir))
    assert (found["kind"], found["run_dir"], found["seed"]) == ("run", str(run_dir), 1)
    assert found["summary"]["test_bits_per_byte"] == 2.0
    assert found["started"]["experiment_hash"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_does_not_know_is_null(value: float) -> None:
    assert json.loads(json_text({"a": [value, {"b": value}]})) == {"a": [None, {"b": None}]}
    assert json.loads(json_text({"path": "a\udc80b"})) == {"path": "a\udc80b"}
