"""The trainable numbers of a plan's model, by the names and shapes they will have: what sizes are counted from."""

from __future__ import annotations

from gpulab.spec.block_shapes import Shape, gpt_block, norm
from gpulab.spec.comparators import comparator_block, comparator_widths
from gpulab.spec.plan import Plan


def parameter_shapes(plan: Plan) -> dict[str, Shape]:
    """The shape of each parameter of the model by its name; what several layers share stands here once."""
    shapes: dict[str, Shape] = {"token_embedding.weight": (plan.vocab_size, plan.n_embd)}
    if plan.architecture == "gpt":
        shapes["position_embedding.weight"] = (plan.context_length, plan.n_embd)
    for block in range(plan.n_block):
        shapes |= {f"blocks.{block}.{name}": shape for name, shape in block_shapes(plan, block).items()}
    if plan.norm_placement == "pre":
        shapes |= norm(plan, "final_norm")
    if not plan.tied:
        shapes["head.weight"] = (plan.vocab_size, plan.n_embd)
    return shapes


def block_shapes(plan: Plan, block: int) -> dict[str, Shape]:
    """The same for one block alone."""
    if plan.architecture == "gpt":
        return gpt_block(plan, block)
    return comparator_block(plan, comparator_widths(plan)[block])
