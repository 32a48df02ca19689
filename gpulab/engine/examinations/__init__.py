"""What is asked of every model for the sake of its dangers, one file a question; `EXAMINATIONS` is the default set.

Whoever asks is an observer: the training goes on bit for bit as without. One that fails is switched off and said so.
"""

from __future__ import annotations

from gpulab.engine.examinations.bias import BIAS
from gpulab.engine.examinations.causality import CAUSALITY
from gpulab.engine.examinations.copying import COPYING
from gpulab.engine.examinations.data import DATA
from gpulab.engine.examinations.examination import Examination
from gpulab.engine.examinations.explain import EXPLAIN
from gpulab.engine.examinations.exposure import EXPOSURE
from gpulab.engine.examinations.precision import PRECISION
from gpulab.engine.examinations.processor import PROCESSOR
from gpulab.engine.examinations.rounding import ROUNDING
from gpulab.engine.examinations.zeros import ZEROS

EXAMINATIONS: tuple[Examination, ...] = (
    CAUSALITY,
    PRECISION,
    ROUNDING,
    ZEROS,
    EXPLAIN,
    EXPOSURE,
    DATA,
    BIAS,
    COPYING,
    PROCESSOR,
)
