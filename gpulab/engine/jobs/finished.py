"""A finished run's model, opened to be spoken with: its tokenizer, its text edits, and what keeps it from answering."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import torch

from gpulab.engine.model import GPT
from gpulab.engine.model_file import load_model
from gpulab.runs.folder import EXPERIMENT, existing
from gpulab.runs.models import model_path
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.jobs import Part
from gpulab.spec.problem import BadInput, refuse
from gpulab.techniques import REGISTRY, chosen
from gpulab.text.documents import Document, joined
from gpulab.text.earlier import tokenizer_in
from gpulab.text.experiment_text import edits_of
from gpulab.text.separating import edited
from gpulab.text.tokenizers import AnyTokenizer


class Finished(msgspec.Struct, frozen=True):
    """A model on `device` in evaluation mode, and what it reads with."""

    model: GPT
    path: Path
    experiment: Experiment
    tokenizer: AnyTokenizer
    device: torch.device

    def read(self, prompt: str, field: str) -> torch.Tensor:
        """The tokens (tokens,) of `prompt`, edited as the run's test text was. Raises BadInput at `field`."""
        edits = edits_of(chosen(self.experiment))
        text = joined(edited([Document("", prompt)], "test", edits, {}))
        tokens = self.tokenizer.encode(text, field)
        return torch.from_numpy(tokens.astype(np.int64)).to(self.device)

    @property
    def beginning(self) -> torch.Tensor:
        """What stands in for an empty prompt, shape (1,): the end of a line, or else the first token there is."""
        try:
            end = self.tokenizer.encode("\n")[-1:]
        except BadInput:
            end = np.zeros(1, np.uint16)
        return torch.from_numpy(end.astype(np.int64)).to(self.device)


def opened(run: str, part: Part, field: str, device: torch.device) -> Finished:
    """The model of the folder `run`. Raises BadInput at `field` where there is none, or this machine cannot run it."""
    try:
        run_dir = existing(Path(run))
        experiment, tokenizer = load(run_dir / EXPERIMENT, REGISTRY), tokenizer_in(run_dir)
        path = model_path(run_dir, part)
        model = load_model(path, device).to(device)
    except BadInput as bad:
        raise BadInput(*(msgspec.structs.replace(problem, field=field) for problem in bad.problems)) from bad
    try:
        with torch.no_grad():
            model(torch.zeros((1, 1), dtype=torch.int64, device=device))
    except (RuntimeError, NotImplementedError, ImportError, AssertionError) as error:  # kernels for other machines
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise refuse("model_cannot_run_here", field, path=str(path), detail=detail) from error
    return Finished(model, path, experiment, tokenizer, device)
