"""The result of a run: quality, size and speed of the final model, the compressed one beside the trained one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import torch

from gpulab.engine.evaluation import Exam, final_exam, take_exam
from gpulab.engine.inference import forward_tokens_per_s, writing_figures
from gpulab.engine.model_file import save_model
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.size import forward_peak_bytes, parameter_count, weight_bytes, zero_share
from gpulab.engine.slices import SlicedExam, sliced, take_sliced
from gpulab.engine.state import TrainingState
from gpulab.events.documents import ArtifactSaved, Notice
from gpulab.text.prepared import PreparedText

TRAINED: Literal["trained"] = "trained"
COMPRESSED: Literal["compressed"] = "compressed"
_KINDS: dict[str, Literal["model", "compressed"]] = {TRAINED: "model", COMPRESSED: "compressed"}


def compressed_copy(state: TrainingState, pipeline: Pipeline) -> torch.nn.Module | None:
    """What the techniques make of the trained model after training, or None where none of them compresses."""
    if not pipeline.compress:
        return None
    state.emit(Notice(key="compressing", step=state.step))
    model: torch.nn.Module = copy.deepcopy(state.model)
    for hook in pipeline.before_export:
        hook(model)
    for hook in pipeline.compress:
        model = hook(model, state)
    return model


def judge(
    state: TrainingState,
    pipeline: Pipeline,
    text: PreparedText,
    validation: Exam,
    run_dir: Path,
    check: Callable[[], None],
) -> tuple[dict[str, Any], dict[str, torch.nn.Module]]:
    """Measures the trained model and, where there is one, the compressed one; writes their files.

    `check` may raise to end it. Returns the summary's entries and the models by variant. The test text is read here
    and nowhere else.
    """

    def context() -> AbstractContextManager[object]:
        return pipeline.forward_context(state)

    models: dict[str, torch.nn.Module] = {TRAINED: state.model}
    if (compressed := compressed_copy(state, pipeline)) is not None:
        models[COMPRESSED] = compressed
    state.emit(Notice(key="judging", step=state.step))
    shape = (state.plan.context_length, state.plan.batch_size)
    for hook in pipeline.before_export:
        hook(state.model)  # what is measured is what is written
    exam = sliced(final_exam(text.test, text.tokenizer, *shape, text.original_share("test")), text)
    writing = writing_figures(models, state.plan.context_length, state.device, context, check)
    batch = validation.windows[0][: state.plan.batch_size].to(state.device)
    reading = forward_tokens_per_s(models, batch, context, check)
    figures = {
        variant: {
            **_quality_and_size(model, exam, validation, batch, context, check),
            **writing[variant],
            "forward_tokens_per_s": reading[variant],
            "model_bytes": _write(model, variant, state, run_dir),
        }
        for variant, model in models.items()
    }
    summary = figures[TRAINED]
    if COMPRESSED in figures:
        summary = {**summary, "compressed": figures[COMPRESSED]}
    return summary, models


def _quality_and_size(
    model: torch.nn.Module,
    test: SlicedExam,
    validation: Exam,
    batch: torch.Tensor,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None],
) -> dict[str, Any]:
    """What `model` knows, and what it takes; `batch` (batch, time) is what its forward pass is measured on."""
    weights, beside = weight_bytes(model), forward_peak_bytes(model, batch, context)
    judged, slices = take_sliced(model, test, batch.device, context, check)
    held_out = take_exam(model, validation, batch.device, context, check)
    return {
        "val_loss": held_out.loss,
        "val_bits_per_byte": held_out.bits_per_byte,
        "test_loss": judged.loss,
        "test_bits_per_byte": judged.bits_per_byte,
        "test_perplexity": judged.perplexity,
        "test_accuracy": judged.accuracy,
        "slices": slices,
        "parameters": parameter_count(model),
        "weight_bytes": weights,
        "inference_bytes": weights + beside,
        "zero_share": zero_share(model),
    }


def _write(model: torch.nn.Module, variant: str, state: TrainingState, run_dir: Path) -> int | None:
    """Bytes of the model's file, or None, and a notice, where the disk does not take it."""
    kind = _KINDS[variant]
    name = f"{kind}.safetensors"
    try:
        size = save_model(model, run_dir / name)
    except OSError as error:
        arguments = {"detail": error.strerror or str(error)}
        state.emit(Notice(key="model_not_saved", step=state.step, severity="danger", arguments=arguments))
        return None
    state.emit(ArtifactSaved(kind=kind, path=name, step=state.step, bytes=size))
    return size
