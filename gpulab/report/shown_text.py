"""What a person or a model typed, made fit to be shown: every character stays, but none of them works on its own.

Escaping is left to whoever writes the format; here go the characters that no format can carry or that would change how
their neighbours read.
"""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_UNFIT = re.compile("[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""They turn the reading order of what follows, beyond the end of the name that holds them."""
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|[kMGT]?B|ms|s|min|h|J|k tokens/s|tokens/s)(?:[\s.,;:)]|$))")


def bound(text: str) -> str:
    """`text` whose figures stay on one line with their units."""
    return _BEFORE_UNIT.sub("\u00a0", text)


def shown(text: str) -> str:
    """`text` with control characters as their pictures (␀), what is no character as �, and no turned order."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(lambda found: chr(0x2421 if found.group() == "\x7f" else 0x2400 + ord(found.group())), text)
    return _TURNING.sub("", _UNFIT.sub("\ufffd", text))
