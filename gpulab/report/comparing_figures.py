"""The figures of a comparison's report, as numbers and letters, each told in a sentence for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gpulab.analysis import figures
from gpulab.analysis.changes import Judgement
from gpulab.analysis.doses import Sweep, dose, lost
from gpulab.analysis.intervals import average
from gpulab.analysis.metrics import BY_KEY, METRICS, Metric
from gpulab.analysis.pareto import front
from gpulab.comparisons.answers import dose_points
from gpulab.comparisons.standing import Standing
from gpulab.report.drawings import Axis, Curves, Forest, Interval, Line, Point, Scatter, Strip, Ticks
from gpulab.report.history import banded, read_curve
from gpulab.report.model import Picture
from gpulab.report.sides import Sides
from gpulab.spec.comparison import Comparison
from gpulab.spec.decode import all_settings
from gpulab.techniques import REGISTRY

_QUALITY = "test_bits_per_byte"
_AGAINST = ("model_bytes", "inference_tokens_per_s", "tokens_per_s", "peak_memory_bytes", "energy_joules")
_TICKS: dict[str, Ticks] = {"bytes": "bytes", "rate": "si", "joules": "si", "count": "si"}
_CURVES = (
    ("val_bits_per_byte", "step", "Quality on held-out text, by step", Axis("Steps", "si")),
    ("val_bits_per_byte", "seconds", "Quality on held-out text, by time", Axis("Seconds of training", "si")),
    ("tokens_per_s", "step", "Training speed", Axis("Steps", "si")),
)
_CURVE_AXES = {
    "val_bits_per_byte": Axis("Bits per byte", better="lower"),
    "tokens_per_s": Axis("Tokens per second", "si", better="higher"),
}


_JUDGED_BY = {"val_bits_per_byte": _QUALITY, "tokens_per_s": "tokens_per_s"}


def forest(judgement: Judgement, sides: Sides) -> Iterator[Picture]:
    """All judged changes of all sides, a strip for each metric."""
    strips, told = [], []
    for metric in METRICS:
        known = [change for change in judgement.changes if change.metric == metric.key and metric.judged]
        if not known or all(change.low == change.high == 0.0 for change in known):  # nothing to see: the table says it
            continue
        marks = tuple(
            Interval(sides[one.arm].letter, sides[one.arm].index, one.change, one.low, one.high) for one in known
        )
        strips.append(Strip(metric.label, metric.better, max(one.region for one in known), marks))
        listed = (f"{sides[one.arm].letter} {figures.written_change(one)}" for one in known)
        told.append(f"{metric.label}: {', '.join(listed)}.")
    if strips:
        shown = sides.of(one.arm for one in judgement.changes)
        yield Picture("changes", "Changes against the baseline", " ".join(told), Forest(tuple(strips)), shown)


def tradeoffs(standing: Standing, sides: Sides) -> Iterator[Picture]:
    """Quality against every other figure in which some side differs for sure."""
    for key in _AGAINST:
        metric = BY_KEY[key]
        means = {
            arm.key: found
            for arm in standing.comparison.arms
            if _is_comparable(standing, arm.key, (key, _QUALITY))
            and (found := _means(standing, arm.key, (key, _QUALITY))) is not None
        }
        if len(means) < 2 or not _differ(standing.judgement, key):
            continue
        best = front(list(means.values()), (metric.better, BY_KEY[_QUALITY].better))
        points = tuple(
            Point(sides[arm].letter, sides[arm].index, x, y, place in best)
            for place, (arm, (x, y)) in enumerate(means.items())
        )
        told = ", ".join(
            f"{sides[arm].letter} {figures.written(metric, x)} at {figures.written(BY_KEY[_QUALITY], y)} bits per byte"
            for arm, (x, y) in means.items()
        )
        rules = standing.comparison.rules
        across = _axis(metric, metric.least_span(rules, (point.x for point in points)))
        up = _axis(BY_KEY[_QUALITY], BY_KEY[_QUALITY].least_span(rules, (point.y for point in points)))
        drawing = Scatter(across, up, points)
        name, title = f"against-{key.replace('_', '-')}", f"Quality and {metric.label.lower()}"
        yield Picture(name, title, f"{told}.", drawing, sides.of(iter(means)))


def _is_comparable(standing: Standing, arm: str, keys: Sequence[str]) -> bool:
    """Whether the figures of `arm` may stand beside the others': not where they were left out of the judgement.

    As long as nothing was judged at all, nothing was left out.
    """
    judgement = standing.judgement
    if arm == judgement.baseline or not judgement.changes:
        return True
    return all(judgement.of(arm, key) is not None for key in keys)


def _means(standing: Standing, arm: str, keys: Sequence[str]) -> tuple[float, float] | None:
    timed = any(BY_KEY[key].family in ("speed", "energy") for key in keys)
    done = [
        one for one in standing.observations if one.arm == arm and one.state == "done" and not (timed and one.unfair)
    ]
    known = [tuple(one.figures[key] for key in keys) for one in done if all(key in one.figures for key in keys)]
    return (average([x for x, _ in known]), average([y for _, y in known])) if known else None


def _differ(judgement: Judgement, key: str) -> bool:
    """Whether some side is known to differ in it: a picture of chance would be taken for a trade-off."""
    return any(change.metric == key and change.word in ("better", "worse") for change in judgement.changes)


def _axis(metric: Metric, least: float) -> Axis:
    return Axis(metric.label, _TICKS.get(metric.form, "plain"), better=metric.better, least=least)


def curves(standing: Standing, sides: Sides) -> Iterator[Picture]:
    """Every training's mean with a band over its seeds; sides that judge the same trainings share a curve."""
    for key, over, title, across in _CURVES:
        lines, drawn = [], []
        for source, served in _trainings(standing.comparison).items():
            arms = [arm for arm in served if _is_comparable(standing, arm, (_JUDGED_BY[key],))]
            if not arms:
                continue
            letters, first = " ".join(sides[arm].letter for arm in arms), sides[arms[0]].index
            line = banded(letters, first, [read_curve(path, key, over) for path in _finished(standing, source)])
            if line is not None and len(line.x) > 1:
                lines.append(line)
                drawn += arms
        if lines:
            told = ", ".join(f"{line.letter} ends at {line.y[-1]:.4g}" for line in lines)
            drawing = Curves(across, _CURVE_AXES[key], tuple(lines))
            name = f"curve-{key.replace('_', '-')}-{over}"
            yield Picture(name, title, f"{told}.", drawing, sides.of(iter(drawn)))


