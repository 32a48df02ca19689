"""Examinations of tiny models: what they find, and that nobody notices them."""
