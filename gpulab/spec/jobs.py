"""What can be asked of a worker besides a training: finders, a search, tests of finished models; on disk `job.json`.

A job is a folder like a run: beside the experiment it holds what was asked for, and nothing it trains is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from gpulab.spec.comparison import Rules
from gpulab.spec.decode import settings_from
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem, detail_of, refuse
from gpulab.spec.setting import about

Kind = Literal[
    "find_lr",
    "find_batch",
    "search",
    "tune",
    "scan",
    "age",
    "bias",
    "watch",
    "guard",
    "doses",
    "write",
    "attend",
    "ceilings",
    "profile",
]
OF_RUNS: tuple[Kind, ...] = ("scan", "age", "bias", "watch", "guard", "doses", "write", "attend")
"""Kinds that look at a finished run; the others train."""
OF_PLAYGROUND: tuple[Kind, ...] = ("write", "attend")
"""Kinds that let a model speak, on a page of their own; the others find something out, in a dialog."""

OF_MACHINE: tuple[Kind, ...] = ("ceilings",)
"""Kinds that ask about the machine: they have no experiment, and say themselves where they compute."""

OF_HARDWARE: tuple[Kind, ...] = ("profile",)
"""Kinds that are asked for and shown on the Hardware page, and by a command of their own."""

JOB = "job.json"
FORMAT = 1


class FindRate(msgspec.Struct, frozen=True):
    """A sweep of the learning rate from `lowest` to `highest`, each step a little faster than the one before."""

    lowest: Annotated[float, about("From", "The learning rate of the first step.", low=1e-8, high=10.0)] = 1e-5
    highest: Annotated[float, about("To", "The learning rate of the last step.", low=1e-8, high=10.0)] = 1.0
    steps: Annotated[int, about("Steps", "How many steps the sweep takes.", unit="steps", low=20, high=1000)] = 76


class FindBatch(msgspec.Struct, frozen=True):
    """Batches that double until one does not fit, then halves of the gap."""

    largest: Annotated[int, about("Up to", "No larger batch is tried.", unit="sequences", low=1, high=65536)] = 1024
    memory_share: Annotated[
        float,
        about("Memory", "Share of the memory that is free now which a trial may take.", low=0.05, high=0.95),
    ] = 0.8
    patience_s: Annotated[
        float,
        about("Longest step", "Larger batches are not tried once a step takes longer.", unit="s", low=0.01, high=600.0),
    ] = 5.0


_BATCHES = ("vary", ("rate_and_batch",))


class Search(msgspec.Struct, frozen=True):
    """Short runs with different learning rates and batches, all on equally much text."""

    trials: Annotated[
        int,
        about("Short runs", "How many short runs may be made in all, repeats included.", unit="runs", low=2, high=500),
    ] = 12
    steps: Annotated[
        int,
        about(
            "Length",
            "How much text each short run reads, as steps of the experiment's own batch. A larger batch takes fewer.",
            unit="steps",
            low=1,
            high=100_000,
        ),
    ] = 100
    vary: Annotated[
        Literal["rate_and_batch", "rate"],
        about(
            "Try",
            "Both, or the learning rate alone with the experiment's own batch.",
            labels={"rate_and_batch": "Rates and batches", "rate": "Rates alone"},
        ),
    ] = "rate_and_batch"
    lowest_rate: Annotated[
        float, about("Slowest rate", "The lowest learning rate that is tried.", low=1e-8, high=10.0)
    ] = 1e-4
    highest_rate: Annotated[
        float, about("Fastest rate", "The highest learning rate that is tried.", low=1e-8, high=10.0)
    ] = 1e-1
    smallest_batch: Annotated[
        int,
        about(
            "Smallest batch",
            "Batches are powers of two from here on.",
            unit="sequences",
            low=1,
            high=65536,
            when=_BATCHES,
        ),
    ] = 4
    largest_batch: Annotated[
        int,
        about(
            "Largest batch", "Batches are powers of two up to here.", unit="sequences", low=1, high=65536, when=_BATCHES
        ),
    ] = 64


class Scan(msgspec.Struct, frozen=True):
    """One part of a finished model at a time is made worse."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    harm: Annotated[
        Literal["pruning", "rounding", "both"],
        about(
            "Try",
            "What is done to one part at a time: its smallest weights set to zero, or all of them rounded.",
            labels={"pruning": "Pruning", "rounding": "Fewer bits", "both": "Both"},
        ),
    ] = "pruning"
    windows: Annotated[
        int,
        about("Windows", "How many pieces of validation text each look reads.", unit="pieces", low=1, high=100_000),
    ] = 64