def _trainings(comparison: Comparison) -> dict[str, list[str]]:
    """The arms that each training serves, by the arm whose it is."""
    found: dict[str, list[str]] = {}
    for arm in comparison.arms:
        found.setdefault(comparison.trained_by(arm), []).append(arm.key)
    return found


def _finished(standing: Standing, arm: str) -> list[Path]:
    done = {one.seed for one in standing.observations if one.arm == arm and one.state == "done"}
    return [path for (of, seed), path in sorted(standing.runs.items()) if of == arm and seed in done]


def doses(standing: Standing, sweep: Sweep, sides: Sides) -> Iterator[Picture]:
    """Quality lost at each dose."""
    points = [point for point in dose_points(standing) if abs(point.lost) != float("inf")]
    if len(points) < 2:
        return
    setting = all_settings(REGISTRY)[standing.comparison.dose]
    bounded = all(abs(point.low) != float("inf") and abs(point.high) != float("inf") for point in points)
    line = Line(
        "",
        0,
        tuple(point.dose for point in points),
        tuple(100.0 * point.lost for point in points),
        tuple(100.0 * point.low for point in points) if bounded else (),
        tuple(100.0 * point.high for point in points) if bounded else (),
        marked=True,
    )
    wide = points[0].dose > 0 and points[-1].dose / points[0].dose > 50
    unit = f", {setting.unit}" if setting.unit else ""
    across = Axis(f"{setting.label}{unit}", log=wide)
    up = Axis("Bits per byte, change in %", better="lower")
    told = ", ".join(f"{dose(point.dose)}: {lost(point)}" for point in points)
    region = standing.comparison.rules.equal_quality
    drawing = Curves(
        across,
        up,
        (line,),
        shaded=(-region, region),
        posts=tuple((place, "last safe") for place in _last_safe(sweep)),
        cliffs=tuple(
            (min(ends), max(ends))
            for side in sweep.sides
            if side.cliff
            and not side.cliff.unsure
            and len(ends := {side.cliff.before.dose, side.cliff.after.dose}) == 2
        ),
    )
    yield Picture("doses", f"What each value of “{setting.label}” costs", f"{told}.", drawing)


def _last_safe(sweep: Sweep) -> list[float]:
    """The doses beyond which something was lost, one for each way that ends in a loss."""
    if sweep.nothing_safe:
        return []
    return sorted({side.safe.dose for side in sweep.sides if side.unsafe is not None})
