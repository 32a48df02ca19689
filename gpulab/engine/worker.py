"""The process a training runs in: `python -m gpulab.engine.worker RUN_DIR [--resume]`.

Where the folder asks for a job (`gpulab.engine.jobs`) instead of a training, it does that.
With `--wait` in their place it imports torch, then waits to be handed those arguments (`gpulab.engine.waiting`).
Exit 0: the run is done or was stopped. 1: it failed. 2: what it was given cannot be used. Whatever happens, the
record's last line says so, unless the process is killed or the disk is full.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

import msgspec
import psutil
import torch

from gpulab import __version__
from gpulab.engine import checkpoint
from gpulab.engine.build import build, prepare_text, set_up_torch
from gpulab.engine.desk import Desk
from gpulab.engine.jobs import run_job
from gpulab.engine.pipeline import TechniqueFailed
from gpulab.engine.probes.memory import memory_probe
from gpulab.engine.recorder import Diverged, Recorder
from gpulab.engine.run import Run
from gpulab.engine.state import TrainingState
from gpulab.engine.waiting import await_arguments
from gpulab.events import codec
from gpulab.events.documents import AnyDocument, Notice, RunEnded, RunResumed, RunStarted, Sample, SeriesDeclared
from gpulab.events.log import EventLog, read_all
from gpulab.hardware.machine import Machine, this_machine
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash, load
from gpulab.spec.jobs import is_job
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY, fit
from gpulab.text.earlier import KEPT_IN, keep_tokenizer, tokenizer_in
from gpulab.text.prepared import PreparedText

EXPERIMENT = "experiment.toml"

SERIES = (
    SeriesDeclared(key="train_loss", label="Training loss", unit="nats per token", better="lower"),
    SeriesDeclared(key="val_loss", label="Validation loss", unit="nats per token", better="lower"),
    SeriesDeclared(key="val_bits_per_byte", label="Bits per byte", unit="bits", better="lower"),
    SeriesDeclared(key="learning_rate", label="Learning rate", unit="", better="neither"),
    SeriesDeclared(key="grad_norm", label="Gradient norm", unit="", better="neither"),
    SeriesDeclared(key="tokens_per_s", label="Throughput", unit="tokens per second", better="higher"),
)


def main(arguments: list[str]) -> int:
    """Runs the training in the folder `arguments[0]`; `--resume` goes on from its newest checkpoint."""
    _quieten()
    if arguments == ["--wait"]:
        handed = await_arguments()
        if handed is None:
            return 0
        arguments = handed
    run_dir = Path(arguments[0]).absolute()
    desk = Desk(run_dir)
    desk.listen_to_signals()
    return work(run_dir, desk, resume="--resume" in arguments[1:])


def work(run_dir: Path, desk: Desk, resume: bool = False) -> int:
    """Runs the training in `run_dir` under the orders that `desk` takes; returns the exit status."""
    try:
        with EventLog(run_dir) as log:
            try:
                ended = _closed(run_dir, log, desk, resume)
            except BadInput as error:
                log.append([_refused(error, _steps_before(run_dir) if resume else 0)])
                raise
            log.append([ended])
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if ended.status == "failed" else 0


def _refused(error: BadInput, step: int) -> RunEnded:
    problem = error.problems[0]
    arguments = {"field": problem.field, **problem.arguments}
    return RunEnded(status="failed", step=step, reason=problem.key, arguments=arguments)


def _steps_before(run_dir: Path) -> int:
    """The last step that an earlier worker put on record."""
    return max((document.step for document in read_all(run_dir) if isinstance(document, Sample)), default=0)


def _closed(run_dir: Path, log: EventLog, desk: Desk, resume: bool) -> RunEnded:
    """Runs the training and turns whatever ends it into the closing document. Raises BadInput before it started."""
    step = [0]
    try:
        return run_job(run_dir, log, desk, step) if is_job(run_dir) else _run(run_dir, log, desk, resume, step)
    except BadInput:
        raise
    except Diverged:
        return RunEnded(status="failed", step=step[0], reason="diverged", arguments={"step": step[0]})
    except TechniqueFailed as error:
        traceback.print_exc()
        arguments = {"technique": error.name, "phase": error.phase, "error": _one_line(error.__cause__ or error)}
        return RunEnded(status="failed", step=step[0], reason="technique_failed", arguments=arguments)
    except torch.OutOfMemoryError as error:
        traceback.print_exc()
        return RunEnded(status="failed", step=step[0], reason="out_of_memory", arguments={"error": _one_line(error)})
    except Exception as error:
        traceback.print_exc()
        return RunEnded(status="failed", step=step[0], reason="crashed", arguments={"error": _one_line(error)})


def _run(run_dir: Path, log: EventLog, desk: Desk, resume: bool, step: list[int]) -> RunEnded:
    machine = this_machine()
    experiment = fit(load(run_dir / EXPERIMENT, REGISTRY), machine)
    set_up_torch(machine.threads(experiment.threads))
    device = torch.device(machine.resolved(experiment.device))
    text = _text_of(run_dir, experiment, resume)

    def emit(document: AnyDocument) -> None:
        log.append([document])

    while_building: list[AnyDocument] = []  # the record's first document is the start, which needs the model
    state, pipeline = build(experiment, text.tokenizer.vocab_size, device, while_building.append)
    state.emit = emit
    progress = None
    if resume:
        progress = checkpoint.load_newest(run_dir, state, pipeline.techniques)
        pid, began = _identity()
        emit(RunResumed(from_step=progress.step, pid=pid, pid_started=began))
    else:
        emit(_started(experiment, machine, device, state, text))
    memory = memory_probe(device)
    if not resume:
        log.append([*SERIES, *memory.series])
        log.append(_remarks(text))
        log.append(while_building)
    recorder = Recorder(log, memory, experiment.tokens_per_step, progress.seconds if progress else 0.0)
    run = Run(run_dir, state, pipeline, text, recorder, memory, desk, progress)
    try:
        ended = run.go()
        recorder.write()
        return ended
    finally:
        step[0] = state.step


def _text_of(run_dir: Path, experiment: Experiment, resume: bool) -> PreparedText:
    """The run's text. A resumed run reads it with the tokenizer it began with, whatever libraries make of it now."""
    text = prepare_text(experiment)
    if not resume:
        keep_tokenizer(text.tokenizer, run_dir)
    elif (run_dir / KEPT_IN).is_file() and (kept := tokenizer_in(run_dir)).state() != text.tokenizer.state():
        text = prepare_text(experiment, kept)
    return text


