"""Which charts the Lab page has, and which series each shows on which kind of device."""

from __future__ import annotations

from collections.abc import Callable

from gpulab.viewmodels.chart_spec import ChartSpec, LineSpec


def lab_charts(on_gpu: bool, words: Callable[[str], str]) -> tuple[ChartSpec, ...]:
    """Loss, throughput, memory, learning rate, and what workers send each other; `words` translates."""
    return (
        ChartSpec(
            "loss",
            words("Loss"),
            words("training (thin), validation (bold)"),
            words("nats per token"),
            (LineSpec("train_loss", words("Training"), "main"), LineSpec("val_loss", words("Validation"), "bold")),
            "val_loss",
        ),
        ChartSpec(
            "throughput",
            words("Throughput"),
            words("tokens per second"),
            words("tokens/s"),
            (LineSpec("tokens_per_s", words("Throughput"), "main"),),
            "tokens_per_s",
            "rate",
        ),
        _memory(on_gpu, words),
        ChartSpec(
            "learning_rate",
            words("Learning rate"),
            words("how far each step moves"),
            "",
            (LineSpec("learning_rate", words("Learning rate"), "bold"),),
            "learning_rate",
            amount=True,
        ),
        ChartSpec(
            "traffic",
            words("Gradients sent"),
            words("by each worker in a step"),
            words("B per step"),
            (LineSpec("wire_bytes", words("Sent"), "bold"),),
            "wire_bytes",
            "bytes",
            occasional=True,
        ),
    )


def _memory(on_gpu: bool, words: Callable[[str], str]) -> ChartSpec:
    """Memory has several names that must never be mixed."""
    lines: tuple[LineSpec, ...]
    if not on_gpu:
        lines = (LineSpec("rss_bytes", words("Resident"), "bold"),)
        return ChartSpec(
            "memory", words("Memory"), words("of the process (resident)"), "B", lines, "rss_bytes", "bytes"
        )
    lines = (
        LineSpec("vram_used_bytes", words("Used on the device"), "bold"),
        LineSpec("vram_reserved_bytes", words("Reserved"), "faint"),
        LineSpec("vram_allocated_bytes", words("Allocated"), "main"),
        LineSpec("rss_bytes", words("Resident (processor runs)"), "faint"),
    )
    subtitle = words("used (bold), reserved, allocated")
    return ChartSpec("memory", words("GPU memory"), subtitle, "B", lines, "vram_used_bytes", "bytes")
