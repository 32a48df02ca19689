"""Observers that read numbers off a training; with or without them the losses are bit for bit the same."""
