"""What a newcomer is shown: a real comparison, over in a minute or so, of a model with and without its compression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gpulab.comparisons import variants
from gpulab.spec.comparison import Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.ui.lab.words import said
from gpulab.ui.page_wiring import compare_page
from gpulab.ui.pages import COMPARE

if TYPE_CHECKING:
    from gpulab.ui.main_window import MainWindow

STEPS, SEEDS = 150, 3
"""Enough to learn words from letters, and to say whether sizes differ; more would take longer than anybody waits."""


def short(experiment: Experiment) -> Experiment:
    """`experiment`, trained as briefly as a demonstration allows."""
    steps = min(STEPS, experiment.training.steps)
    training = msgspec.structs.replace(experiment.training, steps=steps, eval_interval=max(1, steps // 5))
    return msgspec.structs.replace(experiment, training=training)


def show_me(window: MainWindow, experiment: Experiment) -> None:
    """Compares `experiment` with and without the technique that it switches on; the form shows what is compared."""
    if window.deeds.busy:
        window.say(said("Something is being measured already: watch that, or stop it first."))
        return
    asked = short(experiment)
    technique = next(iter(asked.techniques))
    rules = Rules(least_seeds=SEEDS, most_seeds=SEEDS)
    window.files.show_new(asked, said("Show me"))
    window.pages.go(COMPARE)
    page = compare_page(window)

    def failed(error: Exception) -> None:
        if not isinstance(error, BadInput):
            raise error
        window.tell(error.problems)

    window.background.run(
        lambda: variants.with_and_without(asked, technique, rules), lambda made: page.start(*made), failed
    )
