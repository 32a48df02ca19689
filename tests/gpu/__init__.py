"""Tests that need an NVIDIA GPU; each is skipped where there is none."""
