"""The form of an experiment, made wholly from the declarations of its settings."""

from gpulab.ui.form.panel import ExperimentPanel

__all__ = ["ExperimentPanel"]
