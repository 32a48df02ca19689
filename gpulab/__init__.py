"""GPU Lab: controlled experiments on how a GPT is trained and compressed."""

__version__ = "0.1.0"
