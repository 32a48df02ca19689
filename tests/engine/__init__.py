"""Tests of the engine, on tiny real trainings."""
