"""The form's model must keep what was typed, say what is wrong with it, and lead back to where it began."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.spec.setting import Setting, Value, problem_with
from gpulab.viewmodels.cards import cards, families, means, obstacles
from gpulab.viewmodels.estimates import forecast, known_vocabulary, preset_choices, preset_label
from gpulab.viewmodels.finder import ranked, setting_entries
from gpulab.viewmodels.form import FormModel, groups
from gpulab.viewmodels.options import options
from gpulab.viewmodels.stepping import stepped
from gpulab.viewmodels.values import read, shown

LAPTOP = Machine("a processor", cores=2, memory_bytes=8 << 30)
WORKSTATION = Machine("a processor", cores=8, memory_bytes=8 << 30, gpus=(Gpu(0, "NVIDIA X", 24 << 30, (8, 9)),))
SETTINGS = FormModel(LAPTOP).settings
NUMBERS = [setting for setting in SETTINGS.values() if setting.kind in ("int", "float")]


@pytest.fixture
def form() -> FormModel:
    return FormModel(LAPTOP)


def fields_of(problems: tuple[object, ...]) -> set[str]:
    return {problem.field for problem in problems}  # type: ignore[attr-defined]


def test_what_does_not_fit_stays_and_the_last_legal_experiment_too(form: FormModel) -> None:
    form.set("model.n_layer", 6)
    assert fields_of(form.set("model.n_layer", "six")) == {"model.n_layer"}
    assert form.value("model.n_layer") == "six"
    assert form.experiment.model.n_layer == 6
    assert form.set("model.n_layer", 7) == ()
    assert form.experiment.model.n_layer == 7


def test_one_wrong_field_hides_no_other(form: FormModel) -> None:
    form.set("model.n_head", 3)
    form.switch("schedule", True)
    form.set("techniques.schedule.warmup_steps", form.value("training.steps"))
    form.set("training.learning_rate", "fast")
    wrong = {"model.n_head", "techniques.schedule.warmup_steps", "training.learning_rate"}
    assert fields_of(form.problems) == wrong


def test_a_word_in_the_width_is_not_blamed_on_the_heads(form: FormModel) -> None:
    assert fields_of(form.set("model.n_embd", "wide")) == {"model.n_embd"}


def test_a_technique_keeps_its_settings_while_it_is_off(form: FormModel) -> None:
    form.switch("pruning", True)
    form.set("techniques.pruning.amount", 0.7)
    form.switch("pruning", False)
    assert "pruning" not in form.experiment.techniques
    form.switch("pruning", True)
    assert encode(form.experiment)["techniques"]["pruning"]["amount"] == 0.7


def test_a_wrong_setting_of_a_technique_that_is_off_hurts_nobody(form: FormModel) -> None:
    form.switch("pruning", True)
    assert form.set("techniques.pruning.amount", "half")
    assert form.switch("pruning", False) == ()
    assert form.switch("pruning", True)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_brings_shape_batch_and_steps(form: FormModel, name: str) -> None:
    form.set("data.tokenizer", "bytes")
    form.set("model.n_layer", "many")
    assert form.pick_preset(name) == ()
    assert form.preset == name
    assert form.experiment.training.steps == PRESETS[name].steps
    assert form.experiment.data.tokenizer == "bytes"


def test_only_a_name_that_a_preset_gave_follows_the_preset(form: FormModel) -> None:
    form.pick_preset("nano")
    assert form.experiment.name == "GPT nano"
    form.set("name", "Mine")
    form.pick_preset("small")
    assert form.experiment.name == "Mine"


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_loaded_is_what_comes_out(form: FormModel, name: str) -> None:
    form.load(experiment_from(name))
    assert form.experiment == experiment_from(name)


def test_an_experiment_for_another_machine_is_shown_with_the_reason(form: FormModel) -> None:
    form.load(Experiment(device="cuda:3"))
    assert form.experiment.device == "cuda:3"
    assert fields_of(form.problems) == {"device"}


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.path)
def test_steps_stay_within_the_bounds(setting: Setting) -> None:
    values: dict[str, Value] = {path: known.default for path, known in SETTINGS.items()}
    for way in (1, -1):
        for _ in range(60):
            values[setting.path] = stepped(setting, values, way)
            assert problem_with(setting, values[setting.path]) is None
    assert stepped(setting, {**values, setting.path: "what"}, 1) == setting.default


def test_steps_keep_the_heads_dividing_the_width(form: FormModel) -> None:
    for path, way in (("model.n_embd", 1), ("model.n_head", 1), ("model.n_head", -1), ("model.n_embd", -1)) * 5:
        assert form.set(path, stepped(form.settings[path], form.state.values, way)) == ()


def test_steps_are_what_a_person_would_call_one_step() -> None:
    values: dict[str, Value] = {path: known.default for path, known in SETTINGS.items()}
    rate, steps = SETTINGS["training.learning_rate"], SETTINGS["training.steps"]
    assert [stepped(rate, values, way) for way in (1, -1, 2)] == [2e-3, 5e-4, 5e-3]
    for value, up, down in ((600, 610, 590), (99, 100, 98), (1000, 1100, 990), (603, 610, 600)):
        values[steps.path] = value
        assert [stepped(steps, values, way) for way in (1, -1)] == [up, down]
    assert stepped(SETTINGS["training.seed"], values, 1) == 1338


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_as_they_were_shown(number: float) -> None:
    back = read(SETTINGS["training.learning_rate"], shown(number))
    assert isinstance(back, float)
    assert back == number


@pytest.mark.parametrize(
    ("number", "text"), [(3e-4, "3e-4"), (1e-3, "0.001"), (0.1, "0.1"), (10.0, "10"), (1e-8, "1e-8"), (600, "600")]
)
def test_numbers_are_shown_short(number: float, text: str) -> None:
    assert shown(number) == text


@given(st.text())
def test_nothing_typed_is_lost(text: str) -> None:
    form = FormModel(LAPTOP)
    for path in ("model.n_layer", "training.learning_rate", "data.path"):
        value = read(form.settings[path], text)
        form.set(path, value)
        assert form.value(path) == value or math.isnan(float(value))
        if isinstance(value, str):
            assert value == text


@pytest.mark.parametrize(("text", "value"), [("1e4", 10000), (" 12 ", 12), ("2.5", "2.5"), ("nan", "nan"), ("", "")])
def test_whole_numbers_can_be_written_in_several_ways(text: str, value: Value) -> None:
    assert read(SETTINGS["training.steps"], text) == value


EDITS = st.one_of(
    st.tuples(st.sampled_from(sorted(SETTINGS)), st.one_of(st.integers(-5, 2000), st.floats(), st.text(max_size=5))),
    st.tuples(st.just("preset"), st.sampled_from(sorted(PRESETS))),
    st.tuples(st.just("on"), st.sampled_from([card.name for card in cards(SETTINGS)])),
    st.tuples(st.just("off"), st.sampled_from([card.name for card in cards(SETTINGS)])),
)


@given(st.lists(EDITS, max_size=12))
def test_going_back_to_a_state_undoes_everything(edits: list[tuple[str, Value]]) -> None:
    form = FormModel(LAPTOP)
    states, told = [form.state], [form.problems]
    for what, value in edits:
        if what == "preset":
            form.pick_preset(str(value))
        elif what in ("on", "off"):
            form.switch(str(value), what == "on")
        else:
            form.set(what, value)
        states.append(form.state)
        told.append(form.problems)
    for state, problems in reversed(list(zip(states, told, strict=True))):
        assert form.restore(state) == problems
        assert not form.state.changed(state)
    assert form.experiment == Experiment()


def test_every_setting_has_one_place() -> None:
    grouped = [setting.path for group in groups(SETTINGS) for setting in group.settings]
    carded = [setting.path for card in cards(SETTINGS) for setting in card.settings]
    assert sorted(["name", *grouped, *carded]) == sorted(SETTINGS)


def test_every_technique_stands_in_one_family() -> None:
    members = [card.name for family in families(SETTINGS) for card in family.members]
    assert sorted(members) == sorted(card.name for card in cards(SETTINGS))
    assert all(family.members or family.fields for family in families(SETTINGS))
    assert all(family.about.startswith(family.first_sentence) for family in families(SETTINGS))
    assert all(family.first_sentence.endswith(".") for family in families(SETTINGS))


@pytest.mark.parametrize(
    ("query", "meant"),
    [("prune", True), ("heads PRUNING", True), ("head_pruning", True), ("prune bread", False), ("pru", True)],
)
def test_words_mean_what_they_stand_in(query: str, meant: bool) -> None:
    assert means(query, ("Head pruning", "Removes the attention heads that matter least.")) is meant


def test_what_stands_in_the_way_of_a_technique_is_known_before_it_is_on(form: FormModel) -> None:
    def found(name: str) -> list[str]:
        return [problem.key for problem in obstacles(name, form.shown, form.machine, form.device)]

    assert found("allocator") == ["needs_nvidia_gpu"]
    assert found("gradient_compression") == ["compression_needs_workers"]
    form.switch("data_parallel", True)
    assert found("gradient_compression") == []
    assert found("layer_pruning") == []
    form.switch("layer_sharing", True)
    assert found("layer_pruning") == ["techniques_conflict"]


def test_an_obstacle_is_what_switching_on_would_be_refused_with(form: FormModel) -> None:
    """Each alone, with the settings that it comes with: a disabled card is never one that would have worked."""
    for card in cards(SETTINGS):
        stopped = {problem.key for problem in obstacles(card.name, form.shown, form.machine, form.device)}
        refused = {problem.key for problem in form.switch(card.name, True) if problem.field == card.path}
        assert stopped == refused, card.name
        form.switch(card.name, False)


@pytest.mark.parametrize("setting", [s for s in SETTINGS.values() if s.decided_by], ids=lambda setting: setting.path)
def test_what_decides_whether_a_setting_matters_is_a_choice_of_its_own_kind(setting: Setting) -> None:
    deciding = SETTINGS[setting.decided_by]
    values = setting.when[1]
    allowed = deciding.choices if deciding.kind == "choice" else (True, False)
    assert values
    assert set(values) < set(allowed)
    assert setting.matters({setting.decided_by: values[0]})
    assert not setting.matters({setting.decided_by: next(value for value in allowed if value not in values)})


def test_devices_are_offered_with_what_is_missing() -> None:
    here = options(SETTINGS["device"], LAPTOP, "cpu")
    assert [(option.value, option.reason is None) for option in here] == [
        ("auto", True),
        ("cpu", True),
        ("cuda", False),
    ]
    assert [option.value for option in options(SETTINGS["device"], WORKSTATION, "cuda:0")] == ["auto", "cpu", "cuda:0"]


def test_choices_that_cannot_be_used_come_with_the_reason() -> None:
    reasons = {o.value: o.reason for o in options(SETTINGS["techniques.precision.mode"], LAPTOP, "cpu")}
    assert reasons["tf32"] is not None
    assert reasons["tf32"].key == "needs_compute_capability_none"
    assert reasons["bf16"] is None
    there = options(SETTINGS["techniques.precision.mode"], WORKSTATION, "cuda:0")
    assert not any(option.reason for option in there)


def test_time_is_told_only_where_it_was_measured() -> None:
    experiment = Experiment()
    assert forecast(experiment, 65).seconds is None
    measured = forecast(experiment, 65, lambda experiment: 1000.0)
    assert measured.seconds == pytest.approx(experiment.tokens_per_step * experiment.training.steps / 1000.0)


def test_presets_say_what_they_need() -> None:
    choices = preset_choices(Experiment(), 65, memory_bytes=1 << 30)
    sizes = [choice.forecast.estimate.parameters for choice in choices]
    assert sizes == sorted(sizes)
    assert [choice.fits for choice in choices if choice.name in ("nano", "gpt2-xl")] == [True, False]
    assert all(choice.purpose for choice in choices)
    assert preset_label("gpt2-medium") == "GPT-2 medium"


def test_the_vocabulary_of_a_bundled_text_is_known_at_once() -> None:
    form = FormModel(LAPTOP)
    assert known_vocabulary(form.experiment.data) is not None
    form.set("data.path", "/some/text.txt")
    assert known_vocabulary(form.experiment.data) is None


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("learning rate", "training.learning_rate"),
        ("lr", "training.learning_rate"),
        ("n_head", "model.n_head"),
        ("prune", "techniques.pruning"),
        ("layers", "model.n_layer"),
        ("held judge", "data.test_share"),
    ],
)
def test_a_few_letters_find_a_setting(query: str, first: str) -> None:
    assert ranked(setting_entries(SETTINGS), query)[0].key == first


def test_what_is_nowhere_is_not_found() -> None:
    entries = setting_entries(SETTINGS)
    assert ranked(entries, "zzz") == []
    assert ranked(entries, "  ") == entries
    assert {entry.key for entry in entries} > set(SETTINGS)


def test_what_a_choice_of_another_technique_excludes_cannot_be_switched_on() -> None:
    def stopped(name: str, kind: str) -> list[str]:
        form = FormModel(LAPTOP)
        form.switch("architecture", True)
        form.set("techniques.architecture.kind", kind)
        found = obstacles(name, form.shown, form.machine, form.device)
        assert all(problem.field == f"techniques.{name}" for problem in found)
        return [problem.key for problem in found]

    assert stopped("head_pruning", "lstm") == stopped("kv_cache", "cnn") == ["techniques_conflict"]
    assert stopped("head_pruning", "gpt") == stopped("pruning", "lstm") == []
