"""The files of a finished run's models, and which of them a person means."""

from __future__ import annotations

from pathlib import Path

from gpulab.spec.jobs import Part

COMPRESSED, TRAINED = "compressed.safetensors", "model.safetensors"


def model_path(run_dir: Path, part: Part) -> Path:
    """The file of the run's final model, which is the compressed one where there is one, or of the trained one."""
    final = run_dir / COMPRESSED
    return final if part == "final" and final.is_file() else run_dir / TRAINED
