"""The documents that a run writes, and the file that carries them."""
