"""A small lesson to bend, and its refusals in words."""

from __future__ import annotations

from pathlib import Path

from gpulab.spec.lesson_file import Written, decode
from gpulab.spec.problem import BadInput
from gpulab.words import explain

LESSON = """\
format = 1
title = "What pruning takes"
summary = "Weights go, and then the quality."
minutes = 2
card = "A1"

[[work]]
key = "prune"
kind = "comparison"
experiment = "nano"
changes = { "training.steps" = 8 }

[[work.arms]]
key = "whole"
name = "As trained"

[[work.arms]]
key = "most"
name = "Most weights gone"
changes = { "techniques.pruning" = true, "techniques.pruning.amount" = 0.9 }

[[steps]]
kind = "bet"
title = "How much worse?"
question = "By how much do the bits per byte rise?"
unit = "percent"
about = "prune.most.change.test_bits_per_byte"

[[steps]]
kind = "run"
title = "We look"
text = "We set {prune.most.setting.techniques.pruning.amount} of *all* weights to zero."
work = "prune"

[[steps]]
kind = "reveal"
title = "What it cost"
work = "prune"
figures = ["prune.whole.test_bits_per_byte"]
text = "It is {prune.most.test_bits_per_byte} now."

[[steps]]
kind = "take_away"
title = "Weigh it"

[[promises]]
figure = "prune.most.change.test_bits_per_byte"
above = -1.0
"""


def written(text: str = LESSON, folder: Path = Path()) -> Written:
    return decode(text.encode(), folder / "made.lesson.toml")


def refusals(text: str) -> list[str]:
    """Every sentence with which `text` is refused."""
    try:
        written(text)
    except BadInput as bad:
        return [explain(problem) for problem in bad.problems]
    return []
