"""A comparison handed over: what a reader gets who has no GPU Lab."""
