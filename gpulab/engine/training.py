"""One training from its folder to the document that closes it, whichever process it runs in."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import psutil
import torch

from gpulab import __version__
from gpulab.engine import checkpoint
from gpulab.engine.build import build, prepare_text, set_up_torch
from gpulab.engine.desk import Desk
from gpulab.engine.device import make_current
from gpulab.engine.parallel.team import ALONE, Team
from gpulab.engine.probes.besides import all_probes
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory import memory_probe
from gpulab.engine.probes.memory_parts import memory_series
from gpulab.engine.probes.waits import DATA_SHARE, EXCHANGE_SHARE, DataClock
from gpulab.engine.recorder import Diverged, Log, Recorder
from gpulab.engine.run import Run
from gpulab.engine.state import TrainingState
from gpulab.events import codec
from gpulab.events.documents import AnyDocument, Notice, RunEnded, RunResumed, RunStarted, SeriesDeclared
from gpulab.hardware.libraries import versions
from gpulab.hardware.machine import Machine, this_machine
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash, load, with_text_found
from gpulab.spec.problem import Argument
from gpulab.techniques import REGISTRY, doubts, fit
from gpulab.techniques.guarding import TechniqueFailed
from gpulab.text.earlier import KEPT_IN, keep_tokenizer, tokenizer_in
from gpulab.text.prepared import PreparedText

EXPERIMENT = "experiment.toml"

_RECORDED = ("msgspec", "tokenizers", "torchao", "torch-pruning")
"""Libraries whose versions a result may depend on, beside PyTorch."""

SERIES = (
    SeriesDeclared(key="train_loss", label="Training loss", unit="nats per token", better="lower"),
    SeriesDeclared(key="val_loss", label="Validation loss", unit="nats per token", better="lower"),
    SeriesDeclared(key="val_bits_per_byte", label="Bits per byte", unit="bits", better="lower"),
    SeriesDeclared(key="learning_rate", label="Learning rate", unit="", better="neither"),
    SeriesDeclared(key="grad_norm", label="Gradient norm", unit="", better="neither"),
    SeriesDeclared(key="tokens_per_s", label="Throughput", unit="tokens per second", better="higher"),
)

WIRE_BYTES = SeriesDeclared(
    key="wire_bytes", label="Gradients sent by each worker", unit="bytes per step", better="lower"
)


def train(run_dir: Path, log: Log, desk: Desk, resume: bool, step: list[int], team: Team = ALONE) -> RunEnded:
    """Trains what the experiment in `run_dir` says; `step[0]` is how far it came, whatever ends it.

    Returns the document that closes the run. Raises BadInput where it cannot begin.
    """
    machine = this_machine()
    path = run_dir / EXPERIMENT
    experiment = fit(with_text_found(load(path, REGISTRY), path), machine)
    set_up_torch(max(1, machine.threads(experiment.threads) // team.size))
    device = torch.device(machine.place(experiment.device, team.rank))
    make_current(device)
    with team.leader_first():
        text = _text_of(run_dir, experiment, resume or not team.leads)

    def emit(document: AnyDocument) -> None:
        log.append([document])

    while_building: list[AnyDocument] = []  # the record's first document is the start, which needs the model
    state, pipeline = build(experiment, text.tokenizer.vocab_size, device, while_building.append, team)
    state.emit = emit
    progress = None
    if resume:
        progress = checkpoint.load_newest(run_dir, state, pipeline.techniques)
        pid, began = _identity(team)
        emit(RunResumed(from_step=progress.step, pid=pid, pid_started=began))
    else:
        emit(_started(experiment, machine, device, state, text))
    places = [torch.device(machine.place(experiment.device, rank)) for rank in range(team.size)]
    before_j = progress.joules if progress else 0.0
    probes = all_probes(memory_probe(device), places, team.leads, Guard(emit), before_j)
    if not resume:
        log.append(
            [*SERIES, *([WIRE_BYTES] if team.wire else []), *probes.series, *memory_series(device.type == "cuda")]
        )
        log.append([DATA_SHARE, *([EXCHANGE_SHARE] if team.wire and device.type == "cpu" else [])])
        log.append([series for technique in pipeline.techniques for series in technique.series()])
        log.append(_remarks(text))
        log.append(_doubts(experiment, machine))
        log.append(while_building)
    seconds = progress.seconds if progress else 0.0
    try:
        state.phase = clock = DataClock()
        recorder = Recorder(log, probes, experiment.tokens_per_step, seconds, team, probes.energy, clock)
        run = Run(run_dir, state, pipeline, text, recorder, probes, desk, progress)
        ended = run.go()
        recorder.write()
        return ended
    finally:
        probes.close()
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


def _doubts(experiment: Experiment, machine: Machine) -> list[Notice]:
    found = doubts(experiment, machine)
    return [Notice(key=problem.key, arguments=problem.arguments, severity="warning") for problem in found]


def _started(
    experiment: Experiment, machine: Machine, device: torch.device, state: TrainingState, text: PreparedText
) -> RunStarted:
    pid, began = _identity(state.team)
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
    own = {"gpulab": __version__, "python": python, "torch": str(torch.__version__)}
    return own | {name: version for name, version in versions(_RECORDED).items() if version}


def _identity(team: Team) -> tuple[int, float]:
    process = psutil.Process(team.identity)
    return process.pid, process.create_time()


def failed(error: Exception, step: int) -> RunEnded:
    """The document that closes a run which `error` ended after `step` steps. worker.log gets the details."""
    arguments: dict[str, Argument] = {"error": _one_line(error)}
    match error:
        case Diverged():
            return RunEnded(status="failed", step=step, reason="diverged", arguments={"step": step})
        case TechniqueFailed():
            reason = "technique_failed"
            cause = _one_line(error.__cause__ or error)
            arguments = {"technique": error.name, "phase": error.phase, "error": cause}
        case torch.OutOfMemoryError():
            reason = "out_of_memory"
        case _:
            reason = "crashed"
    traceback.print_exception(error)
    return RunEnded(status="failed", step=step, reason=reason, arguments=arguments)


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}".strip()
