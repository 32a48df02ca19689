"""What a person types must become a value, or stay word for word what was typed until it does."""

from __future__ import annotations

import math

from gpulab.spec.setting import Setting, Value


def read(setting: Setting, text: str) -> Value:
    """The value that `text` means for `setting`; `text` itself where it means none, so that nothing typed is lost."""
    if setting.kind not in ("int", "float"):
        return text
    try:
        return _whole(text) if setting.kind == "int" else float(text)
    except ValueError:
        return text


def _whole(text: str) -> Value:
    try:
        return int(text)
    except ValueError:
        number = float(text)  # 1e4 steps are a whole number too
        if math.isfinite(number) and number.is_integer():
            return int(number)
        return text


def shown(value: Value) -> str:
    """`value` as a field shows it: 0.001 in full but 0.0003 as 3e-4, never with a digit less than there is."""
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    plain = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    mantissa, _, exponent = _scientific(value).partition("e")
    scientific = f"{mantissa}e{int(exponent)}"
    return scientific if "e" in plain or len(scientific) + 1 < len(plain) else plain


def _scientific(value: float) -> str:
    """The fewest digits in scientific notation that still read back as `value`."""
    return next((text for digits in range(17) if float(text := f"{value:.{digits}e}") == value), f"{value:.17e}")


def limits(setting: Setting) -> tuple[str, str] | None:
    """The lowest and highest allowed value as a field shows them, or None for a setting without limits."""
    if setting.low is None or setting.high is None:
        return None
    kind = int if setting.kind == "int" else float
    return shown(kind(setting.low)), shown(kind(setting.high))
