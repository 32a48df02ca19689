"""Sentences for the dangers that a run showed."""

SENTENCES: dict[str, str] = {
    "batchnorm_sees_ahead": "BatchNorm averages over the whole batch, so a token can see its own future while it "
    "trains. Do not compare this training loss with that of other normalizations.",
}