def _remarks(text: PreparedText) -> list[Notice]:
    return [
        Notice(key=remark.key, arguments=remark.arguments, severity=remark.severity) for remark in text.facts.remarks
    ]


def _started(
    experiment: Experiment, machine: Machine, device: torch.device, state: TrainingState, text: PreparedText
) -> RunStarted:
    pid, began = _identity()
    return RunStarted(
        format=codec.FORMAT,
        experiment=encode(experiment),
        experiment_hash=experiment_hash(experiment),
        seed=state.seed,
        versions=_versions(),
        device=str(device),
        device_name=machine.device_name(str(device)),
        threads=torch.get_num_threads(),
        technique_order=tuple(experiment.techniques),
        parameters=sum(parameter.numel() for parameter in state.model.parameters()),
        vocab_size=state.plan.vocab_size,
        steps=state.steps,
        tokens_per_step=experiment.tokens_per_step,
        training_tokens=len(text.train),
        pid=pid,
        pid_started=began,
    )


def _versions() -> dict[str, str]:
    python = ".".join(map(str, sys.version_info[:3]))
    return {"gpulab": __version__, "python": python, "torch": str(torch.__version__), "msgspec": msgspec.__version__}


def _identity() -> tuple[int, float]:
    process = psutil.Process()
    return process.pid, process.create_time()


def _quieten() -> None:
    """Keeps two warnings that mean nothing to anybody out of worker.log: torchao's CUDA libraries, its enums."""
    for name in ("torchao", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}".strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
