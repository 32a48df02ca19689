"""The one place that knows where the bundled files are.

In a checkout they stand in `resources/` beside the package, where people can read them; the wheel carries them inside
the package as `gpulab/_resources/`, so that they cannot get lost.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_resources"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "resources"


def resource(*parts: str) -> Path:
    """The path of a bundled file or folder: `resource("icons", "gpulab.svg")`."""
    return _ROOT.joinpath(*parts)
