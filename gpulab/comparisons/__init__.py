"""A comparison: a baseline and its variants over seeds, made, run in turn, read back, packed up."""