Part = Literal["final", "trained"]
_PARTS = {"final": "As it ended, compressed where it was", "trained": "As it was trained, before it was compressed"}


class Age(msgspec.Struct, frozen=True):
    """A finished model and a text that is newer than it."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    text: Annotated[
        str, about("New text", "A file or folder (.txt, .md, .jsonl, .csv) that the model never saw.", leads_to="text")
    ] = ""


class Bias(msgspec.Struct, frozen=True):
    """Paired prompts put to one finished model, or to two of them."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    part: Annotated[Part, about("Model", "Which model of the run is asked.", labels=_PARTS)] = "final"
    beside: Annotated[
        str,
        about(
            "Beside it",
            "The folder of another finished run, which is asked the same. Empty: the run's own model before it was "
            "compressed, where it was.",
            leads_to="folder",
        ),
    ] = ""
    beside_part: Annotated[
        Part, about("Model beside it", "Which model of the other run is asked.", labels=_PARTS, advanced=True)
    ] = "final"
    pairs: Annotated[
        str,
        about(
            "List of pairs",
            "A file (.toml) of your own, written like the bundled resources/bias/pairs.toml. Empty: the bundled one.",
            leads_to="text",
        ),
    ] = ""


class Watch(msgspec.Struct, frozen=True):
    """Texts that one finished model writes, or two of them, watched for the words of a list."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    part: Annotated[Part, about("Model", "Which model of the run writes.", labels=_PARTS)] = "final"
    words: Annotated[
        str,
        about(
            "Words",
            "The words to watch for, with blanks between, or a file (.txt) with one word or phrase a line.",
            leads_to="text",
        ),
    ] = "she her hers herself"
    beside: Annotated[
        str,
        about(
            "Beside it",
            "The folder of another finished run, whose model writes as much. Empty: one model alone.",
            leads_to="folder",
        ),
    ] = ""
    beside_part: Annotated[
        Part, about("Model beside it", "Which model of the other run writes.", labels=_PARTS, advanced=True)
    ] = "final"
    texts: Annotated[
        int,
        about("Texts", "How many texts each model writes. More make the rate surer.", unit="texts", low=1, high=2000),
    ] = 20
    length: Annotated[int, about("Length", "How many tokens each text has.", unit="tokens", low=10, high=10_000)] = 300
    prompt: Annotated[str, about("Prompt", "The words that each text begins with; they are not counted.")] = ""
    temperature: Annotated[
        float,
        about(
            "Temperature",
            "How daring the choice of each token is. 1 writes as the model guesses; 0 would write one text only.",
            low=0.1,
            high=5.0,
            advanced=True,
        ),
    ] = 1.0
    seed: Annotated[
        int, about("Seed", "The same number draws the same texts again.", low=0, high=2**53, advanced=True)
    ] = 1


class Guard(msgspec.Struct, frozen=True):
    """A finished run's checkpoint, kept in a safe and an unsafe format, checked and locked."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    rounds: Annotated[
        int,
        about(
            "Rounds", "How often each way has its turn. More make the figures surer.", unit="rounds", low=5, high=200
        ),
    ] = 9


