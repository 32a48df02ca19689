"""The conductor makes runs in turn until the question is decided, whatever becomes of them, and of itself."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from gpulab.comparisons import conductor, folder, launching, standing, taking_over, variants
from gpulab.comparisons.standing import Standing
from gpulab.events import control
from gpulab.events.documents import AnyDocument, ArmRun, Looked, RunEnded, RunStarted
from gpulab.events.log import EventLog, read_all
from gpulab.report.outcome import as_object
from gpulab.spec.comparison import Asked, Rules
from gpulab.spec.files import load
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY, chosen
from tests.runs.conftest import wait_until

NANO = experiment_from("nano")
SEED = NANO.training.seed
STAND_IN = Path(__file__).with_name("stand_in.py")
THREE = Rules(least_seeds=3, most_seeds=4)


def command(mode: str) -> tuple[str, ...]:
    return (sys.executable, str(STAND_IN), mode)


def made(root: Path, *changes: variants.Changes, rules: Rules = THREE) -> Path:
    return folder.create(root, *variants.free(NANO, changes or [{"techniques.dropout": True}], rules))


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A conductor that runs in the test's process leaves its handlers behind."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def conducted(where: Path, mode: str = "plain") -> Standing:
    conductor.main([str(where)], command(mode))
    return standing.read(where)


def documents(where: Path, kind: type[AnyDocument]) -> list[AnyDocument]:
    return [document for document in read_all(where) if isinstance(document, kind)]


def test_runs_come_in_turn_until_the_question_is_decided(tmp_path: Path) -> None:
    found = conducted(made(tmp_path))
    order = [(one.arm, one.seed) for one in documents(found.folder, ArmRun) if isinstance(one, ArmRun)]
    a, b = "baseline", "variant-1"
    assert order == [(a, SEED), (b, SEED), (b, SEED + 1), (a, SEED + 1), (a, SEED + 2), (b, SEED + 2)]
    assert (found.state, found.reason, found.complete_seeds) == ("done", "comparison_decided", 3)
    assert [one.seeds for one in documents(found.folder, Looked) if isinstance(one, Looked)] == [3]
    change = found.judgement.of(b, "test_bits_per_byte")
    assert change is not None
    assert change.word == "worse"
    assert change.change == pytest.approx(0.1, abs=0.002)
    assert (found.done_runs, found.planned_runs, found.seconds_left) == (6, 6, None)


def test_small_differences_in_speed_are_waited_for_only_where_that_is_asked(tmp_path: Path) -> None:
    found = conducted(made(tmp_path / "quality"), "jumpy")
    assert (found.state, found.reason, found.complete_seeds) == ("done", "comparison_enough", 3)
    assert found.arguments["open"] == len(found.judgement.undecided) > 0
    everything = Rules(least_seeds=3, most_seeds=4, until="everything")
    found = conducted(made(tmp_path / "everything", rules=everything), "jumpy")
    assert (found.state, found.reason, found.complete_seeds) == ("done", "comparison_still_open", 4)


def test_an_open_question_gets_more_seeds_up_to_the_most(tmp_path: Path) -> None:
    found = conducted(made(tmp_path), "noisy")
    assert (found.state, found.reason, found.complete_seeds) == ("done", "comparison_still_open", 4)
    looks = [one for one in documents(found.folder, Looked) if isinstance(one, Looked)]
    assert [look.seeds for look in looks] == [3, 4]
    assert ("variant-1", "test_bits_per_byte") in looks[-1].undecided


def test_an_arm_that_fails_twice_is_left_and_the_rest_goes_on(tmp_path: Path) -> None:
    where = made(tmp_path, {"techniques.dropout": True}, {"techniques.ema": True})
    found = conducted(where, "crash=dropout")
    states = {(one.arm, one.seed): one.state for one in found.observations}
    assert [seed for arm, seed in states if arm == "variant-1"] == [SEED, SEED + 1]
    assert {states["variant-1", SEED], states["variant-1", SEED + 1]} == {"vanished"}
    assert found.state == "done"
    assert found.complete_seeds >= 3
    assert all(state == "done" for (arm, _), state in states.items() if arm != "variant-1")
    assert {arm for arm, *_ in found.judgement.left_out} == {"variant-1"}


def test_a_diverged_arm_is_never_averaged_in(tmp_path: Path) -> None:
    found = conducted(made(tmp_path), "diverge=dropout")
    assert (found.state, found.reason) == ("failed", "comparison_variants_failed")
    assert {one.state for one in found.observations if one.arm == "variant-1"} == {"diverged"}
    assert not any(one.figures for one in found.observations if one.arm == "variant-1")
    assert not found.judgement.changes


def test_without_a_baseline_there_is_nothing_to_go_on_for(tmp_path: Path) -> None:
    found = conducted(made(tmp_path), "crash=all")
    assert (found.state, found.reason, len(found.observations)) == ("failed", "comparison_baseline_failed", 4)


def test_a_run_that_serves_two_arms_is_made_once(tmp_path: Path) -> None:
    where = folder.create(tmp_path, *variants.with_and_without(NANO, "pruning", THREE))
    found = conducted(where)
    assert len(documents(where, ArmRun)) == found.complete_seeds == found.done_runs
    assert found.runs["without", SEED] == found.runs["with", SEED]
    assert {one.arm for one in found.observations} == {"with", "without"}


def test_doses_of_a_compression_train_once(tmp_path: Path) -> None:
    rules = Rules(least_seeds=2, most_seeds=2)
    where = folder.create(tmp_path, *variants.doses(NANO, "techniques.pruning.amount", [0.3, 0.6], rules))
    found = conducted(where)
    assert (found.state, found.done_runs, found.complete_seeds) == ("done", 6, 2)
    for seed in (SEED, SEED + 1):
        trained, dose = (load(found.runs[arm, seed] / "experiment.toml", REGISTRY) for arm in ("baseline", "dose-2"))
        assert (trained.training.steps, dose.training.steps) == (NANO.training.steps, 0)
        assert chosen(dose)[0].starts_from() == str(found.runs["baseline", seed])
    assert found.judgement.incomparable == ()
    speed = found.judgement.of("dose-1", "tokens_per_s")
    assert speed is not None
    assert (speed.word, speed.change) == ("same", 0.0)
    assert {one.tokens for one in found.observations} == {80}


def test_where_a_training_diverges_so_does_what_would_have_started_from_it(tmp_path: Path) -> None:
    made_ = variants.all_combinations(NANO, ["dropout", "pruning", "quantization"], Rules(least_seeds=2, most_seeds=2))
    found = conducted(folder.create(tmp_path, *made_), "diverge=dropout")
    states = {(one.arm, one.seed): one.state for one in found.observations}
    assert {states[arm, SEED] for arm, _ in states if "dropout" in arm} == {"diverged"}
    assert {state for (arm, _), state in states.items() if "dropout" not in arm} == {"done"}
    assert len([one for one in documents(found.folder, ArmRun) if isinstance(one, ArmRun)]) == 2 * 4 + 2
    assert found.state == "done"
    assert {arm["key"]: len(arm["runs"]) for arm in as_object(found)["arms"]} == dict.fromkeys(made_[1], 2)


def test_a_second_conductor_is_refused(tmp_path: Path) -> None:
    where = made(tmp_path)
    with EventLog(where):
        assert conductor.main([str(where)], command("plain")) == conductor.BAD_INPUT
    assert not (where / "runs").exists()


def test_what_is_done_cannot_go_on(tmp_path: Path) -> None:
    where = made(tmp_path)
    conducted(where)
    with pytest.raises(BadInput, match="comparison_already_done"):
        launching.start(where)
    with pytest.raises(BadInput, match="comparison_missing"):
        launching.start(tmp_path)


def test_a_full_disk_is_the_last_thing_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = made(tmp_path)
    append = EventLog.append

    def full(log: EventLog, documents: list[AnyDocument]) -> None:
        if any(isinstance(one, ArmRun) and one.seed == SEED + 1 for one in documents):
            raise OSError(28, "No space left on device")
        append(log, documents)

    monkeypatch.setattr(EventLog, "append", full)
    found = conducted(where)
    assert (found.state, found.reason) == ("failed", "comparison_not_written")
    assert found.arguments["detail"] == "No space left on device"


def test_where_not_even_that_can_be_said_it_has_vanished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = made(tmp_path)
    append = EventLog.append

    def full(log: EventLog, documents: list[AnyDocument]) -> None:
        if any(isinstance(one, Looked | RunEnded) for one in documents):
            raise OSError(28, "No space left on device")
        append(log, documents)

    with monkeypatch.context() as patch:
        patch.setattr(EventLog, "append", full)
        assert conductor.main([str(where)], command("plain")) == conductor.FAILED
    assert standing.read(where).state == "vanished"
    found = conducted(where)
    assert found.state == "done"
    assert len(documents(where, ArmRun)) == 6, "what was finished was not run again"


# A conductor of its own


@contextmanager
def process(where: Path, mode: str) -> Iterator[subprocess.Popen[bytes]]:
    """A conductor in a process of its own, whose runs are stand-ins."""
    control.begin(where)
    call = f"from gpulab.comparisons.conductor import main; raise SystemExit(main([{str(where)!r}], {command(mode)}))"
    with subprocess.Popen([sys.executable, "-c", call], start_new_session=True) as running:
        try:
            yield running
        finally:
            running.kill()


def nobody_works_on(where: Path) -> None:
    """Waits until the workers that a killed conductor left behind have ended."""

    def idle() -> bool:
        lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        return not any(str(where) in " ".join(line) for line in lines)

    wait_until(idle)


def test_it_stops_politely_and_goes_on(tmp_path: Path) -> None:
    where = made(tmp_path)
    with process(where, "slow") as running:
        wait_until(lambda: len(documents(where, ArmRun)) == 2 and _begun(standing.read(where)))
        control.give(where, "stop_and_save")
        assert running.wait(15) == 0
    stopped = standing.read(where)
    assert (stopped.state, stopped.reason) == ("stopped", "stopped_by_person")
    assert [one.state for one in stopped.observations] == ["done", "stopped"]
    found = conducted(where)
    assert found.state == "done"
    assert found.reason in ("comparison_decided", "comparison_enough"), "a busy machine spoils speeds"
    assert len(documents(where, ArmRun)) == 6, "the stopped run was resumed, not made again"


def _begun(found: Standing) -> bool:
    return found.current is not None and bool(documents(found.current[2], RunStarted))


def test_a_signal_is_an_order_to_stop(tmp_path: Path) -> None:
    where = made(tmp_path)
    with process(where, "slow") as running:
        wait_until(lambda: bool(documents(where, ArmRun)) and _begun(standing.read(where)))
        running.send_signal(signal.SIGTERM)
        assert running.wait(15) == 0
    assert standing.read(where).state == "stopped"
    nobody_works_on(where)


def test_comparisons_wait_for_each_other(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    with process(first, "slow") as earlier:
        wait_until(lambda: bool(documents(first, ArmRun)))
        with process(second, "plain") as later:
            wait_until(lambda: standing.read(second).in_line)
            assert not documents(second, ArmRun)
            earlier.send_signal(signal.SIGTERM)
            earlier.wait(15)
            wait_until(lambda: bool(documents(second, ArmRun)))
            assert not standing.read(second).in_line
            later.send_signal(signal.SIGTERM)
            later.wait(15)
    nobody_works_on(tmp_path)


def test_a_damaged_record_is_left_alone(tmp_path: Path) -> None:
    where = made(tmp_path)
    (where / "events.jsonl").write_bytes(b"no document\n")
    with pytest.raises(BadInput, match="events_damaged"):
        launching.start(where)
    with pytest.raises(BadInput, match="events_damaged"):
        standing.read(where)
    assert (where / "events.jsonl").read_bytes() == b"no document\n"


def test_a_killed_conductor_is_followed_by_one_that_goes_on(tmp_path: Path) -> None:
    """Killed at moments drawn by chance: in the end each arm has each seed once, and no run ran beside another."""
    where = made(tmp_path)
    chance = random.Random(4)
    for _ in range(10):
        with process(where, "plain") as running:
            time.sleep(chance.uniform(0.3, 1.2))
            os.kill(running.pid, signal.SIGKILL)
        if standing.read(where).state == "done":
            break
    found = conducted(where)
    assert found.state == "done"
    assert {one.state for one in found.observations} == {"done"}
    assert len(found.observations) == len({(one.arm, one.seed) for one in found.observations}) == 6
    spans = []
    for run_dir in (where / "runs").glob("*/"):
        times = [document.at for document in read_all(run_dir)]
        spans.append((min(times), max(times)))
    spans.sort()
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
    nobody_works_on(where)


def test_a_conductor_imports_neither_torch_nor_qt() -> None:
    call = "import sys, gpulab.comparisons.conductor; print(sorted({'torch', 'PySide6'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_under_a_higher_limit_of_seeds_nothing_is_trained_again(tmp_path: Path) -> None:
    earlier = made(tmp_path, rules=Rules(least_seeds=2, most_seeds=2))
    first = conducted(earlier, "noisy")
    raised = made(tmp_path, rules=Rules(least_seeds=3, most_seeds=3))
    taking_over.mark(raised, earlier)
    shutil.rmtree(earlier / "runs" / first.runs["variant-1", SEED].name)
    found = conducted(raised, "noisy")
    known = {path.name for path in first.runs.values()}
    runs = sorted((raised / "runs").glob("*/"))
    assert len(runs) == 6, "two sides, three seeds"
    assert len([path for path in runs if path.name in known]) == 3, "the fourth was deleted, and is made again"
    assert not (raised / taking_over.EARLIER).exists()
    assert found.complete_seeds == 3
    kept = first.runs["variant-1", SEED + 1].name
    assert (raised / "runs" / kept / "events.jsonl").read_bytes() == (
        earlier / "runs" / kept / "events.jsonl"
    ).read_bytes()


def test_what_is_asked_again_of_the_same_runs_knows_that_it_was_asked_before(tmp_path: Path) -> None:
    rules = Rules(least_seeds=2, most_seeds=2)
    found = conducted(made(tmp_path, rules=rules), "noisy")
    raised = replace(rules, most_seeds=4)
    assert taking_over.asked_again(rules, raised, found.judgement.looks).asked == (Asked(2, 1),)
    assert taking_over.asked_again(rules, raised, 0).asked == (), "nobody had looked yet"
    same_looks = replace(rules, until="everything", equal_quality=1.0)
    assert taking_over.asked_again(rules, same_looks, 1).asked == (), "the looks are the same ones"
    tuned = replace(raised, tune=True)
    assert taking_over.asked_again(rules, tuned, 1).asked == (), "its runs are others"
    assert taking_over.seeds_there(found, raised) == 2
    assert taking_over.seeds_there(found, tuned) == 0
    third = taking_over.asked_again(replace(raised, asked=(Asked(2, 1),)), replace(raised, most_seeds=8), 3)
    assert third.asked == (Asked(2, 1), Asked(4, 3))


def test_runs_of_another_experiment_are_not_taken_over(tmp_path: Path) -> None:
    earlier = made(tmp_path, rules=Rules(least_seeds=1, most_seeds=1))
    conducted(earlier)
    other = made(tmp_path, {"techniques.label_smoothing": True}, rules=Rules(least_seeds=1, most_seeds=1))
    taking_over.mark(other, earlier)
    names = {path.name for path in (earlier / "runs").glob("*/")}
    conducted(other)
    assert len(names & {path.name for path in (other / "runs").glob("*/")}) == 1, "the baseline's alone"
