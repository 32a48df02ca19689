"""Sentences for the dangers that a run showed."""

SENTENCES: dict[str, str] = {
    "frozen_by_chance": "The frozen layers were filled by chance and never learn, because this run starts from no "
    "earlier one. Switch Transfer on, or freeze nothing.",
    "batchnorm_sees_ahead": "BatchNorm averages over the whole batch, so a token can see its own future while it "
    "trains. Do not compare this training loss with that of other normalizations.",
    "overfitting": "The model learns its text by heart: since step {best_step} the validation loss has risen by "
    "{percent} %, from {best} to {now}, while the training loss fell. It is {gap} above the training loss now.",
    "learned_nothing": "At step {step} the model knows no more than blind guessing, whose loss is {guess}: its "
    "training loss is {train}, its validation loss {now}.",
    "underfitting": "The model has stopped learning too early: at step {step} its training loss is {train} and its "
    "validation loss {now}, which fell by {percent} % in the second half of the steps. Blind guessing has {guess}.",
    "diverged_rate": "The training diverged: {count} steps had no finite numbers. Most likely the "
    "learning rate is too high.",
    "diverged_precision": "The training diverged: {count} steps had no finite numbers. Most likely the "
    "short numbers it computes with cannot hold them.",
    "diverged_start": "The training diverged: {count} steps had no finite numbers. Most likely its "
    "weights were wrong from the start, for the first loss was already far above blind guessing.",
    "loss_grew_rate": "The training loss has grown from {first} at the start to {now}: the model is worse than before "
    "it learned anything. Most likely the learning rate is too high.",
    "loss_grew_precision": "The training loss has grown from {first} at the start to {now}: the model is worse than "
    "before it learned anything. Most likely its short numbers are too coarse.",
    "loss_grew_start": "The training loss has grown from {first} at the start to {now}. Most likely the weights were "
    "wrong from the start, for the first loss was already far above blind guessing.",
    "not_finite_rate": "Steps without finite numbers: {count}. They changed no weight. Most likely the learning rate "
    "is too high.",
    "not_finite_precision": "Steps without finite numbers: {count}. They changed no weight. Most likely the short "
    "numbers overflow.",
    "not_finite_start": "Steps without finite numbers: {count}. They changed no weight. Most likely the weights were "
    "wrong from the start.",
    "spikes": "Steps whose loss stands far out: {count}. The highest is step {step}, with {loss} where {usual} was "
    "usual; its gradient was {times} times the usual one. Parts of the text may differ from the rest.",
    "spikes_steep": "Steps whose loss stands far out: {count}. The highest is step {step}, with {loss} where {usual} "
    "was usual; its gradient was {times} times the usual one, too steep for this learning rate.",
    "hot_start": "The start is too hot: of the first {steps} steps {above} have a loss more than a tenth above the "
    "first one, which was {first}. The highest is {top}.",
    "cut_short": "The training ends while the loss still falls: {fell} of the {whole} that it fell came in the last "
    "fifth of the steps, which is {percent} %. More steps would bring more.",
    "asleep": "The schedule is over too soon: for the last {steps} steps, {percent} % of the training, the learning "
    "rate is below a hundredth of its highest. Hardly anything is learned after step {since}.",
    "few_tokens": "There is little text for so many steps: its {tokens} tokens have been read {epochs} times, more "
    "than 4 times since step {step}. Each further reading teaches less.",
    "secrets_exposed": "The model learns secrets by heart: {count} that were planted {times} times each stand out by "
    "{bits} bits on average at step {step}, of the {most} that can be measured. It finds {first} of them likelier than "
    "all digits that were drawn to compare.",
    "text_copied": "The model recites: {percent} % of {passages} passages in what it wrote up to step {step} stand "
    "word for word in the training text. Of held-out text {usual} % do.",
    "text_leaked": "The test is not fair: {copies} of {windows} pieces of held-out text, {percent} %, also stand in "
    "the training text, but for a change here and there. Every figure of this run looks better than the model is.",
    "text_lost": "Cleaning destroyed {percent} % of the text's characters, in the held-out text too. The model can "
    "never write them, and bits per byte of this run compare with no run on the whole text.",
    "text_taken": "Cleaning took {percent} % of the training text away. What stood in it, the model never learns.",
    "one_document": "Of {documents} documents one is nearly everything: {title} is {percent} % of the training text. "
    "The model learns as much variety as from {effective} documents of equal length.",
    "memory_grows": "Memory has grown by {megabytes} MB since step {step}, {per_step} MB with each step, and goes on. "
    "It will run out in a long training.",
    "throttled": "In {percent} % of the readings the GPU was slowed down by heat or want of power. Its speed is that "
    "of its cooling and power, not of the model.",
    "throttled_hot": "In {percent} % of the readings the GPU was slowed down by heat or want of power; it got up to "
    "{celsius} °C. Its speed is that of its cooling and power, not of the model.",
    "shared_gpu": "Others hold {gigabytes} GB of the GPU's memory. They may compute there too, and make this training "
    "slower.",
    "shared_processor": "Other programs used the processor at the same time. The speed of this training says little.",
    "stalls": "The machine stood still in {count} of {steps} steps, {percent} %. They are left out of the speed, so "
    "the wait was longer than the speed says.",
    "long_stall": "The machine stood still for {seconds} s around step {step}: something else had it.",
    "looks_busy": "The GPU says that it is busy {busy} % of the time, but it does {useful} % of the work it could. The "
    "model or the batch is too small to fill it.",
    "looks_busy_watts": "The GPU says that it is busy {busy} % of the time and draws {watts} W, but it does {useful} % "
    "of the work it could. The model or the batch is too small to fill it.",
    "looks_ahead_evaluation": "The model looks ahead: its guesses move when only text behind them is exchanged, by up "
    "to {percent} % of what the exchanged places move themselves. It sees the answers, so none of its figures counts.",
    "looks_ahead_training": "While it trains, the model looks ahead: its guesses move when only text behind them is "
    "exchanged, by up to {percent} % of what the exchanged places move themselves. Its training loss is too good.",
    "short_overflow": "Gradients are too large for the run's short numbers: {percent} % of them are not finite, where "
    "32 bits give numbers.",
    "short_flushed": "The run's short numbers turn {percent} % of the gradients into zero, which 32 bits tell apart "
    "from it. What they say is never learned.",
    "short_unmoved": "At step {step} the next step is too small for {percent} % of the weights: their short numbers "
    "round it away, and they stay as they are.",
    "short_noise": "Rounding moves the gradients by {percent} % of their size. The model learns from noise as much as "
    "from text.",
    "rounding_hurts": "Rounding its weights costs the model {percent} % in loss. The {part} of layer {layer} hurts "
    "most: given back its own weights, it takes back {back} % of that. Its noise lies {decibels} dB below its signal.",
    "rounding_noise": "Rounding leaves weights that are noise to a large part: in the {part} of layer {layer} it lies "
    "only {decibels} dB below the signal. So far that costs {percent} % in loss.",
    "rounding_outliers": "In the {part} of layer {layer} some weights are {times} times as large as usual. They set "
    "the scale for all others, which are rounded away: the noise lies {decibels} dB below the signal.",
    "layer_collapsed": "Pruning has emptied the {part} of layer {layer}: {left} % of the weights are left where fewest "
    "are. Hardly anything comes through it any more.",
    "near_collapse": "Pruning is close to a cliff: with {empty} % of zeros the first part is empty, and {zeros} % are "
    "zero. Of the {part} of layer {layer} only {left} % of the weights are left where fewest are.",
    "loss_scale_low": "The loss scale has fallen to {scale}, after steps that overflowed. Gradients that small numbers "
    "need it for are lost.",
    "try_eight_bits": "Keep 8 bits of each weight.",
    "try_training_for_it": "Let the training get used to rounded weights.",
    "try_rounding_mlp": "Round the feed-forward parts only.",
    "try_rounding_attention": "Round the attention only.",
    "try_pruning_less": "Set {percent} % to zero.",
    "try_pruning_slowly": "Prune slowly while the model trains, so that it can make up for it.",
    "try_mixed_bf16": "Compute in bf16 and keep the weights in 32 bits.",
    "try_layernorm": "Normalize each position by itself (LayerNorm).",
    "dead_heads": "{count} of {heads} attention heads do nothing, {percent} %: hardly anything of what they write "
    "varies, or they look at one place only. Their pictures explain nothing, and their work is wasted.",
    "dead_units": "{count} of {units} hidden units of layer {layer} are dead, {percent} %: not one word of held-out "
    "text makes them answer. The model is smaller than it looks.",
    "starved": "Steps wait {percent} % of the time until their text is there. The training could be {times} times as "
    "fast if each batch were ready when it is needed.",
    "fragmented": "Of {reserved} GB that PyTorch holds on the GPU, {gigabytes} GB ({percent} %) lie in pieces that fit "
    "no tensor and cannot be given back. Memory may run out although there is enough.",
    "recompiled": "The compiled model no longer fitted and was compiled again {times} times. Each time a step waits "
    "for seconds.",
    "recompiled_given_up": "The compiled model no longer fitted and was compiled again {times} times; after 8 times "
    "PyTorch gives up and computes uncompiled. What compiling took is lost.",
    "exchange_eats_half": "Waiting for each other's gradients takes {percent} % of the time: {workers} workers are at "
    "best {times} times as fast as one.",
    "exchange_eats_all": "Waiting for each other's gradients takes {percent} % of the time: {workers} workers together "
    "are no faster than one alone.",
    "gpu_slower": "The GPU trains {gpu} tokens a second, the processor beside it {processor}: for a model this small "
    "the GPU is slower.",
    "gpu_hardly_faster": "The GPU trains {gpu} tokens a second, the processor beside it {processor}: for a model this "
    "small the GPU is only {times} times as fast.",
    "try_early_stopping": "Switch early stopping on: the best weights are kept.",
    "try_deduplication": "Switch deduplication on: what stands in the text many times is learned by heart first.",
    "try_no_lower_casing": "Switch lower-casing off: capitals stay.",
    "try_no_unicode_normalization": "Switch Unicode normalization off: every character stays as it was written.",
    "try_dropout": "Switch dropout on: it makes learning by heart harder.",
    "try_weight_decay": "Switch weight decay on: it keeps weights small.",
    "try_gradient_clipping": "Switch gradient clipping on: no single step can go far.",
    "try_lower_rate": "Lower the learning rate to {rate}.",
    "try_higher_rate": "Raise the learning rate to {rate}.",
    "try_warm_up": "Let the learning rate climb over the first {steps} steps.",
    "try_more_steps": "Train for {steps} steps.",
    "try_fewer_steps": "Train for {steps} steps only, or take more text.",
    "try_full_precision": "Compute in 32 bits.",
    "try_cosine": "Let the learning rate fall along a cosine, to a tenth at the last step.",
    "try_smaller_batch": "Halve the batch to {batch}: it needs less memory.",
    "try_prune_less": "Prune less: a share of {amount}.",
    "try_gelu": "Take GELU in the place of ReLU: it lets a little through everywhere, so that no unit dies for good.",
    "try_text_on_device": "Keep the text on the device: nothing needs to be sent.",
    "try_no_token_replacement": "Switch token replacement off.",
    "try_no_token_dropout": "Switch token dropout off.",
    "try_no_compilation": "Switch compilation off.",
    "try_one_worker": "Train with one worker.",
    "try_processor": "Train on the processor.",
    "try_larger_batch": "Make the batch larger: {batch}.",
}
