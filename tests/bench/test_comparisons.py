"""The benchmark that compares like with like: what it counts, and that it goes on where it broke off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from gpulab.bench import comparisons
from gpulab.bench.comparisons import Size, read, rows_of
from gpulab.bench.repeats import Noise, Repeat, can_repeat
from tests.analysis.simulating import noise


def test_recorded_runs_compared_with_each_other_keep_the_promises() -> None:
    rows = {row.name: row for row in rows_of(noise().repeats, Size(arms=20, seeds=10, steps=150))}
    false, held, shows, _ = rows.values()
    assert false.value is not None
    assert false.value <= 0.05
    assert "40 comparisons of 200 real trainings" in false.how
    assert held.met
    assert shows.met


def test_a_real_difference_is_counted_as_a_claim() -> None:
    """The benchmark could not fail if it never saw a claim: every other arm is a tenth worse here."""
    size = Size(arms=4, seeds=10, steps=150)
    runs = [
        msgspec.structs.replace(repeat, figures={key: 1.1 * figure for key, figure in repeat.figures.items()})
        if index % 2
        else repeat
        for index, repeat in enumerate(noise().repeats[:40])
    ]
    false = rows_of(runs, size)[0]
    assert false.value == 0.5  # next neighbours differ, those after them do not
    assert false.met is False


def test_what_was_trained_before_a_sudden_end_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def pretended(seeds: Sequence[int], steps: int, at_once: int) -> Iterator[Repeat]:
        for seed in seeds:
            asked.append(seed)
            if seed == 4 and asked.count(4) == 1:
                raise RuntimeError("power cut")
            yield Repeat(seed, {"test_bits_per_byte": float(seed)})

    monkeypatch.setattr(comparisons, "repeats", pretended)
    size, file = Size(arms=3, seeds=2, steps=1), tmp_path / "deep" / "kept.jsonl"
    with pytest.raises(RuntimeError, match="power cut"):
        comparisons._trained(size, file)
    with file.open("ab") as kept:
        kept.write(b'\n{"seed":4,"fig')  # cut off
    assert [repeat.seed for repeat in comparisons._trained(size, file)] == [1, 2, 3, 4, 5, 6]
    assert asked == [1, 2, 3, 4, 4, 5, 6]
    assert {repeat.seed for repeat in read(file)} == {1, 2, 3, 4, 5, 6}


@pytest.mark.slow
@pytest.mark.skipif(not can_repeat(), reason="this system cannot fork")
def test_a_repeat_is_a_real_training_with_memory_of_its_own(tmp_path: Path) -> None:
    """In a process of its own, for what forks the trainings ends only with it."""
    file = tmp_path / "noise.json"
    command = [sys.executable, "-m", "gpulab.bench.repeats", str(file), "--runs", "2", "--steps", "5", "--at-once", "2"]
    subprocess.run(command, check=True, capture_output=True)
    recorded = msgspec.json.decode(file.read_bytes(), type=Noise)
    found = {repeat.seed: repeat.figures for repeat in recorded.repeats}
    assert set(found) == {1, 2}
    assert found[1]["test_bits_per_byte"] != found[2]["test_bits_per_byte"]
    assert all(figures["peak_memory_bytes"] > 1e8 for figures in found.values())
    assert recorded.command.endswith("--runs 2 --steps 5 --at-once 2")
