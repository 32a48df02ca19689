"""Grouped-query attention (A9): several heads ask their own questions of the same keys and values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Argument, Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class GroupedQueryAttentionSettings(Settings, frozen=True):
    kv_heads: Annotated[
        int,
        about(
            "Key and value heads",
            "How many heads have keys and values of their own; the others share them. 1 is multi-query attention, as "
            "many as there are heads is the reference. Must divide the number of heads.",
            unit="heads",
            low=1,
            high=128,
        ),
    ] = 1


class GroupedQueryAttention(Technique):
    name = "grouped_query_attention"
    card = "A9"
    label = "Grouped queries"
    summary = "Lets several heads share one set of keys and values."
    promise = "Fewer parameters, and a smaller cache of keys and values, so faster writing."
    risk = "Less capacity: heads that share keys see the text in the same terms."
    sources = (
        "Shazeer: Fast Transformer Decoding (2019), arXiv:1911.02150 (multi-query)",
        "Ainslie et al.: GQA (2023), arXiv:2305.13245",
    )
    Settings = GroupedQueryAttentionSettings

    @classmethod
    def rules(cls, settings: GroupedQueryAttentionSettings, experiment: Experiment) -> Iterator[Problem]:
        heads = experiment.model.n_head
        if heads % settings.kv_heads:
            fitting = ", ".join(str(count) for count in range(1, heads + 1) if heads % count == 0)
            arguments: dict[str, Argument] = {"kv_heads": settings.kv_heads, "n_head": heads, "fitting": fitting}
            yield Problem("kv_heads_do_not_divide", "techniques.grouped_query_attention.kv_heads", arguments)

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, n_kv_head=self.settings.kv_heads)
