"""The engine against a plain loop of the same settings: does it learn the same, and does it cost nothing?"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from gpulab.analysis.intervals import mean, paired_ratio
from gpulab.bench.reference import PlainGPT, ReferenceTraining
from gpulab.bench.rows import Row, Target, exact, measured
from gpulab.bench.turns import in_turn
from gpulab.engine.build import batches_for, build, prepare_text, set_up_torch
from gpulab.engine.desk import Desk
from gpulab.engine.evaluation import Exam, make_exam, take_exam
from gpulab.engine.loop import learning_rate, training_steps
from gpulab.engine.probes.memory import memory_probe
from gpulab.engine.randomness import numpy_stream
from gpulab.engine.recorder import Recorder
from gpulab.events.log import EventLog
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.text.prepared import PreparedText

WINDOW = 10
"""Steps that one arm makes before the other has its turn."""

CPU = torch.device("cpu")


class EngineTraining:
    """What a worker does between two looks at held-out text: orders, step, record, the file on disk included."""

    def __init__(self, experiment: Experiment, text: PreparedText, log: EventLog, run_dir: Path) -> None:
        self.state, self._pipeline = build(experiment, text.tokenizer.vocab_size, CPU, lambda document: None)
        self._steps = training_steps(self.state, self._pipeline, batches_for(self.state, text))
        self._recorder = Recorder(log, memory_probe(CPU), experiment.tokens_per_step)
        self._desk = Desk(run_dir)

    def train(self, steps: int) -> None:
        """Makes `steps` steps."""
        for _ in range(steps):
            self._desk.look()
            rate = learning_rate(self.state, self._pipeline, self.state.step)
            loss, norm = next(self._steps)
            self._recorder.step_done(self.state.step, rate, loss, norm)


def run(quick: bool) -> list[Row]:
    """Both arms over the same seeds, in windows that take turns."""
    set_up_torch(this_machine().threads(0))
    steps, seeds = (100, (1, 2)) if quick else (400, (1337, 1338, 1339))
    engine, plain, engine_losses, plain_losses = [], [], [], []
    for seed in seeds:
        speeds, losses = _race(_experiment(steps, seed))
        engine += speeds[0]
        plain += speeds[1]
        engine_losses.append(losses[0])
        plain_losses.append(losses[1])
    how = f"preset mini on Shakespeare, {len(seeds)} seeds x {steps} steps"
    turns = f"{how}, arms taking turns every {WINDOW} steps, {torch.get_num_threads()} thread(s) each"
    tokens = WINDOW * _experiment(steps, 1).tokens_per_step
    speed = measured(
        "engine against plain loop", paired_ratio(plain, engine), "x tokens/s", turns, Target("at least", 1.0)
    )
    return [
        speed,
        exact("engine", tokens / statistics.median(engine), "tokens/s", f"{turns}; median window"),
        exact("plain loop", tokens / statistics.median(plain), "tokens/s", f"{turns}; median window"),
        *_same_loss(engine_losses, plain_losses, how),
    ]


def _same_loss(engine: list[float], plain: list[float], how: str) -> list[Row]:
    """Within seed noise: the mean paired difference, interval and all, is smaller than seeds differ by themselves."""
    noise = statistics.stdev(plain)
    difference = mean([one - other for one, other in zip(engine, plain, strict=True)])
    size = msgspec.structs.replace(
        difference, value=abs(difference.value), low=0.0, high=max(-difference.low, difference.high)
    )
    paired = f"{how}; mean paired difference of validation loss, t-interval; the target is the spread between seeds"
    return [
        measured("engine's loss differs from the plain loop's by", size, "nats", paired, Target("at most", noise)),
        exact("plain loop's validation loss", statistics.fmean(plain), "nats", f"{how}; mean over seeds"),
    ]


def _experiment(steps: int, seed: int) -> Experiment:
    mini = experiment_from("mini")
    return msgspec.structs.replace(mini, training=msgspec.structs.replace(mini.training, steps=steps, seed=seed))


def _race(experiment: Experiment) -> tuple[tuple[list[float], list[float]], tuple[float, float]]:
    """Seconds for each window of both arms, and their validation losses at the end."""
    text = prepare_text(experiment)
    model, training = experiment.model, experiment.training
    exam = make_exam(text.validation, text.tokenizer, model.context_length, training.batch_size, most=512)
    with tempfile.TemporaryDirectory() as folder, EventLog(Path(folder)) as log:
        engine = EngineTraining(experiment, text, log, Path(folder))
        twin = PlainGPT(model, text.tokenizer.vocab_size)
        twin.load_state_dict(engine.state.model.state_dict())
        plain = ReferenceTraining(experiment, twin, text.train, _starts(experiment, len(text.train)))

        def plain_window() -> None:
            torch.use_deterministic_algorithms(False)  # the plain loop promises no exact repetition
            plain.train(WINDOW)
            torch.use_deterministic_algorithms(True)

        speeds = in_turn(
            lambda: _timed(lambda: engine.train(WINDOW)), lambda: _timed(plain_window), training.steps // WINDOW
        )
        losses = _loss(engine.state.model, exam), _loss(twin, exam)
    return (speeds[0][1:], speeds[1][1:]), losses  # the first window of each warms up


def _starts(experiment: Experiment, tokens: int) -> npt.NDArray[np.int64]:
    """The places that the engine's batches begin at, drawn beforehand: the plain loop isn't charged for our streams."""
    last, seed = tokens - experiment.model.context_length - 1, experiment.training.seed
    size = experiment.training.batch_size
    drawn = [
        numpy_stream(seed, "data", step, 0).integers(0, last + 1, size) for step in range(experiment.training.steps)
    ]
    return np.stack(drawn)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _loss(model: torch.nn.Module, exam: Exam) -> float:
    return take_exam(model, exam, CPU, nullcontext).loss
