"""Sentences for the dangers that a run showed."""

SENTENCES: dict[str, str] = {
    "frozen_by_chance": "The frozen layers were filled by chance and never learn, because this run starts from no "
    "earlier one. Switch Transfer on, or freeze nothing.",
    "batchnorm_sees_ahead": "BatchNorm averages over the whole batch, so a token can see its own future while it "
    "trains. Do not compare this training loss with that of other normalizations.",
}
