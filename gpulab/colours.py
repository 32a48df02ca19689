"""The one table of colours, so that nothing names a colour and light, dark and paper never drift apart."""

from __future__ import annotations

import msgspec


class Theme(msgspec.Struct, frozen=True):
    """Colours as "#rrggbb". Text has a contrast of at least 4.5 on every ground, curves of at least 3 on `surface`."""

    name: str
    dark: bool
    window: str
    surface: str
    raised: str
    field: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    selection: str
    progress: str
    good: str
    info: str
    warning: str
    danger: str
    grid: str
    runs: tuple[str, ...]

    def severity(self, severity: str) -> str:
        """The colour of a marker or message: "info", "warning", "danger" or "good"; anything else is muted."""
        named = {"info": self.info, "warning": self.warning, "danger": self.danger, "good": self.good}
        return named.get(severity, self.muted)


LIGHT = Theme(
    name="light",
    dark=False,
    window="#f3f5f8",
    surface="#ffffff",
    raised="#f8f9fb",
    field="#ffffff",
    border="#dce1e8",
    strong_border="#b3bcc8",
    text="#1a1f27",
    muted="#566070",
    accent="#1565c0",
    accent_text="#ffffff",
    selection="#d6e6f9",
    progress="#a9cdf3",
    good="#1a7433",
    info="#1565c0",
    warning="#8a5300",
    danger="#b3261e",
    grid="#eceff3",
    runs=("#0072b2", "#d55e00", "#009e73", "#aa4499", "#117733", "#882255"),
)

DARK = Theme(
    name="dark",
    dark=True,
    window="#14171b",
    surface="#1b1f25",
    raised="#232831",
    field="#14171b",
    border="#2e343d",
    strong_border="#4a5361",
    text="#e8ebf0",
    muted="#9aa4b2",
    accent="#5aa9ff",
    accent_text="#0b1420",
    selection="#233c5a",
    progress="#285f9e",
    good="#4cc36b",
    info="#7ab8ff",
    warning="#e8ab45",
    danger="#ff8a80",
    grid="#252a32",
    runs=("#56b4e9", "#e69f00", "#2fbf8f", "#e08cc0", "#f0e442", "#b9a3ff"),
)


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1 (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """`colour` laid over `ground` with an opacity of `share`."""
    parts = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(c * share + g * (1 - share)):02x}" for c, g in parts)
