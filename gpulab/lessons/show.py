"""One showing of a lesson: a folder with its works, the room's bets, and the text it was shown from.

GPULAB_HOME/lessons/NAME/STAMP
  lesson.toml   the lesson as it was    show.json   how many seeds, which files beside the lesson
  bets.json     what the room guessed   works/KEY   a comparison's folder, or SEED/RUN for each run or job

Whatever was interrupted goes on where it was: every work is a folder that says itself how far it is. What failed is
tried again when somebody asks for it again.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from gpulab.comparisons import folder as comparisons
from gpulab.comparisons import launching, standing
from gpulab.comparisons.variants import with_seed
from gpulab.hardware.machine import this_machine
from gpulab.lessons import making, recordings
from gpulab.lessons.beside import fingerprint
from gpulab.lessons.recordings import Recording
from gpulab.runs import folder as runs
from gpulab.runs import jobs, launcher
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.runs.home import home
from gpulab.runs.reading import digest_of
from gpulab.runs.recovery import close_if_vanished
from gpulab.runs.resuming import resumable
from gpulab.runs.state import ACTIVE, state_of
from gpulab.runs.stopping import Stopping
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.files import load as load_experiment
from gpulab.spec.jobs import OF_MACHINE
from gpulab.spec.lesson import Needs, Work
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import Argument, BadInput, refuse
from gpulab.techniques import REGISTRY, fit
from gpulab.techniques.needs import compiler

LESSON, SHOW, WORKS = "lesson.toml", "show.json", "works"
State = Literal["missing", "waiting", "working", "done", "failed", "impossible"]
"""`missing`: nobody began it; `waiting`: it was interrupted; `impossible`: not on this machine, and not recorded."""

_FOREVER = frozenset({"diverged"})
"""A failure that is a result: whoever tries again gets the same, and it may be what the lesson shows."""

_STATES: Mapping[str, State] = {"done": "done", "working": "working", "failed": "failed", "vanished": "failed"}


class _Kept(msgspec.Struct, frozen=True):
    seeds: int = 0
    beside: str = ""


class WorkStanding(msgspec.Struct, frozen=True):
    """How a work stands. `share` of it is done; `folders` are what it is read from: a comparison's, or a run's a seed.

    `reason` and `arguments` are a sentence of `gpulab.words`. `recording` is what is shown in its place, if anything.
    """

    key: str
    state: State
    share: float = 0.0
    folders: tuple[Path, ...] = ()
    reason: str = ""
    arguments: dict[str, Argument] = {}
    recording: Recording | None = None


class Show:
    """A showing of the lesson `written` in `folder`."""

    def __init__(self, written: Written, folder: Path) -> None:
        self.written, self.lesson, self.folder = written, written.lesson, folder
        kept = read_json(folder / SHOW, _Kept)
        self._seeds = kept.seeds if kept else 0

    @property
    def over(self) -> bool:
        """Whether every work has come to its end."""
        return all(self.standing(work.key).state == "done" for work in self.lesson.work)

    def seeds_of(self, work: Work) -> int:
        """With how many seeds `work` is run in this show."""
        return self._seeds or work.seeds

    def standing(self, key: str) -> WorkStanding:
        """How the work `key` stands now."""
        work = self.lesson.works(key)
        if not can_show(self.lesson.needs):
            root = recordings.root_for(work.recording, self.written.path)
            known = recordings.recorded(work.recording, root) if work.recording else None
            if known is None:
                return WorkStanding(key, "impossible", reason=f"lesson_needs_{self.lesson.needs}")
            return WorkStanding(key, "done", 1.0, (recordings.opened(work.recording, root),), recording=known)
        return self._of_comparison(work) if work.kind == "comparison" else self._of_runs(work)

    def prepare(self, key: str) -> Path | None:
        """Makes the folder that is to be worked on next for the work `key`; None where nothing is left to do.

        Raises BadInput, also where an earlier work that it needs has not run.
        """
        work = self.lesson.works(key)
        if self.standing(key).state in ("done", "impossible"):
            return None
        if work.kind == "comparison":
            place = self._place(work)
            if comparisons.is_comparison(place) and state_of(place) == "done":  # but a run of it failed
                place.rename(place.with_name(f".{work.key}-{secrets.token_hex(4)}"))
            if not comparisons.is_comparison(place):
                made, experiments = making.comparison_of(self.written, work, self.seeds_of(work), self._run_of(work, 0))
                comparisons.create_at(place, made, experiments)
            return place
        tries = [self._tries(work, index) for index in range(self.seeds_of(work))]  # `standing` closed what vanished
        for index, tried in enumerate(tries):
            if not tried or not _settled(tried[-1]):
                return tried[-1] if tried and _goes_on(tried[-1]) else self._make(work, index)
        failed = [index for index, tried in enumerate(tries) if not _has_result(tried[-1])]
        if not failed:
            return None
        index = min(failed, key=lambda index: len(tries[index]))
        newest = tries[index][-1]
        return newest if state_of(newest) == "vanished" and _goes_on(newest) else self._make(work, index)

    def start(self, key: str) -> tuple[Path, WorkerProcess] | None:
        """Starts what is next of the work `key`, or finds it at work: its folder and its process; None: nothing left.

        Call again once the process is gone, until it is None or the work stands as failed: from there on a call tries
        again what failed. Raises BadInput.
        """
        place = self.prepare(key)
        if place is None:
            return None
        if comparisons.is_comparison(place):
            return place, launching.attach(place) or launching.start(place)
        if worker := launcher.attach(place):
            return place, worker
        close_if_vanished(place)
        again = state_of(place) != "queued" and resumable(place) is not None
        return place, launcher.start(place, resume=again)

    def stop(self, key: str) -> None:
        """Tells whatever is at work on `key` to stop and save. Returns at once."""
        for place in self.standing(key).folders:
            if comparisons.is_comparison(place):
                launching.stop(place)
            elif worker := launcher.attach(place):
                with suppress(OSError):
                    Stopping(place, worker)

    def _place(self, work: Work) -> Path:
        return self.folder / WORKS / work.key

    def _tries(self, work: Work, index: int) -> list[Path]:
        """The runs or jobs that were made for the seed at `index`, the newest last."""
        found = [path for path in (self._place(work) / str(index + 1)).glob("*/") if runs.is_run(path)]
        made = {path: meta.stat().st_mtime_ns for path in found if (meta := path / runs.META).is_file()}
        return sorted(made, key=lambda path: made[path])

    def _make(self, work: Work, index: int) -> Path:
        root = self._place(work) / str(index + 1)
        run_of = self._run_of(work, index)
        job = making.job_of(self.written, work, run_of) if work.kind == "job" else None
        if job and job.kind in OF_MACHINE:
            return jobs.create(root, job, None)
        experiment = making.experiments_of(self.written, work, run_of)[""]
        if origin := next((work.settings[name] for name in ("run", "run_a") if name in work.settings), ""):
            experiment = load_experiment(
                Path(run_of(str(origin)[1:])) / runs.EXPERIMENT, REGISTRY
            )  # its own goes along
        experiment = fit(with_seed(experiment, experiment.training.seed + index), this_machine())
        return jobs.create(root, job, experiment) if job else runs.create(root, experiment)

    def _run_of(self, work: Work, index: int) -> making.RunOf:
        """Finds earlier works' runs, of the seed at `index` where there are so many."""

        def found(named: str) -> str:
            key, _, arm = named.partition(".")
            earlier = self.lesson.works(key)
            at = self.standing(key)
            if at.state != "done":
                raise refuse("lesson_work_waits", work=work.key, other=key)
            if earlier.kind != "comparison":
                return str(at.folders[min(index, len(at.folders) - 1)])
            known = standing.read(at.folders[0]).runs
            seeds = sorted(seed for of, seed in known if of == arm)
            return str(known[arm, seeds[min(index, len(seeds) - 1)]])

        return found

    def _of_comparison(self, work: Work) -> WorkStanding:
        place = self._place(work)
        if not comparisons.is_comparison(place):
            return WorkStanding(work.key, "missing")
        now = standing.read(place)
        share = (now.done_runs + now.current_share) / max(1, now.planned_runs)
        state: State = _STATES.get(now.state, "waiting")
        at = WorkStanding(work.key, state, share, (place,), now.reason, dict(now.arguments))
        broken = next((one for one in now.observations if one.state in ("failed", "vanished")), None)
        if state != "done" or broken is None:
            return at
        ended = digest_of(now.runs[broken.arm, broken.seed])
        return msgspec.structs.replace(at, state="failed", reason=ended.reason, arguments=dict(ended.arguments))

    def _of_runs(self, work: Work) -> WorkStanding:
        count = self.seeds_of(work)
        places = [tried[-1] for index in range(count) if (tried := self._tries(work, index))]
        if not places:
            return WorkStanding(work.key, "missing")
        for path in places:
            close_if_vanished(path)
        digests = [digest_of(path) for path in places]
        states = [state_of(path) for path in places]
        share = sum(
            1.0 if state == "done" else min(1.0, digest.step / digest.steps) if digest.steps else 0.0
            for state, digest in zip(states, digests, strict=True)
        )
        last = next((one for path, one in zip(places, digests, strict=True) if not _has_result(path)), digests[-1])
        ended = {"reason": last.reason, "arguments": dict(last.arguments)} if last.status else {}
        at = WorkStanding(work.key, "waiting", share / count, tuple(places), **ended)  # type: ignore[arg-type]
        if any(state in ACTIVE for state in states):
            return msgspec.structs.replace(at, state="working")
        if all(map(_settled, places)) and len(places) == count:
            state: State = "done" if all(map(_has_result, places)) else "failed"
            return msgspec.structs.replace(at, state=state, share=1.0)
        return at