class Doses(msgspec.Struct, frozen=True):
    """One trained model, one compression, more and more of it."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    technique: Annotated[
        str,
        about(
            "Compression",
            "What is done to the trained model, a little more of it at each try. Empty: the first there is.",
        ),
    ] = ""
    setting: Annotated[
        str,
        about("Setting", "Which of its settings changes. Empty: the one that says how much.", advanced=True),
    ] = ""
    values: Annotated[
        str,
        about("Doses", "What to try, with spaces between, for example 0.2 0.5 0.8. Empty: from a little to a lot."),
    ] = ""
    windows: Annotated[
        int,
        about("Windows", "How many pieces of validation text each dose reads.", unit="pieces", low=1, high=100_000),
    ] = 64


class Write(msgspec.Struct, frozen=True):
    """One or two models go on from the same words."""

    run_a: Annotated[str, about("First run", "The folder of the finished run that writes first.")] = ""
    part_a: Annotated[Part, about("First model", "Which model of the first run writes.", labels=_PARTS)] = "final"
    run_b: Annotated[str, about("Second run", "The folder of another finished run. Empty: one model alone.")] = ""
    part_b: Annotated[Part, about("Second model", "Which model of the second run writes.", labels=_PARTS)] = "final"
    prompt: Annotated[str, about("Prompt", "The words that the text begins with.")] = ""
    length: Annotated[
        int, about("Length", "How many tokens each model writes.", unit="tokens", low=1, high=100_000)
    ] = 200
    temperature: Annotated[
        float,
        about(
            "Temperature",
            "How daring the choice of each token is. 0 always takes the likeliest; 1 is as sure as the model is.",
            low=0.0,
            high=5.0,
        ),
    ] = 0.8
    top_k: Annotated[
        int, about("Top k", "Only so many of the likeliest tokens are drawn from. 0: from all.", low=0, high=100_000)
    ] = 0
    top_p: Annotated[
        float,
        about(
            "Top p",
            "Only the likeliest tokens that together reach this share of the chance are drawn from. 1: all of them.",
            low=0.0,
            high=1.0,
        ),
    ] = 1.0
    seed: Annotated[int, about("Seed", "The same number draws the same text again.", low=0, high=2**53)] = 1
    cache: Annotated[
        bool,
        about("KV cache", "Keeps what attention worked out for earlier tokens: a token then costs one position."),
    ] = True


class Attend(msgspec.Struct, frozen=True):
    """A look inside: where each head looks, and what each layer would say next."""

    run: Annotated[str, about("Run", "The folder of a finished run.")] = ""
    part: Annotated[Part, about("Model", "Which model of the run is looked into.", labels=_PARTS)] = "final"
    prompt: Annotated[str, about("Prompt", "The words that the model reads.")] = ""


class MeasureCeilings(msgspec.Struct, frozen=True):
    """How fast one device multiplies and copies at most."""

    device: Annotated[str, about("Device", "What is measured: auto, cpu, cuda, or cuda:1 for the second GPU.")] = "auto"
    threads: Annotated[
        int,
        about("Threads", "Processor cores used; 0 leaves one core to the window.", unit="cores", low=0, high=1024),
    ] = 0
    width: Annotated[
        int,
        about("Widest matrix", "Matrices grow up to this width. 0: as suits the device.", low=0, high=65536),
    ] = 0
    megabytes: Annotated[
        int,
        about("Copied at once", "How much is copied at once. 0: as suits the device.", unit="MiB", low=0, high=65536),
    ] = 0
    repeats: Annotated[
        int, about("Repeats", "How often each is measured; the median counts.", unit="times", low=3, high=1000)
    ] = 9

    @property
    def kept(self) -> bool:
        """Whether what is found counts as the device's ceilings: other sizes and repeats answer other questions."""
        return self == MeasureCeilings(self.device, self.threads)


class ProfileSteps(msgspec.Struct, frozen=True):
    """A few steps under the profiler."""

    steps: Annotated[
        int,
        about("Steps", "How many steps are profiled, after a few that warm up.", unit="steps", low=1, high=100),
    ] = 5
    unfused: Annotated[
        bool,
        about(
            "Unfused beside it",
            "Profiles the same experiment once more with nothing fused, to show how many kernels fusing saves.",
        ),
    ] = True


_QUALITY_TOO = ("goal", ("time_to_quality",))


