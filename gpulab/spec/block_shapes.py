"""The shapes of what blocks are made of: linear layers, normalization, and one block of a GPT."""

from __future__ import annotations

from gpulab.spec.plan import Plan

Shape = tuple[int, ...]


def gpt_block(plan: Plan, block: int) -> dict[str, Shape]:
    """The shape of each parameter of block number `block` of a GPT, by its name."""
    width, hidden = plan.n_embd, plan.hidden(block)
    queries, keys = (heads * plan.head_width for heads in (plan.heads(block), plan.kv_heads(block)))
    linears = {
        "attention.qkv": (queries + 2 * keys, width),
        "attention.projection": (width, queries),
        "mlp.expand": (hidden, width),
        **({"mlp.gate": (hidden, width)} if plan.gated else {}),
        "mlp.projection": (width, hidden),
    }
    shapes = norm(plan, "attention_norm") | norm(plan, "mlp_norm")
    for name, shape in linears.items():
        shapes |= linear(name, shape, plan.bias)
    return shapes


def linear(name: str, shape: Shape, bias: bool) -> dict[str, Shape]:
    """A linear layer whose weights are (out, in)."""
    weight: dict[str, Shape] = {f"{name}.weight": shape}
    return weight | ({f"{name}.bias": shape[:1]} if bias else {})


def norm(plan: Plan, name: str) -> dict[str, Shape]:
    """A normalization layer of the plan's kind."""
    biased = {"layernorm": plan.bias, "rmsnorm": False, "batchnorm": True}
    if plan.normalization not in biased:
        return {}
    weight: dict[str, Shape] = {f"{name}.weight": (plan.n_embd,)}
    return weight | ({f"{name}.bias": (plan.n_embd,)} if biased[plan.normalization] else {})
