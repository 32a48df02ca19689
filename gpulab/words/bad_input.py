"""Sentences for settings and files that cannot be used."""

SENTENCES = {
    "unknown_field": "there is no such setting. Did you mean {nearest}?",
    "unknown_field_of_many": "there is no such setting. gpulab describe lists them all.",
    "unknown_field_alone": "there is no such setting. Allowed here: {allowed}.",
    "wrong_type": "{value} does not fit; it must be {expected}.",
    "not_finite": "{value} does not fit; it must be an ordinary number.",
    "out_of_range": "{value} is outside what is allowed, {low} to {high}.",
    "not_a_choice": "{value} is not one of the choices: {choices}.",
    "not_a_table": "this must be a table of settings, such as [{field}].",
    "heads_do_not_divide": "{n_head} heads do not divide a width of {n_embd}. Heads that do: {fitting}.",
    "kv_heads_do_not_divide": "{kv_heads} key and value heads do not divide {n_head} heads. Counts that do: {fitting}.",
    "group_does_not_divide": "{n_layer} layers cannot be cut into groups of {group}. Groups that fit: {fitting}.",
    "batchnorm_in_shared_layers": "BatchNorm keeps one running average for each block, but a shared block sees "
    "different numbers at each pass, so that the average fits none of them. Choose another normalization.",
    "no_norm_to_place": "without a normalization there is nothing to place after the sums. Choose 'pre'.",
    "unknown_preset": "there is no preset {name}. Presets: {presets}.",
    "warmup_too_long": "{warmup_steps} warm-up steps do not fit into a training of {steps} steps.",
    "one_cycle_climbs_by_itself": "'one cycle' climbs by itself; set the warm-up to 0, or choose another shape.",
    "never_falls_to_zero": "this shape multiplies the rate again and again, which never reaches 0; leave a little.",
    "loss_rises_on_purpose": "{other} changes the model while it trains, and the validation loss rises for it; early "
    "stopping would take that for a bad turn. Let {other} wait until after training, or switch one of them off.",
    "schedule_too_fine": "these pieces need at least {needed} steps, and there are {steps} after the warm-up.",
    "pruning_window": "gradual pruning must end ({end}) after it begins ({begin}).",
    "pruning_needs_steps": "a training of 0 steps leaves no time to prune gradually; choose once, after training.",
    "retraining_too_long": "{retraining} steps of retraining do not fit into a training of {steps} steps.",
    "semi_sparse_is_half": "two of every four is a share of 0.5, not {amount}.",
    "sparse_kernels_need_pattern": "sparse kernels skip zeros only where they are two of every four.",
    "sparse_kernels_alone": "sparse kernels and {other} cannot be combined: it changes the weights afterwards.",
    "sparse_kernels_need_bf16": "sparse kernels compute in bf16 here and cannot follow a training in fp16.",
    "sparse_kernels_width": "sparse kernels need widths that are multiples of {multiple}; {width} is none.",
    "neuron_pruning_removes_none": "of {hidden} neurons none can go in steps of {multiple}; take a larger share or "
    "smaller steps.",
    "head_pruning_removes_none": "of {heads} heads, which can go in {units} parts, none goes at this share; one always "
    "stays.",
    "layer_pruning_leaves_none": "{layers} layers cannot be removed from a model of {n_layer}: one must stay.",
    "layer_pruning_after_post_norm": "with normalization after each branch, a layer at zero still changes what passes "
    "through; remove layers after training.",
    "quantization_width": "this scheme needs a width that is a multiple of {multiple}; the model's is {width}.",
    "quantization_width_inside": "this scheme needs layers of widths that are multiples of {multiple}; a layer inside "
    "the model is {width} wide.",
    "quantization_neurons_left": "{left} neurons stay, and the quantization needs a multiple of {multiple}.",
    "quantization_head_width": "when heads are pruned this scheme needs heads whose width is a multiple of {multiple}; "
    "they are {width} wide.",
    "quantization_no_inner": "none stands between the first and the last of the {blocks} blocks there are in the end.",
    "quantization_needs_bf16": "this scheme computes in bf16 and cannot follow a training in fp16.",
    "model_unreadable": "{path} cannot be opened as a model: {detail}.",
    "origin_not_named": "name the folder to start from: that of an earlier run, or one with GPT-2's weights.",
    "origin_missing": "there is no folder at {path}.",
    "origin_unknown": "{path} is neither the folder of a run nor one with GPT-2's weights and its config.json.",
    "origin_without_weights": "{path} holds no weights yet: no finished model, no checkpoint.",
    "origin_damaged": "{path} cannot be started from: {detail}.",
    "origin_no_gpt2": "the model in {path} is not a GPT-2 that can be built here; its config.json differs in "
    "{settings}.",
    "origin_differs": "the weights in {path} do not fit. What differs: {differences}. Set it as it is there.",
    "frozen_too_many": "{blocks} blocks cannot be frozen: the model has {there}.",
    "frozen_everything": "with the embeddings and all {there} blocks frozen, nothing is left to learn.",
    "splits_leave_nothing": "validation ({validation}) and test ({test}) together leave too little to train on; "
    "at most {most} of the text may be held out.",
    "workers_do_not_divide": "{workers} workers do not divide a batch of {batch_size}. Numbers that do: {fitting}.",
    "compression_needs_workers": "switch on data parallelism: with one worker no gradients travel.",
    "name_empty": "an experiment needs a name.",
    "techniques_conflict": "{technique} and {other} cannot be used together: {reason}",
    "experiment_missing": "there is no experiment file at {path}.",
    "experiment_unreadable": "{path} cannot be read as an experiment: {detail}.",
    "experiment_empty": "{path} holds no settings.",
    "experiment_cut": "{path} is incomplete: {lost} is missing, as if the file had been cut off.",
    "experiment_newer": "{path} was written by a newer GPU Lab (format {found}, this one reads up to {known}).",
    "not_an_override": "{text} is not a setting; write path.to.field=value.",
    "command_unclear": "{detail}. See: {help}",
    "torch_without_cuda": "there is an NVIDIA GPU ({gpu}), but this PyTorch was built for processors only; install one "
    "with CUDA from pytorch.org.",
    "optimizer_has_one_kernel": "{optimizer} can be worked out in one way only. Optimizers with a choice: {fitting}.",
    "allocator_split_too_small": "PyTorch takes no limit below {least} MB; 0 sets none.",
    "float8_width": "float8 needs a width that is a multiple of {multiple}; {width} is none.",
    "comparator_widths_fit_no_kernel": "the widths of the {kind} follow from its number of parameters, and kernels "
    "that take only certain multiples do not fit them. Choose 8 bits, or a simulation.",
    "comparator_widths_not_float8": "float8 needs widths that are multiples of {multiple}, and no layer of the {kind} "
    "has such: they follow from its number of parameters. Models of 384 channels and more do.",
    "comparator_has_no_such_layers": "the {kind} has neither attention nor hidden layers; round all layers, or all but "
    "the first and the last block.",
    "scan_needs_a_gpt": "only a GPT's parts can be scanned, and the model in {path} is none.",
    "float8_rounds_already": "training for quantization rounds the same layers in its own way; choose other numbers, "
    "or quantize after training only.",
    "cuda_graphs_keep_gradients": "CUDA graphs use the memory of gradients again and again, so gradients cannot be "
    "added up over {accumulation} batches. Choose another mode, or accumulate 1.",
    "file_exists": "{path} already exists; nothing was overwritten.",
    "folder_not_writable": "{path} cannot be written to: {detail}.",
    "run_missing": "{path} is not the folder of a run.",
    "run_is_running": "the run in {path} is being worked on right now.",
    "run_not_running": "the run in {path} is not running.",
    "run_already_done": "the run in {path} has finished; there is nothing to resume.",
    "no_checkpoint": "the run in {path} has no checkpoint to resume from.",
    "checkpoint_damaged": "the checkpoint {path} is damaged: {detail}.",
    "events_damaged": "the record {path} is damaged at line {line}; everything before it can be read.",
    "nothing_recorded": "the run in {path} has recorded nothing yet.",
    "events_unreadable": "the record {path} cannot be read: {detail}.",
}