class Tune(msgspec.Struct, frozen=True):
    """Settings that make the training faster here, each tried in short trials beside the best so far."""

    goal: Annotated[
        Literal["speed", "time_to_quality"],
        about(
            "Goal",
            "More text a second with the same training, or the quality of the training as it is in less time: then the "
            "optimizer, its learning rate and the batch may change too.",
            labels={"speed": "The same training, faster", "time_to_quality": "The same quality, sooner"},
        ),
    ] = "speed"
    batch: Annotated[
        bool,
        about(
            "Larger batches too",
            "Also tries to read more pieces side by side, with fewer steps for the same text. The weights then change "
            "less often, which mostly costs quality.",
            when=("goal", ("speed",)),
        ),
    ] = False
    trial_s: Annotated[
        float,
        about(
            "Length of a trial",
            "How long each setting trains before it is the other's turn.",
            unit="s",
            low=0.01,
            high=60.0,
        ),
    ] = 0.5
    pairs: Annotated[
        int,
        about(
            "Turns",
            "How often both sides have their turn; undecided after that, they get as many again.",
            unit="turns",
            low=5,
            high=200,
        ),
    ] = 8
    check_steps: Annotated[
        int,
        about(
            "Checked over",
            "How many steps of the experiment are trained to see that nothing is lost. 0: all of them, but at most "
            "300, or 1,000 where the same quality is to be reached.",
            unit="steps",
            low=0,
            high=100_000,
        ),
    ] = 0
    seeds: Annotated[
        int,
        about(
            "Seeds at most",
            "With how many seeds that is tried. Three are enough where they agree.",
            unit="seeds",
            low=2,
            high=20,
        ),
    ] = Rules().most_seeds
    equal_quality: Annotated[
        float,
        about(
            "Equal quality",
            "Differences in validation loss up to this count as none.",
            unit="%",
            low=0.0,
            high=50.0,
            advanced=True,
        ),
    ] = Rules().equal_quality
    rates: Annotated[
        int,
        about(
            "Learning rates",
            "How many learning rates each optimizer is tried with, from that of the experiment upwards.",
            unit="rates",
            low=1,
            high=10,
            when=_QUALITY_TOO,
        ),
    ] = 3


Asked = (
    FindRate
    | FindBatch
    | Search
    | Scan
    | Age
    | Bias
    | Watch
    | Guard
    | Doses
    | Write
    | Attend
    | MeasureCeilings
    | ProfileSteps
    | Tune
)

ASKS: Mapping[Kind, type[Asked]] = {
    "find_lr": FindRate,
    "find_batch": FindBatch,
    "search": Search,
    "scan": Scan,
    "age": Age,
    "bias": Bias,
    "watch": Watch,
    "guard": Guard,
    "doses": Doses,
    "write": Write,
    "attend": Attend,
    "ceilings": MeasureCeilings,
    "profile": ProfileSteps,
    "tune": Tune,
}
"""What each kind of job lets a person set."""

TITLES: Mapping[Kind, tuple[str, str]] = {
    "find_lr": (
        "Find a learning rate",
        "Trains a throw-away copy of the model for a moment, faster with every step, and looks where it learns best.",
    ),
    "find_batch": (
        "Find the largest batch",
        "Tries batches that double until one does not fit into the memory, and measures how fast each one reads.",
    ),
    "search": (
        "Search rate and batch",
        "Makes many short runs with different learning rates and batches and compares them on held-out text.",
    ),
    "scan": (
        "Scan for sensitive layers",
        "Makes one part of the finished model worse at a time and looks how much that costs on validation text.",
    ),
    "age": (
        "Test on a new text",
        "Has this model grown old? Judges the finished model on a text of yours, beside the test text of its own run.",
    ),
    "bias": (
        "Ask about paired words",
        "Exchanges one word of a sentence (king, queen) and looks how much likelier the same continuation becomes.",
    ),
    "watch": (
        "Watch for words",
        "Lets the finished model write many short texts and counts how often the words of a list come up.",
    ),
    "guard": (
        "What does safety cost?",
        "Writes and reads the checkpoint in a safe and an unsafe format, checks and encrypts it, and times each.",
    ),
    "doses": (
        "How far can I go?",
        "Compresses the finished model more and more, and looks on validation text how far that is safe.",
    ),
    "write": (
        "Let models write",
        "Lets one or two finished models go on from the same words, token by token in turn, and times each of them.",
    ),
    "attend": (
        "Look into a model",
        "Shows where every attention head looks in a text, and what each layer would say next.",
    ),
    "profile": (
        "Profile a step",
        "Takes a few steps of a throw-away model and shows where their time goes and what fills the memory.",
    ),
    "tune": (
        "Make it fast",
        "Tries settings that are legal on this machine in short trials and keeps what is faster and learns as well.",
    ),
    "ceilings": (
        "Measure the ceilings",
        "Measures how fast this device multiplies and copies at most, so that a run's speed can be seen in proportion.",
    ),
}
"""What each kind of job is called, and what it does, in one sentence."""


