"""Sentences for how much is computed, how fast, and what holds it up."""

SENTENCES = {
    "ceilings_measured": "At most this device multiplies {tera} million million operations a second ({type}) and "
    "copies {gigabytes} GB a second.",
    "ceilings_unfinished": "Stopped before everything was measured, so nothing is kept.",
    "ceilings_not_kept": "Measured with settings of your own, so these are not kept as this machine's ceilings.",
    "no_pinned_memory": "The system grants no pinned memory, perhaps because of a container's limit, so the way "
    "between host and device was not measured.",
    "no_datasheet": "No datasheet is known for this device, so there is no MFU; its measured ceiling serves instead.",
    "tensor_cores_width": "The model's width of {width} is no multiple of {multiple}, and tensor cores are slower "
    "with it; {near} would do.",
    "tensor_cores_head": "Each head is {width} wide, which is no multiple of {multiple}, and tensor cores are "
    "slower with it; {near} would do.",
    "tensor_cores_hidden": "The hidden layer's width of {width} is no multiple of {multiple}, and tensor cores are "
    "slower with it; {near} would do.",
    "flops_formula": "Of a GPT with {weights} weights that are multiplied, a token takes 6 × {weights} operations, "
    "and {attention} for attention (12 × layers × context × width): {total}. Forward one third, backward two.",
    "flops_formula_no_attention": "Of a model with {weights} weights that are multiplied, a token takes 6 × {weights} "
    "operations: {total}. Forward one third, backward two.",
    "run_has_no_point": "It does not tell how much it computed: it was stopped too early, or made by an older version.",
    "run_of_elsewhere": "It ran on {device}, or in numbers of which no ceiling was measured: these do not hold for it.",
    "bound_memory": "At {intensity} operations a byte, memory lets this device reach {attainable} operations a second, "
    "less than it can multiply. Fused code moves fewer bytes, and a larger batch or model does more with each.",
    "bound_compute": "At {intensity} operations a byte, memory is fast enough: the limit is the {attainable} "
    "operations a second that this device can multiply. What is missing went into waiting and smaller work.",
    "standing_reaches": "It computes {speed} operations a second. That is {share} of what this device was measured to "
    "multiply in {type}, and {allowed} of what its mix of computing and moving allows.",
    "standing_far_below": "It stays far below its roof: small operations, waiting and short steps hold it up. “A "
    "step's time” shows which.",
    "standing_above": "It lies above its roof, because bytes are counted as if nothing were fused or kept close by.",
}
