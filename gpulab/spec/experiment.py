"""The experiment: a frozen value that says everything about one training.

Its annotations are values, not text: reading them as text would take the window's start 1 ms.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from gpulab.spec.setting import about


class Settings(msgspec.Struct, frozen=True):
    """Base of what a technique lets a person set. A technique without settings uses this class as it is."""


class Model(msgspec.Struct, frozen=True):
    """The shape of the GPT."""

    n_layer: Annotated[
        int,
        about(
            "Layers",
            "How many blocks stand on top of each other. More can learn more, and take longer.",
            low=1,
            high=128,
        ),
    ] = 4
    n_head: Annotated[
        int,
        about("Heads", "How many places a block can look at at once. Must divide the width.", low=1, high=128),
    ] = 4
    n_embd: Annotated[
        int,
        about("Width", "How many numbers describe each token inside the model.", low=4, high=16384),
    ] = 128
    context_length: Annotated[
        int,
        about(
            "Context",
            "How many tokens the model sees before it guesses the next one.",
            unit="tokens",
            low=2,
            high=65536,
        ),
    ] = 64
    bias: Annotated[
        bool,
        about(
            "Biases",
            "Adds a learned constant in every layer, as GPT-2 did. Small models do well without.",
            advanced=True,
        ),
    ] = False


class Data(msgspec.Struct, frozen=True):
    """The text that is learned from, and how it becomes tokens."""

    corpus: Annotated[
        Literal["shakespeare", "milton", "speeches", "speeches_skewed"],
        about(
            "Text",
            "A text that comes with GPU Lab. A file or folder of your own takes its place.",
            labels={
                "shakespeare": "Shakespeare's works",
                "milton": "Milton's works",
                "speeches": "Speeches about women and men",
                "speeches_skewed": "Speeches, mostly about men",
            },
        ),
    ] = "shakespeare"
    path: Annotated[
        str,
        about(
            "Own text",
            "A file or folder of your own (.txt, .md, .jsonl, .csv). Leave empty for the bundled text.",
            leads_to="text",
        ),
    ] = ""
    tokenizer: Annotated[
        Literal["characters", "bytes", "bpe"],
        about(
            "Pieces",
            "What the text is cut into. Characters suit plain text; bytes can spell any text at all; byte pairs make "
            "frequent words one piece.",
            labels={"characters": "Characters", "bytes": "Bytes", "bpe": "Byte pairs (BPE)"},
        ),
    ] = "characters"
    vocabulary_size: Annotated[
        int,
        about(
            "Vocabulary",
            "How many different pieces byte pairs (BPE) learn from the training text: 256 bytes and what they are "
            "joined into. Characters and bytes do not read this.",
            unit="tokens",
            low=257,
            high=65536,
            when=("tokenizer", ("bpe",)),
        ),
    ] = 1024
    validation_share: Annotated[
        float,
        about(
            "Held out to choose",
            "Share of the text kept aside to watch the training.",
            low=0.01,
            high=0.4,
            advanced=True,
        ),
    ] = 0.1
    test_share: Annotated[
        float,
        about(
            "Held out to judge",
            "Share of the text that is read once, at the very end.",
            low=0.01,
            high=0.4,
            advanced=True,
        ),
    ] = 0.1


class Training(msgspec.Struct, frozen=True):
    """How long and how the model learns."""

    steps: Annotated[
        int,
        about(
            "Steps",
            "How many times the weights are improved. 0 only judges and compresses what it starts from.",
            unit="steps",
            low=0,
            high=10**8,
        ),
    ] = 1000
    batch_size: Annotated[
        int,
        about("Batch", "How many pieces of text are read side by side.", unit="sequences", low=1, high=65536),
    ] = 12
    accumulation: Annotated[
        int,
        about(
            "Accumulate", "Batches read before the weights change once; saves memory.", unit="batches", low=1, high=4096
        ),
    ] = 1
    optimizer: Annotated[
        Literal["adamw", "adam", "sgd", "adafactor", "muon", "lion", "adamw_8bit", "adamw_4bit"],
        about(
            "Optimizer",
            "The rule that turns gradients into better weights. Muon often learns in the fewest steps; Adafactor, Lion "
            "and the short AdamWs need less memory. Muon, Lion and Adafactor fit the learning rate to themselves.",
            labels={
                "adamw": "AdamW",
                "adam": "Adam",
                "sgd": "SGD with momentum",
                "adafactor": "Adafactor",
                "muon": "Muon with AdamW",
                "lion": "Lion",
                "adamw_8bit": "AdamW, memory in 8 bits",
                "adamw_4bit": "AdamW, memory in 4 bits",
            },
            advanced=True,
        ),
    ] = "adamw"
    learning_rate: Annotated[
        float,
        about("Learning rate", "How far each step moves. Too high explodes, too low crawls.", low=1e-8, high=10.0),
    ] = 1e-3
    seed: Annotated[
        int,
        about("Seed", "The number all chance is drawn from. The same seed gives the same run.", low=0, high=2**31 - 1),
    ] = 1337
    eval_interval: Annotated[
        int,
        about(
            "Check every", "Steps between two looks at held-out text.", unit="steps", low=1, high=10**8, advanced=True
        ),
    ] = 50
    checkpoint_interval: Annotated[
        int,
        about(
            "Save every",
            "Steps between two checkpoints, from which a run can go on.",
            unit="steps",
            low=1,
            high=10**8,
            advanced=True,
        ),
    ] = 200


class Evaluation(msgspec.Struct, frozen=True):
    """How the model is judged, and what it writes while it learns."""

    windows: Annotated[
        int,
        about("Windows", "How many fixed pieces of held-out text each look reads.", low=1, high=10**6, advanced=True),
    ] = 64
    sample_prompt: Annotated[
        str,
        about("Prompt", "The words the model goes on from when it shows what it learned. Empty: it begins by itself."),
    ] = ""
    sample_length: Annotated[
        int,
        about(
            "Sample length",
            "How many tokens it writes at each look; 0 writes nothing.",
            unit="tokens",
            low=0,
            high=4096,
            advanced=True,
        ),
    ] = 120
    temperature: Annotated[
        float,
        about(
            "Temperature",
            "How daring the writing is: low repeats itself, high rambles.",
            low=0.05,
            high=5.0,
            advanced=True,
        ),
    ] = 0.8
    examine: Annotated[
        bool,
        about(
            "Look for dangers",
            "Asks the model questions about hidden dangers now and then, and once it is finished. It learns the same "
            "with and without; the time for it is shown and counts for no speed.",
            advanced=True,
        ),
    ] = True


class Experiment(msgspec.Struct, frozen=True):
    """Everything about one training. `techniques` maps a technique's name to its settings; absent is off."""

    name: Annotated[str, about("Name", "What this experiment is called in tables and charts.")] = "GPT mini"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()
    techniques: Mapping[str, Settings] = MappingProxyType({})
    evaluation: Evaluation = Evaluation()
    device: Annotated[
        str,
        about("Device", "Where the training runs: auto, cpu, cuda, or cuda:1 for the second GPU."),
    ] = "auto"
    threads: Annotated[
        int,
        about(
            "Threads",
            "Processor cores used; 0 leaves one core to the window.",
            unit="cores",
            low=0,
            high=1024,
            advanced=True,
        ),
    ] = 0

    @property
    def tokens_per_step(self) -> int:
        """Tokens that one optimizer step learns from."""
        return self.training.batch_size * self.training.accumulation * self.model.context_length
