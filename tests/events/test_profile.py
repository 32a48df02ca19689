"""A profile's file: what was written is read again, and what is none is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.events.profile import PARTS, PHASES, MemoryMoment, Operator, Profile, encode, load_profile, trace_of
from gpulab.spec.problem import BadInput


def moment(name: str, total: int) -> MemoryMoment:
    return MemoryMoment(name, 0.1, 40, 30, 20, 10, total - 100, total)


MADE = Profile(
    at_step=120,
    steps=5,
    device="cpu",
    step_seconds=0.25,
    phases=dict.fromkeys(PHASES, 0.25 / len(PHASES)),
    operators=(Operator("aten::mm", 0.1, 12.0, 0.4),),
    kernels_per_step=420.0,
    counted="operators",
    memory=(moment("forward", 150), moment("backward", 190), moment("optimizer", 160)),
    peak="backward",
    predicted=dict.fromkeys(PARTS, 7),
)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "step-000120.json"
    path.write_bytes(encode(MADE))
    read = load_profile(path)
    assert read == MADE
    assert read.at_peak is not None
    assert read.at_peak.moment == read.peak == "backward"
    assert trace_of(path).name == "step-000120.trace.json.gz"


@pytest.mark.parametrize("content", [b"", b"{}", encode(MADE)[:-20], b'{"steps": "many"}', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_profile_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        load_profile(path)
    assert refused.value.problems[0].key == "profile_unreadable"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        load_profile(tmp_path / "nothing.json")
