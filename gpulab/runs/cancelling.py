"""Long reading ends early where nobody waits for it any more; every reader says so in the same way."""


class Cancelled(Exception):
    """The function that was told of the progress answered that nobody waits any more."""
