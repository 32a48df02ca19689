"""Each rule on made evidence: what it must see and what it must not, in runs with next to nothing in them too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

import pytest

from gpulab.analysis.dangers import DETECTORS, Danger, Evidence, Finding, Happening, Points
from gpulab.spec.decode import encode, with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.setting import Value
from gpulab.techniques import REGISTRY
from gpulab.words.dangers import SENTENCES

RULES = {detector.name: detector for detector in DETECTORS}
NANO = experiment_from("nano")
Values = Sequence[float | None]


def series(values: Values, every: int = 1, first: int = 1) -> Points:
    return Points(tuple(range(first, first + every * len(values), every)), tuple(values))


def made(experiment: Experiment = NANO, steps: int = 100, step: int | None = None, **more: Any) -> Evidence:
    """A run of `steps` steps that stands at `step` (the last where None)."""
    settings: Mapping[str, Any] = encode(experiment)
    facts = {"vocab_size": 64, "training_tokens": 10**6, **more}
    return Evidence(step=steps if step is None else step, steps=steps, settings=settings, **{"series": {}, **facts})


def falling(steps: int = 100) -> list[float]:
    """As a healthy loss falls, chance included: from 4.2 towards 2.5."""
    return [2.5 + 1.7 / (1 + step / 8) + 0.03 * math.sin(7 * step * step) for step in range(steps)]


def said(name: str, evidence: Evidence) -> str:
    """The key of what rule `name` raises, empty for nothing."""
    found = RULES[name].look(evidence)
    return found.key if found else ""


def looks(*values: float | None) -> Points:
    return Points(tuple(range(0, 25 * len(values), 25)), values)


NOTHING = (
    made(),
    made(step=0),
    made(steps=0),
    made(series={"val_loss": looks(4.2)}, step=0),
    made(series={"val_loss": looks(None, None), "train_loss": series([]), "rss_bytes": series([None])}, step=0),
    made(series={"train_loss": series([4.2]), "grad_norm": series([1.0]), "val_loss": looks(4.2)}, step=1),
    Evidence(step=3, steps=3, settings={}, series={"train_loss": series([4.2, 4.1, 4.0])}, status="stopped"),
)


@pytest.mark.parametrize("evidence", NOTHING, ids=range(len(NOTHING)))
@pytest.mark.parametrize("name", RULES)
def test_a_run_with_next_to_nothing_in_it_raises_nothing(name: str, evidence: Evidence) -> None:
    assert RULES[name].look(evidence) is None


@pytest.mark.parametrize("name", RULES)
def test_a_healthy_run_raises_nothing_at_any_step(name: str) -> None:
    loss = falling()
    for step in range(101):
        kept = {
            "train_loss": series(loss[:step]),
            "grad_norm": series([1.0] * step),
            "learning_rate": series([1e-3] * step),
            "val_loss": looks(*(4.2, 3.0, 2.8, 2.7, 2.6)[: 1 + step // 25]),
            "rss_bytes": series([3e8] * (step // 4), every=4),
        }
        evidence = made(step=step, series=kept, status="done" if step == 100 else "", summary={"stalled_steps": 0})
        assert RULES[name].look(evidence) is None, step


def turned(*values: float | None, train: Values | None = None) -> Evidence:
    loss = falling(25 * (len(values) - 1)) if train is None else train
    return made(series={"val_loss": looks(*values), "train_loss": series(loss)})


@pytest.mark.parametrize(
    ("evidence", "key"),
    [
        (turned(4.2, 2.5, 2.6, 2.7), "overfitting"),
        (turned(4.2, 2.5, 2.7), ""),  # one look after the best may be chance
        (turned(4.2, 2.5, 2.52, 2.54), ""),  # below 2 %
        (turned(4.2, 2.5, 2.6, 2.4), ""),  # better again
        (turned(4.2, 2.5, None, 2.6, 2.7), "overfitting"),  # a look without a number
        (turned(4.2, 2.5, 2.6, 2.7, train=[2.0 + 0.01 * step for step in range(75)]), ""),  # training rises with it
    ],
)
def test_overfitting_is_a_rise_at_two_looks_while_training_falls(evidence: Evidence, key: str) -> None:
    assert said("overfitting", evidence) == key


def test_overfitting_names_the_best_step_and_is_grave_from_a_tenth_on() -> None:
    found = RULES["overfitting"].look(turned(4.2, 2.5, 2.6, 2.8))
    assert found is not None
    assert (found.step, found.severity, found.arguments["percent"]) == (25, "danger", 12.0)


def flat(train: float, *values: float, step: int = 100) -> Evidence:
    return made(series={"val_loss": looks(*values), "train_loss": series([train] * step)}, step=step)


@pytest.mark.parametrize(
    ("evidence", "key"),
    [
        (flat(4.15, 4.16, 4.15, 4.15, 4.14, 4.14), "learned_nothing"),
        (flat(3.1, 4.16, 3.2, 3.12, 3.11, 3.1), "underfitting"),
        (flat(3.1, 4.16, 3.9, 3.5, 3.3, 3.1), ""),  # still learning
        (flat(2.0, 4.16, 3.2, 3.12, 3.11, 3.1), ""),  # knows its training text
        (flat(2.4, 4.16, 2.5, 2.45, 2.44, 2.44), ""),  # rests, but low
        (flat(4.15, 4.16, 4.15, step=25), ""),  # has hardly begun
    ],
)
def test_underfitting_is_high_and_flat_on_both_texts(evidence: Evidence, key: str) -> None:
    assert said("underfitting", evidence) == key


def numbers(losses: Values, norms: Values | None = None, experiment: Experiment = NANO, reason: str = "") -> Evidence:
    kept = {"train_loss": series(losses), "grad_norm": series([1.0] * len(losses) if norms is None else norms)}
    return made(experiment, series=kept, reason=reason, status="failed" if reason else "")


FP16 = with_values(NANO, {"techniques.precision": True, "techniques.precision.mode": "fp16"}, REGISTRY)
GROWN = [4.2, *[9.0] * 30]


@pytest.mark.parametrize(
    ("evidence", "key"),
    [
        (numbers([4.2, 99.0, None], reason="diverged"), "diverged_rate"),
        (numbers([None, None], reason="diverged"), "diverged_start"),
        (numbers([4.2, 4.1, None], experiment=FP16, reason="diverged"), "diverged_precision"),
        (numbers([4.2], reason="out_of_memory"), ""),
        (numbers(GROWN), "loss_grew_rate"),
        (numbers([20.0, *[90.0] * 30]), "loss_grew_start"),
        (numbers(GROWN[:10]), ""),  # may yet come back
        (numbers(falling(), [1.0, None, *[1.0] * 98]), "not_finite_rate"),
        (numbers(falling(), [None, None, *[1.0] * 98], FP16), ""),  # the scale is being fitted
        (numbers(falling(), [None] * 30 + [1.0] * 70, FP16), "not_finite_precision"),
    ],
)
def test_divergence_names_its_most_likely_cause(evidence: Evidence, key: str) -> None:
    assert said("divergence", evidence) == key


@pytest.mark.parametrize(("steep", "key"), [(1.0, "spikes"), (30.0, "spikes_steep")])
def test_one_step_far_out_is_a_spike_and_its_gradient_tells_why(steep: float, key: str) -> None:
    losses, norms = falling(), [1.0] * 100
    losses[80], norms[80] = 4.0, steep
    found = RULES["spikes"].look(numbers(losses, norms))
    assert found is not None
    assert (found.key, found.step, found.arguments["count"]) == (key, 81, 1)


def test_a_loss_that_never_moves_has_no_spike_where_it_moves_a_little() -> None:
    losses = [1.0] * 100
    losses[80] = 1.04
    assert said("spikes", numbers(losses)) == ""
    losses[80] = 1.06
    assert said("spikes", numbers(losses)) == "spikes"


@pytest.mark.parametrize(
    ("losses", "key"),
    [
        ([4.2, 5.0, 6.0, *falling(97)], "hot_start"),
        ([4.2, 5.0, *falling(98)], ""),  # one bad batch
        ([4.2, 4.5, 4.6, *falling(97)], ""),  # below a tenth
        ([*falling(50), 9.0, 9.0, *falling(48)], ""),  # later is another danger
    ],
)
def test_a_hot_start_throws_two_early_steps_back(losses: list[float], key: str) -> None:
    assert said("hot_start", numbers(losses)) == key


def test_what_was_recorded_from_its_middle_on_says_nothing_of_the_start() -> None:
    late = made(series={"train_loss": series([4.2, 5.0, 6.0, *[4.0] * 9], first=7)})
    assert said("hot_start", late) == ""


def test_a_training_is_cut_short_where_it_ends_and_falls_as_before() -> None:
    straight = [4.2 - 0.01 * step for step in range(100)]
    assert said("cut_short", numbers(straight)) == "cut_short"
    assert said("cut_short", made(series={"train_loss": series(straight[:90])}, step=90)) == ""  # not over yet
    turned_up = {"train_loss": series(straight), "val_loss": looks(4.2, 3.5, 3.6)}
    assert said("cut_short", made(series=turned_up)) == ""  # more steps would bring more of the same
    noisy = [4.0 + 0.5 * math.sin(7 * step * step) - 0.0005 * step for step in range(100)]
    assert said("cut_short", numbers(noisy)) == ""


@pytest.mark.parametrize(
    ("rates", "key"),
    [
        ([1e-3] * 50 + [1e-6] * 50, "asleep"),
        ([1e-3 * (1 - step / 99) for step in range(100)], ""),
        ([1e-3 * 0.5 * (1 + math.cos(math.pi * step / 99)) for step in range(100)], ""),
        ([1e-6] * 50 + [1e-3] * 50, ""),  # a long warm-up
    ],
)
def test_a_schedule_is_asleep_where_its_rate_is_next_to_nothing(rates: list[float], key: str) -> None:
    assert said("asleep", made(series={"learning_rate": series(rates)})) == key


@pytest.mark.parametrize(("tokens", "severity"), [(19_200, ""), (19_199, "info"), (4_799, "warning"), (0, "")])
def test_text_wears_out_after_four_readings(tokens: int, severity: str) -> None:
    """100 steps of nano read 76,800 tokens."""
    found = RULES["few_tokens"].look(made(training_tokens=tokens))
    assert (found.severity if found else "") == severity


def test_few_tokens_begin_after_the_fourth_reading() -> None:
    found = RULES["few_tokens"].look(made(training_tokens=7_680))
    assert found is not None
    assert (found.step, found.tries[0].changes) == (41, {"training.steps": 40})


@pytest.mark.parametrize(
    ("sizes", "key"),
    [
        ([3e8 + 5e6 * step for step in range(40)], "memory_grows"),
        ([3e8 + 1e5 * step for step in range(40)], ""),  # 4 MB are nothing
        ([3e8 + 1e8 * min(step, 3) for step in range(40)], ""),  # warm-up
        ([3e8 + 1e8 * (1 - 0.8**step) for step in range(40)], ""),  # settles
        ([3e8] * 20 + [5e8] * 20, ""),  # a step up, and no more: something larger is held
    ],
)
def test_memory_grows_where_it_goes_on(sizes: list[float], key: str) -> None:
    assert said("memory_growth", made(series={"rss_bytes": series(sizes)})) == key


def test_throttling_counts_readings_and_tells_the_heat() -> None:
    hot = {"throttled": series([0.0, 1.0, 1.0, 0.0, 0.0]), "temperature_c": series([60.0, 91.0])}
    found = RULES["throttled"].look(made(series=hot))
    assert found is not None
    assert (found.key, found.step, found.arguments) == ("throttled_hot", 2, {"percent": 40, "celsius": 91})
    assert said("throttled", made(series={"throttled": series([1.0, *[0.0] * 19])})) == ""


def test_a_gpu_is_shared_where_others_hold_memory() -> None:
    def held(others: float) -> Evidence:
        used, own = [2e9 + others] * 4, [2e9] * 4
        return made(series={"vram_used_bytes": series(used), "vram_reserved_bytes": series(own)})

    assert (said("shared", held(5e9)), said("shared", held(6e8))) == ("shared_gpu", "")
    waited = made(happenings=(Happening("run_waited_for_cores"),))
    assert said("shared", waited) == "shared_processor"


def test_stalls_are_a_share_of_the_steps_or_one_long_wait() -> None:
    def stalled(count: int, seconds: float) -> Evidence:
        notice = Happening("step_stalled", 7, {"seconds": seconds, "usual_ms": 9.0})
        return made(happenings=(notice,), summary={"stalled_steps": count})

    found = [said("stalls", stalled(*each)) for each in ((5, 0.2), (1, 0.2), (1, 12.0), (0, 0.0))]
    assert found == ["stalls", "", "long_stall", ""]


def test_a_busy_gpu_that_computes_little_is_told_from_a_full_one() -> None:
    def busy(percent: float, mfu: float | None, **more: Points) -> Evidence:
        return made(series={"gpu_busy_percent": series([percent] * 6), **more}, summary={"mfu": mfu})

    watts = series([120.0] * 6)
    found = [
        said("looks_busy", evidence)
        for evidence in (busy(95, 0.02), busy(95, 0.02, power_w=watts), busy(95, 0.4), busy(30, 0.02), busy(95, None))
    ]
    assert found == ["looks_busy", "looks_busy_watts", "", "", ""]


Figures = Mapping[str, float]


def rounded(*parts: Figures, change: float = 0.0) -> Evidence:
    """A model of which parts were quantized, and what that cost."""
    scheme: dict[str, Value] = {"techniques.quantization": True, "techniques.quantization.scheme": "int4_simulated"}
    named = {f"blocks.{place}.mlp": part for place, part in enumerate(parts)}
    finding = Finding("rounding", 100, {"signal_db": 20.0, "loss_change": change}, named, "compressed", True)
    return made(with_values(NANO, scheme, REGISTRY), findings=(finding,))


CALM = {"signal_db": 21.0, "outlier": 1.5}
BACK = {"signal_db": 21.0, "outlier": 1.5, "given_back": 0.7}
APART = {"signal_db": 12.0, "outlier": 9.0}
NOISY = {"signal_db": 7.0, "outlier": 1.5}


@pytest.mark.parametrize(
    ("evidence", "key", "layer"),
    [
        (rounded(CALM, CALM), "", 0),
        (rounded(CALM, BACK, change=0.009), "", 0),
        (rounded(CALM, BACK, change=0.02), "rounding_hurts", 2),
        (rounded(BACK, CALM, change=0.06), "rounding_hurts", 1),
        (rounded(CALM, CALM, APART), "rounding_outliers", 3),
        (rounded(CALM, {"signal_db": 16.0, "outlier": 9.0}, CALM), "", 0),  # large, and hardly the worse for it
        (rounded(NOISY, CALM), "rounding_noise", 1),
    ],
)
def test_rounding_is_told_by_what_it_costs_then_by_its_noise(evidence: Evidence, key: str, layer: int) -> None:
    found = RULES["rounded_away"].look(evidence)
    assert (found.key if found else "") == key
    if found is not None:
        assert found.arguments["layer"] == layer
        assert found.severity == ("danger" if found.arguments["percent"] >= 5.0 else "warning")
        assert {"techniques.quantization.scheme": "int8_weight_only"} in [one.changes for one in found.tries]


def pruned(*parts: Figures, zeros: float, empty_from: float = 0.84) -> Evidence:
    """A model of which a share of the weights was set to zero."""
    changes: dict[str, Value] = {"techniques.pruning": True, "techniques.pruning.amount": zeros}
    named = {f"blocks.{place}.attention": part for place, part in enumerate(parts)}
    values = {"zeros": zeros, "empty_from": empty_from}
    finding = Finding("zeros", 100, values, named, "compressed", True)
    return made(with_values(NANO, changes, REGISTRY), findings=(finding,))


FULL = {"left": 0.5, "says": 0.4}


@pytest.mark.parametrize(
    ("evidence", "key", "layer"),
    [
        (pruned(FULL, FULL, zeros=0.5), "", 0),
        (pruned(FULL, {"left": 0.02, "says": 0.1}, zeros=0.9), "layer_collapsed", 2),
        (pruned({"left": 0.1, "says": 0.001}, FULL, zeros=0.9), "layer_collapsed", 1),
        (pruned(FULL, {"left": 0.05, "says": 0.1}, zeros=0.8), "near_collapse", 2),
        (pruned(FULL, {"left": 0.15, "says": 0.1}, zeros=0.8), "", 0),  # near, but as empty as all others
        (pruned(FULL, {"left": 0.05, "says": 0.1}, zeros=0.7), "", 0),  # uneven, and far from the cliff
    ],
)
def test_a_layer_collapses_where_next_to_nothing_is_left_or_said(evidence: Evidence, key: str, layer: int) -> None:
    found = RULES["collapse"].look(evidence)
    assert (found.key if found else "") == key
    if found is not None:
        assert found.arguments["layer"] == layer
        assert found.tries[0].changes == {"techniques.pruning.amount": 0.63}


SHORT = tuple(
    tuple(Finding("precision", step, {value: share}) for step in (50, 100))
    for value, share in (("not_finite", 0.1), ("flushed", 0.1), ("unmoved", 0.6), ("gradient_noise", 0.3))
)

EVERYTHING: tuple[tuple[str, Evidence], ...] = (
    ("overfitting", turned(4.2, 2.5, 2.6, 2.8)),
    ("underfitting", flat(4.15, 4.16, 4.15, 4.15, 4.14, 4.14)),
    ("underfitting", flat(3.1, 4.16, 3.2, 3.12, 3.11, 3.1)),
    *(("divergence", numbers(GROWN, experiment=each)) for each in (NANO, FP16)),
    *(("divergence", numbers([4.2, None], experiment=each, reason="diverged")) for each in (NANO, FP16)),
    ("spikes", numbers([*falling(80), 9.0], [1.0] * 80 + [30.0])),
    ("hot_start", numbers([4.2, 5.0, 6.0, *falling(97)])),
    ("cut_short", numbers([4.2 - 0.01 * step for step in range(100)])),
    ("few_tokens", made(training_tokens=7_680)),
    ("looks_busy", made(series={"gpu_busy_percent": series([95.0] * 6)}, summary={"mfu": 0.01})),
    *(("short_numbers", made(FP16, findings=each)) for each in SHORT),
    ("short_numbers", made(FP16, series={"loss_scale": looks(65536.0, 0.5)})),
    *(("looks_ahead", made(findings=(Finding("causality", 0, {mode: 0.1}),))) for mode in ("evaluation", "training")),
    ("rounded_away", rounded(CALM, BACK, change=0.02)),
    ("rounded_away", rounded(CALM, CALM, APART)),
    ("rounded_away", rounded(NOISY, CALM)),
    ("collapse", pruned(FULL, {"left": 0.02, "says": 0.1}, zeros=0.9)),
    ("collapse", pruned(FULL, {"left": 0.05, "says": 0.1}, zeros=0.8)),
    ("shared", made(series={"vram_used_bytes": series([9e9] * 4), "vram_reserved_bytes": series([2e9] * 4)})),
)
OTHERS = (
    NANO,
    FP16,
    with_values(NANO, {"techniques.schedule": True, "techniques.schedule.shape": "one_cycle"}, REGISTRY),
    with_values(NANO, {"techniques.schedule": True, "techniques.schedule.warmup_steps": 5}, REGISTRY),
    with_values(NANO, {"techniques.early_stopping": True, "techniques.gradient_clipping": True}, REGISTRY),
    with_values(NANO, {"training.learning_rate": 10.0, "training.batch_size": 1}, REGISTRY),
    with_values(NANO, {"techniques.normalization": True, "techniques.normalization.kind": "batchnorm"}, REGISTRY),
    with_values(NANO, {"training.learning_rate": 1e-8, "training.steps": 1}, REGISTRY),
)


@pytest.mark.parametrize("experiment", OTHERS, ids=range(len(OTHERS)))
@pytest.mark.parametrize("case", range(len(EVERYTHING)))
def test_every_try_changes_the_experiment_and_is_accepted(case: int, experiment: Experiment) -> None:
    name, evidence = EVERYTHING[case]
    asked = Evidence(
        **{key: getattr(evidence, key) for key in Evidence.__struct_fields__} | {"settings": encode(experiment)}
    )
    found = RULES[name].look(asked)
    for one in found.tries if found else ():
        assert with_values(experiment, one.changes, REGISTRY) != experiment, one


def test_a_sleeping_schedule_can_be_woken() -> None:
    sleeping = with_values(NANO, {"techniques.schedule": True, "techniques.schedule.shape": "exponential"}, REGISTRY)
    found = RULES["asleep"].look(made(sleeping, series={"learning_rate": series([1e-3] * 50 + [1e-6] * 50)}))
    assert found is not None
    assert with_values(sleeping, found.tries[0].changes, REGISTRY) != sleeping


def raised() -> list[Danger]:
    return [found for name, evidence in EVERYTHING if (found := RULES[name].look(evidence))]


def test_every_danger_and_every_try_has_its_sentence_filled() -> None:
    assert len(raised()) == len(EVERYTHING)
    spoken = [(danger.key, danger.arguments) for danger in raised()]
    spoken += [(one.key, one.arguments) for danger in raised() for one in danger.tries]
    for key, arguments in spoken:
        blanks = {name for _, name, _, _ in Formatter().parse(SENTENCES[key]) if name}
        assert blanks <= set(arguments), key


def test_every_rule_says_what_it_measures_why_and_where_that_comes_from() -> None:
    assert len(RULES) == len(DETECTORS)
    for rule in DETECTORS:
        assert all(len(text) > 10 for text in (rule.measured, rule.threshold, rule.why, rule.source)), rule.name
        assert rule.measured.endswith("."), rule.name
