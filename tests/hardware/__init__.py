"""Tests of what is read from the machine, with recorded answers where it has no GPU."""