def _settled(place: Path) -> bool:
    """Whether it has ended, and not because somebody stopped it."""
    return state_of(place) in ("done", "failed", "vanished")


def _has_result(place: Path) -> bool:
    digest = digest_of(place)
    state = state_of(place, digest)
    return state == "done" or (state == "failed" and digest.reason in _FOREVER)


def _goes_on(place: Path) -> bool:
    return state_of(place) in (*ACTIVE, "queued") or resumable(place) is not None


def can_show(needs: Needs) -> bool:
    """Whether this machine has what a lesson needs."""
    if needs == "compiler":
        return compiler(this_machine(), "cpu") is None
    return len(this_machine().gpus) >= {"": 0, "cuda": 1, "two_cuda": 2}[needs]


def shows_root() -> Path:
    """The folder that holds a folder for each lesson, and in it one for each showing."""
    return home() / "lessons"


def _of_lesson(written: Written, root: Path | None) -> Path:
    return (root or shows_root()) / (written.lesson.name.strip(". ") or "unnamed")


def begin(written: Written, seeds: int = 0, root: Path | None = None) -> Show:
    """A new showing; `seeds` of every work, or as many as the lesson says. Raises BadInput."""
    stamp = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = _of_lesson(written, root) / stamp
    try:
        folder.mkdir(parents=True)
        shutil.copyfile(written.path, folder / LESSON)
    except OSError as error:
        raise not_writable(folder, error) from error
    write_whole(folder / SHOW, msgspec.json.encode(_Kept(seeds, fingerprint(written))))
    return Show(written, folder)


def latest(written: Written, root: Path | None = None) -> Show | None:
    """The newest showing of the lesson as it is now; None where it was never shown, or was changed since."""
    return next(shows(written, root), None)


def shows(written: Written, root: Path | None = None) -> Iterator[Show]:
    """All showings of the lesson, and of the files beside it, as they are now, the newest first."""
    try:
        now = written.path.read_bytes()
    except OSError:
        return
    beside = fingerprint(written)
    for folder in sorted(_of_lesson(written, root).glob("*/"), reverse=True):
        with suppress(OSError, BadInput):
            kept = read_json(folder / SHOW, _Kept) or _Kept()
            if (folder / LESSON).read_bytes() == now and kept.beside == beside:
                yield Show(written, folder)


def go_on_or_begin(written: Written, root: Path | None = None) -> Show:
    """The newest showing where it was interrupted, else a new one. Raises BadInput."""
    last = latest(written, root)
    return last if last and not last.over else begin(written, root=root)
