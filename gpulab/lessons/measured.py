"""What runs can tell besides their metrics, by name, so that a name that no run has is refused before one is made.

The engine, which nobody else imports, writes these names; `tests/lessons/test_measured.py` holds them together.
"""

from __future__ import annotations

from collections.abc import Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SERIES: frozenset[str] = _names(
    "train_loss val_loss val_bits_per_byte learning_rate grad_norm tokens_per_s wire_bytes data_share exchange_share "
    "rss_bytes vram_allocated_bytes vram_reserved_bytes vram_used_bytes cpu_percent gpu_busy_percent power_w "
    "temperature_c sm_clock_mhz throttled mem_parameters mem_gradients mem_optimizer mem_activations mem_workspace "
    "mem_fragmentation recompiles loss_scale"
)

SUMMARY: frozenset[str] = _names(
    "steps tokens parameters val_loss val_bits_per_byte best_val_loss best_step lost_share ended_early_at "
    "tokens_per_s stalled_steps compile_seconds train_seconds energy_joules joules_per_token peak_memory_bytes "
    "peak_step tensor_peak_bytes devices flops_per_token recomputed_flops_per_token bytes_per_token flops_per_s mfu "
    "ceiling_share examination_s test_loss test_bits_per_byte test_perplexity test_accuracy weight_bytes "
    "inference_bytes zero_share inference_tokens_per_s forward_tokens_per_s cached_tokens_per_s prefill_tokens_per_s "
    "cached_prefill_tokens_per_s first_token_s cached_first_token_s cache_bytes model_bytes"
)

FOUND: Mapping[str, frozenset[str]] = {
    "causality": frozenset({"evaluation", "training"}),
    "precision": _names(
        "logit_noise loss_change loss_scale flushed flushed_unscaled unmoved not_finite gradient_noise"
    ),
    "rounding": frozenset({"signal_db", "loss_before", "loss_change"}),
    "zeros": frozenset({"zeros", "empty_from", "loss_change"}),
    "explain": _names("agreement best_agreement heads dead_heads redundant_heads units dead_units"),
    "exposure": frozenset({"exposure", "secrets", "most", "first"}),
    "data": _names("near_copies windows shared_share lost_share taken_share documents effective_documents"),
    "bias": frozenset({"mean", "mean_size", "preferred", "pairs", "left_out"}),
    "copying": frozenset({"passages", "copied", "usual_share"}),
    "processor": frozenset({"tokens_per_s"}),
}
"""The values of each examination's whole."""
