"""Sentences for where a step's time goes and what fills the memory."""

SENTENCES = {
    "profile_most_data": "Most of a step's {step_ms} ms goes to its data, {percent} %: the device waits for its batch. "
    "Faster data transfer, or a simpler edit of the text, would help.",
    "profile_most_forward": "Most of a step's {step_ms} ms goes to the forward pass, {percent} %.",
    "profile_most_backward": "Most of a step's {step_ms} ms goes to the backward pass, {percent} %. It computes about "
    "twice as much as the forward pass, so that is as it should be.",
    "profile_most_optimizer": "Most of a step's {step_ms} ms goes to the optimizer, {percent} %: the batch is small "
    "for a model of this size. A larger batch, or a fused optimizer, would help.",
    "profile_most_communication": "Most of a step's {step_ms} ms goes to communication, {percent} %: larger batches, "
    "accumulation or compressed gradients would help.",
    "profile_most_evaluation": "Most of a step's {step_ms} ms goes to looks at held-out text, {percent} %: look less "
    "often, or at fewer windows.",
    "profile_most_other": "Most of a step's {step_ms} ms goes to work between the phases, {percent} %.",
    "profile_most_idle": "For most of a step's {step_ms} ms nothing computes, {percent} %: many small kernels are "
    "started one by one. Compiling, or a larger batch, would help.",
    "profile_much_idle": "For {percent} % of it nothing computes: many small kernels are started one by one. "
    "Compiling, or a larger batch, would help.",
    "profile_most_idle_processor": "For most of a step's {step_ms} ms nothing computes, {percent} %: the training "
    "waits, or other programs have the processor.",
    "profile_much_idle_processor": "For {percent} % of it nothing computes: the training waits, or other programs have "
    "the processor.",
    "profile_much_data": "For {percent} % of it the device waits for its batch.",
    "profile_much_communication": "For {percent} % of it processes talk to each other.",
    "profile_scaled": "The profiler slows every step down; the times are scaled to a step without it.",
    "profile_few_tensor_cores": "Only {percent} % of the kernels' time is on tensor cores: 16-bit numbers, and widths "
    "that are multiples of 8, use them more.",
    "memory_not_seen": "The profiler did not see the memory of this step.",
    "memory_fullest_data": "Memory is fullest while data is brought in: {amount} of tensors.",
    "memory_fullest_forward": "Memory is fullest in the forward pass: {amount} of tensors.",
    "memory_fullest_backward": "Memory is fullest in the backward pass: {amount} of tensors.",
    "memory_fullest_optimizer": "Memory is fullest while the optimizer changes the weights: {amount} of tensors.",
    "memory_fullest_communication": "Memory is fullest while processes talk to each other: {amount} of tensors.",
    "memory_fullest_evaluation": "Memory is fullest in a look at held-out text: {amount} of tensors.",
    "memory_fullest_other": "Memory is fullest between the phases: {amount} of tensors.",
    "memory_fullest_idle": "Memory is fullest while nothing computes: {amount} of tensors.",
    "memory_mostly_parameters": "{share} of it are the weights: shorter numbers make them smaller.",
    "memory_mostly_gradients": "{share} of it are gradients.",
    "memory_mostly_optimizer": "{share} of it is the optimizer's state: an optimizer that remembers less, or in "
    "shorter numbers, would help.",
    "memory_mostly_activations": "{share} of it are activations: a smaller batch, a shorter context or gradient "
    "checkpointing would free most of that.",
    "memory_mostly_workspace": "{share} of it is workspace: intermediate results, and what techniques keep.",
    "memory_predicted_well": "{predicted} were predicted, {off} off.",
    "memory_predicted_more": "{predicted} were predicted, {off} too much.",
    "memory_predicted_less": "{predicted} were predicted, {off} too little.",
}
