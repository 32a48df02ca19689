"""Every way of switching techniques on that the suite trains and resumes: one module an area, found by itself.

A module holds `VARIANTS`, tables of techniques with their settings, and where it has choices `REFERENCES`: tables that
must train bit for bit as if they were absent.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

Variant = dict[str, dict[str, Any]]

_MODULES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]

VARIANTS: list[Variant] = [variant for module in _MODULES for variant in module.VARIANTS]
REFERENCES: list[Variant] = [variant for module in _MODULES for variant in getattr(module, "REFERENCES", [])]


def name_of(variant: Variant) -> str:
    """What a test calls the variant: the same in every process, so a folder is told by what it is for."""
    told = {
        name: [key if _is_folder(value) else str(value) for key, value in one.items()] for name, one in variant.items()
    }
    return "+".join(f"{name}-{'-'.join(values)}" for name, values in told.items()) or "plain"


def _is_folder(value: Any) -> bool:
    return isinstance(value, str) and "/" in value