class Job(msgspec.Struct, frozen=True):
    """What is asked for: the kind and its settings."""

    kind: Kind
    settings: Asked


def ask(kind: Kind, table: Mapping[str, Any] = {}) -> Job:
    """The job that `table` describes; absent settings take their defaults. Raises BadInput with every problem."""
    settings = settings_from(ASKS[kind], dict(table))
    broken = list(_broken(settings))
    if broken:
        raise BadInput(*broken)
    return Job(kind, settings)


def where(job: Job) -> Experiment:
    """Where a job of the machine computes, as an experiment would say it."""
    table = msgspec.to_builtins(job.settings)
    return Experiment(name=job.kind, device=table.get("device", "auto"), threads=table.get("threads", 0))


def powers(settings: Search) -> range:
    """The exponents of the batches that a search may try."""
    return range((settings.smallest_batch - 1).bit_length(), settings.largest_batch.bit_length())


def as_json(job: Job) -> bytes:
    """What `job.json` says of `job`."""
    table = {"format": FORMAT, "kind": job.kind, "settings": msgspec.to_builtins(job.settings)}
    return msgspec.json.format(msgspec.json.encode(table))


def load(folder: Path) -> Job:
    """The job that `folder` asks for. Raises BadInput where it cannot be understood."""
    path = folder / JOB
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refuse("job_unreadable", path=str(path), detail=detail_of(error)) from error
    return from_json(content, str(path))


def from_json(content: bytes, origin: str) -> Job:
    """The job in the `content` of a file, which is called `origin`. Raises BadInput as `load` does."""
    try:
        table = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("job_unreadable", path=origin, detail=detail_of(error)) from error
    if not isinstance(table, dict) or table.get("kind") not in ASKS or table.get("format") != FORMAT:
        raise refuse("job_unreadable", path=origin, detail="it asks for nothing that is known here")
    return ask(table["kind"], table.get("settings", {}))


def is_job(folder: Path) -> bool:
    return (folder / JOB).is_file()


def _broken(settings: Asked) -> Iterator[Problem]:
    match settings:
        case FindRate(lowest=low, highest=high) if not low < high:
            yield Problem("range_upside_down", "highest", {"low": low, "high": high})
        case Search(lowest_rate=low, highest_rate=high) if not low < high:
            yield Problem("range_upside_down", "highest_rate", {"low": low, "high": high})
        case Scan(run="") | Age(run="") | Bias(run="") | Watch(run="") | Guard(run="") | Doses(run="") | Attend(run=""):
            yield Problem("run_missing", "run", {"path": "nothing"})
        case Write(run_a=""):
            yield Problem("run_missing", "run_a", {"path": "nothing"})
        case Attend(prompt=""):
            yield Problem("prompt_missing", "prompt")
        case Age(text=""):
            yield Problem("new_text_missing", "text")
        case _:
            pass
    if isinstance(settings, Search) and settings.vary == "rate_and_batch" and not powers(settings):
        arguments = {"low": settings.smallest_batch, "high": settings.largest_batch}
        yield Problem("no_power_between", "largest_batch", arguments)
