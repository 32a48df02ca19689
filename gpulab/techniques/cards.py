"""The cards: what people meet first, each a family of techniques or of settings that a promise and a risk belong to.

The first twelve are those of the source article, in its order. A technique names its card (`Technique.card`); settings
of the experiment itself that a card is about stand in `fields`, and are set where they always are.
"""

from __future__ import annotations

import msgspec


class CardGroup(msgspec.Struct, frozen=True):
    """One card: `key` as techniques name it, `title` and `about` in plain words, dotted paths in `fields`."""

    key: str
    title: str
    about: str
    fields: tuple[str, ...] = ()


CARD_GROUPS = (
    CardGroup(
        "A1",
        "Data preprocessing",
        "Cleans the text and cuts it into pieces before anything is learned. Too much of it throws away what the text "
        "said.",
        ("data.tokenizer", "data.vocabulary_size"),
    ),
    CardGroup("A2", "Pruning", "Takes away what the model hardly uses. Too much takes away what it knew."),
    CardGroup("A3", "Quantization", "Stores each number in fewer bits. Fewer bits hold fewer digits."),
    CardGroup("A4", "Kernel fusion", "Does several small computations in one go. The price is time to prepare them."),
    CardGroup(
        "A5",
        "Memory management",
        "Trades time for memory, so that a larger model or batch fits.",
        ("training.accumulation",),
    ),
    CardGroup("A6", "Normalization", "Keeps the numbers inside the model in a healthy range, at some extra work."),
    CardGroup(
        "A7", "Gradient compression", "Sends less between workers that train together. What is left out may be missed."
    ),
    CardGroup("A8", "Precision", "Computes with shorter numbers: faster, smaller, and less exact."),
    CardGroup("A9", "Weight sharing", "Lets several places of the model use the same numbers: smaller, less capable."),
    CardGroup("A10", "Activation function", "The bend in each hidden layer that makes more than straight lines."),
    CardGroup(
        "A11",
        "Learning-rate schedule",
        "Changes how far each step moves as the training goes on.",
        ("training.learning_rate",),
    ),
    CardGroup(
        "A12", "Regularization", "Keeps the model from learning its text by heart; in a short training it only costs."
    ),
    CardGroup(
        "B1",
        "Batch size",
        "How much is read before the weights change. More at once is faster for each token and takes more memory; too "
        "much at once can learn less from the same text.",
        ("training.batch_size", "training.accumulation"),
    ),
    CardGroup("B2", "Data augmentation", "Shows the text a little changed each time: sturdier, but noisier."),
    CardGroup("B3", "Transfer learning", "Starts from what another model learned, its mistakes included."),
    CardGroup(
        "B5",
        "Optimizer",
        "The rule that turns gradients into better weights. Clever rules learn faster and remember more numbers.",
        ("training.optimizer", "training.learning_rate"),
    ),
    CardGroup("B6", "Architecture", "Another kind of model under the same training, to see what attention is worth."),
    CardGroup("B7", "Data parallelism", "Several workers share each batch. Talking to each other takes time too."),
    CardGroup(
        "B8",
        "Device",
        "Where the arithmetic is done. A GPU is no magic: small models may even be slower on it.",
        ("device", "threads"),
    ),
    CardGroup("C3", "Writing with a cache", "Remembers what was computed for earlier tokens: fast writing for memory."),
    CardGroup("C5", "Planted secrets", "A test and no help: what a model learned by heart, it can be made to tell."),
)
"""In the order in which the form shows them. B4, early stopping, is one of A12."""
