"""The trainable numbers of a plan's model, by the names and shapes they will have: what sizes are counted from."""

from __future__ import annotations

from collections.abc import Iterator

from gpulab.spec.plan import Plan

Shape = tuple[int, ...]


def parameter_shapes(plan: Plan) -> dict[str, Shape]:
    """The shape of each parameter of the model by its name; what several layers share stands here once."""
    shapes: dict[str, Shape] = {
        "token_embedding.weight": (plan.vocab_size, plan.n_embd),
        "position_embedding.weight": (plan.context_length, plan.n_embd),
    }
    for block in range(plan.n_block):
        shapes |= {f"blocks.{block}.{name}": shape for name, shape in block_shapes(plan, block).items()}
    if plan.norm_placement == "pre":
        shapes |= _norm(plan, "final_norm")
    if not plan.tied:
        shapes["head.weight"] = (plan.vocab_size, plan.n_embd)
    return shapes


def block_shapes(plan: Plan, block: int) -> dict[str, Shape]:
    """The same for one block alone."""
    width, hidden = plan.n_embd, plan.hidden(block)
    queries, keys = (heads * plan.head_width for heads in (plan.heads(block), plan.kv_heads(block)))
    linears = {
        "attention.qkv": (queries + 2 * keys, width),
        "attention.projection": (width, queries),
        "mlp.expand": (hidden, width),
        **({"mlp.gate": (hidden, width)} if plan.gated else {}),
        "mlp.projection": (width, hidden),
    }
    shapes = _norm(plan, "attention_norm") | _norm(plan, "mlp_norm")
    for name, shape in linears.items():
        shapes |= dict(_linear(name, shape, plan.bias))
    return shapes


def _linear(name: str, shape: Shape, bias: bool) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", shape
    if bias:
        yield f"{name}.bias", shape[:1]


def _norm(plan: Plan, name: str) -> dict[str, Shape]:
    biased = {"layernorm": plan.bias, "rmsnorm": False, "batchnorm": True}
    if plan.normalization not in biased:
        return {}
    weight: dict[str, Shape] = {f"{name}.weight": (plan.n_embd,)}
    return weight | ({f"{name}.bias": (plan.n_embd,)} if biased[plan.normalization] else {})
