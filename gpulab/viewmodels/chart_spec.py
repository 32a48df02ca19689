"""What a chart shows, as a value that the first paint need not wait for: no numpy here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpulab.viewmodels.figures import Format

Role = Literal["main", "bold", "faint"]


@dataclass(frozen=True)
class LineSpec:
    """One line of a chart. main: the raw values behind their smoothed curve; bold: as measured, strong; faint: thin."""

    key: str
    label: str
    role: Role = "main"


@dataclass(frozen=True)
class ChartSpec:
    """One chart: its words (already in the user's language), its lines, and the key of its large figure."""

    key: str
    title: str
    subtitle: str
    unit: str
    lines: tuple[LineSpec, ...]
    value_key: str
    format: Format = "plain"
    amount: bool = False
    occasional: bool = False
    """Shown only beside runs that have its figure."""

    @property
    def from_zero(self) -> bool:
        """Whether the axis starts at zero: amounts do, or a small change would look like a large one."""
        return self.amount or self.format in ("bytes", "rate")
