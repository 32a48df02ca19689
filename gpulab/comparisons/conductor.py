"""The process that conducts a comparison: `python -m gpulab.comparisons.conductor DIR`.

It starts one run at a time, each as a training of its own, looks at what they say once every arm has the next seed, and
ends where nothing is open any more. All it knows stands in the folder, so that one that was killed at any moment is
followed by one that goes on. Exit 0: decided, as far as it can be, or stopped. 1: it failed. 2: it cannot begin.
"""

from __future__ import annotations

import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from gpulab.analysis.changes import Judgement
from gpulab.analysis.metrics import BY_KEY
from gpulab.comparisons import course
from gpulab.comparisons.beginning import beginning
from gpulab.comparisons.folder import RUNS, load, named, runs_of
from gpulab.comparisons.runner import Interrupted, Runner
from gpulab.comparisons.sparing import starting_from
from gpulab.comparisons.standing import WAITS, Standing, Watching
from gpulab.comparisons.taking_over import EARLIER, taken_over
from gpulab.comparisons.tuning import tune
from gpulab.comparisons.variants import with_rate, with_seed
from gpulab.events.documents import ArmRun, ArmTuned, Looked, Notice, RunEnded
from gpulab.events.log import EventLog, read_all
from gpulab.runs import folder as run_folder
from gpulab.runs import launcher
from gpulab.runs.state import state_of
from gpulab.spec.problem import Argument, BadInput

FAILED, BAD_INPUT = 1, 2


def main(argv: Sequence[str], command: Sequence[str] = launcher.COMMAND) -> int:
    """Conducts the comparison in the folder `argv[0]`, each run by a worker that `command` starts.

    Returns the exit status.
    """
    folder = Path(argv[0]).resolve()
    try:
        with EventLog(folder) as log:
            ended = _conducted(folder, log, Runner(folder, command))
            log.append([ended])
    except BadInput as bad:  # another conductor is at work
        print(bad, file=sys.stderr)
        return BAD_INPUT
    except OSError as error:  # the disk takes no last word
        print(error, file=sys.stderr)
        return FAILED
    return 0 if ended.status in ("done", "stopped") else FAILED


