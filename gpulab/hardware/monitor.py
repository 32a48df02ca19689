"""The machine, read again and again: whatever is missing or goes away takes its own figures along, nothing else."""

from __future__ import annotations

RATE_HZ = 2.0
"""Looks a second, where nobody asks for more."""

MOST_HZ = 10.0
"""What the driver's own figures are worth asking for."""
