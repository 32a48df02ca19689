"""From an experiment and its text to a model that is ready to train."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.model import GPT, initialize
from gpulab.engine.optimizers import make_optimizer
from gpulab.engine.parallel.team import ALONE, Team
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.events.documents import AnyDocument
from gpulab.spec.experiment import Experiment
from gpulab.techniques import chosen, plan_of
from gpulab.techniques.guarding import TechniqueFailed
from gpulab.text.experiment_text import text_of
from gpulab.text.prepared import PreparedText
from gpulab.text.separating import EditFailed
from gpulab.text.tokenizers import AnyTokenizer


def prepare_text(experiment: Experiment, known: AnyTokenizer | None = None) -> PreparedText:
    """The experiment's text, cut and tokenized, by `known` if given. Raises BadInput where it cannot be used."""
    try:
        return text_of(experiment, chosen(experiment), known)
    except EditFailed as failure:
        cause = failure.__cause__ or failure
        raise TechniqueFailed(failure.name, "prepare_text", cause) from cause


def build(
    experiment: Experiment,
    vocab_size: int,
    device: torch.device,
    emit: Callable[[AnyDocument], None],
    team: Team = ALONE,
) -> tuple[TrainingState, Pipeline]:
    """The untrained model with its optimizer and techniques, on `device`; the same seed gives the same weights."""
    plan = plan_of(experiment, vocab_size)
    pipeline = Pipeline(chosen(experiment))
    model = GPT(plan)
    initialize(model, experiment.training.seed)
    model.to(device)
    state = TrainingState(experiment, plan, device, model, emit, team=team)
    for hook in pipeline.edit_model:
        hook(state)
    state.optimizer = make_optimizer(state.model, experiment.training, plan.optimizer_kernel)
    for hook in pipeline.edit_optimizer:
        hook(state)
    return state, pipeline


def batches_for(state: TrainingState, text: PreparedText) -> TrainingBatches:
    """What the training of `state` reads of `text`, as its experiment and techniques want it."""
    state.training_tokens = text.train
    training = state.experiment.training
    return TrainingBatches(
        text.train,
        training.batch_size,
        state.experiment.model.context_length,
        state.seed,
        state.device,
        state.plan.window_offsets,
        training.accumulation,
        state.team.share(training.batch_size),
        state.plan.data_transfer,
    )


def set_up_torch(threads: int) -> None:
    """Makes arithmetic repeatable on one device and keeps to `threads` processor threads. Call before any work."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # cuda:1 is then the GPU that the driver calls 1
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # fp32 means fp32: by itself torch lets cuDNN round an LSTM's products, and some images all others, to TF32.
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.rnn.fp32_precision = "ieee"  # type: ignore[attr-defined]
    # Filling fresh memory guards against our own mistakes only, and costs time.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010 (the module hides its type)