def _conducted(folder: Path, log: EventLog, runner: Runner) -> RunEnded:
    """Conducts; returns the document that says how it ended, whatever ended it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.interrupt())
    try:
        return Conductor(folder, log, runner).go()
    except Interrupted:
        return RunEnded(status="stopped", step=runner.made, reason="stopped_by_person")
    except BadInput as bad:
        problem = bad.problems[0]
        return RunEnded(status="failed", step=runner.made, reason=problem.key, arguments=problem.arguments)
    except OSError as error:
        arguments = {"detail": error.strerror or str(error)}
        return RunEnded(status="failed", step=runner.made, reason="comparison_not_written", arguments=arguments)
    except Exception as error:
        traceback.print_exception(error)
        arguments = {"error": f"{type(error).__name__}: {error}"}
        return RunEnded(status="failed", step=runner.made, reason="comparison_crashed", arguments=arguments)
    finally:
        runner.leave()


class Conductor:
    """One comparison being conducted. Raises Interrupted where somebody stops it."""

    def __init__(self, folder: Path, log: EventLog, runner: Runner) -> None:
        self._folder, self._log, self._runner = folder, log, runner
        self._comparison, self._experiments = load(folder)
        self._watching = Watching(folder)
        self._arms = course.running_arms(self._comparison)
        self._seeds = self._watching.seeds
        self._looked = max((one.seeds for one in read_all(folder) if isinstance(one, Looked)), default=0)

    def go(self) -> RunEnded:
        """Makes runs until the comparison is decided, as soon as no other comparison is at work on this machine."""
        self._log.append([beginning(self._comparison)])
        with self._runner.turn(lambda: self._log.append([Notice(key=WAITS)])):
            return self._decided()

    def _decided(self) -> RunEnded:
        self._tidy()
        if taken := taken_over(self._folder):
            self._log.append(taken)
        (self._folder / EARLIER).unlink(missing_ok=True)
        if self._comparison.rules.tune:
            self._tune()
        for index, seed in enumerate(self._seeds):
            for arm in course.in_turn(self._comparison, index):
                if not self._given_up(arm, index):
                    self._run(arm, seed)
            if ended := self._look(index + 1):
                return ended
        raise AssertionError("the last look ends a comparison")

    def _tidy(self) -> None:
        """Removes folders that were made for a run when somebody killed the conductor, before it could say so."""
        known = set(runs_of(self._folder).values())
        for run_dir in (self._folder / RUNS).glob("*/"):
            if run_dir not in known and run_folder.is_run(run_dir) and state_of(run_dir) == "queued":
                shutil.rmtree(run_dir, ignore_errors=True)

    def _run(self, arm: str, seed: int) -> None:
        """Sees that the run of `arm` with `seed` comes to an end: the one that is there, or a new one."""
        runs = runs_of(self._folder)
        known, origin = runs.get((arm, seed)), self._comparison.arm(arm).starts_from
        if known is not None and self._runner.settled(known):
            return
        trained = runs.get((origin, seed))
        if origin and (trained is None or state_of(trained) != "done"):
            return  # there is no model to start from, which is all that can be said of this arm and seed
        if known is None or not self._runner.can_go_on(known):
            known = self._new_run(arm, seed, trained)
        strain = self._runner.run(known)
        if strain.complaint and state_of(known) == "done":
            percent = round(100 * max(strain.waiting_share, strain.throttled_share))
            arguments: dict[str, Argument] = {"arm": arm, "seed": seed, "percent": percent}
            self._log.append([Notice(key=strain.complaint, arguments=arguments, severity="warning")])

    def _new_run(self, arm: str, seed: int, origin: Path | None) -> Path:
        experiment = with_seed(self._experiments[arm], seed)
        if origin:
            experiment = starting_from(experiment, str(origin))
        if (rate := self._watching.read().tuned.get(arm)) is not None:
            experiment = with_rate(experiment, rate)
        run_dir = run_folder.create(self._folder / RUNS, experiment)
        self._log.append([ArmRun(arm=arm, seed=seed, run=named(self._folder, run_dir))])
        return run_dir

    def _tune(self) -> None:
        """Lets each arm search its learning rate, all with the same budget."""
        for arm in course.training_arms(self._comparison):
            if arm in self._watching.read().tuned:
                continue
            found = tune(self._folder, self._experiments[arm], self._comparison.rules, self._runner)
            if found is None:
                self._log.append([Notice(key="arm_not_tuned", arguments={"name": self._comparison.arm(arm).name})])
            else:
                job = named(self._folder, found.job_dir)
                self._log.append([ArmTuned(arm=arm, learning_rate=found.rate, trials=found.trials, job=job)])

    def _given_up(self, arm: str, index: int) -> bool:
        standing = self._watching.read()
        return course.given_up(arm, self._seeds[:index], _states(standing))

    def _look(self, seeds: int) -> RunEnded | None:
        """Looks at what `seeds` complete seeds say; returns the ending where there is nothing more to find out."""
        standing = self._watching.read()
        states = _states(standing)
        gone = {arm for arm in self._arms if course.given_up(arm, self._seeds[:seeds], states)}
        readers = {arm.key for arm in self._comparison.arms if (arm.runs_of or arm.key) in gone}
        if self._comparison.baseline.key in readers:
            return RunEnded(status="failed", step=self._runner.made, reason="comparison_baseline_failed")
        if len(readers) == len(self._comparison.arms) - 1:
            return RunEnded(status="failed", step=self._runner.made, reason="comparison_variants_failed")
        rules = self._comparison.rules
        if seeds < min(rules.least_seeds, rules.most_seeds):
            return None
        return self._decide(standing.judgement, seeds, readers)

    def _decide(self, judgement: Judgement, seeds: int, gone: set[str]) -> RunEnded | None:
        still_open = tuple(pair for pair in judgement.undecided if pair[0] not in gone)
        if seeds > self._looked:
            self._log.append([Looked(seeds=seeds, undecided=still_open)])
            self._looked = seeds
        awaited = [key for _, key in still_open if self._comparison.rules.awaits(BY_KEY[key].family)]
        if awaited and seeds < len(self._seeds):
            return None
        reason = "comparison_still_open" if awaited else "comparison_enough" if still_open else "comparison_decided"
        arguments: dict[str, Argument] = {"seeds": seeds, **({"open": len(still_open)} if still_open else {})}
        return RunEnded(status="done", step=self._runner.made, reason=reason, arguments=arguments)


def _states(standing: Standing) -> course.States:
    return {(one.arm, one.seed): one.state for one in standing.observations}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
