"""Documents to lines and back: one JSON object a line, UTF-8, no line break inside."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gpulab.events.documents import AnyDocument

FORMAT = 1

MIGRATIONS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By document type: rewrites an older document's table into the present one. Old runs open for ever."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyDocument] = msgspec.json.Decoder(AnyDocument)


def encode(document: AnyDocument) -> bytes:
    """`document` as one line, its line break included."""
    return _encoder.encode(document) + b"\n"


def decode(line: bytes) -> AnyDocument:
    """The document in `line`. Raises msgspec.DecodeError (ValidationError) where it is none."""
    try:
        return _decoder.decode(line)
    except msgspec.ValidationError:
        table = msgspec.json.decode(line)
        migrate = MIGRATIONS.get(table.get("type", "")) if isinstance(table, dict) else None
        if migrate is None:
            raise
        migrated: AnyDocument = msgspec.convert(migrate(table), AnyDocument)
        return migrated


def finite(value: float) -> float | None:
    """`value`, or None where it is not finite: JSON has no NaN, and a gap must be seen as one."""
    return value if math.isfinite(value) else None
