"""Sentences for what happened in a run."""

SENTENCES: dict[str, str] = {
    "detector_failed": "Nobody looks out for this danger any more in this run: {names}. The rule itself failed: "
    "{error}. The training is not touched.",
    "paused": "Paused.",
    "continued": "Going on.",
    "compiled": "The model was compiled in {seconds} s. A batch now takes {after_ms} ms instead of {before_ms} ms: "
    "that pays from step {steps} on.",
    "compiled_in_vain": "The model was compiled in {seconds} s. A batch takes {after_ms} ms, and {before_ms} ms "
    "without: it does not pay here.",
    "float8_left_out": "These layers have widths that are no multiples of {multiple} and are not computed in float8: "
    "{layers}.",
    "compressing": "Training is over. The finished model is being compressed.",
    "judging": "Judging the finished model on text it has never seen.",
    "step_skipped": "Step {step} was skipped: its gradient was not a finite number. The weights are as they were.",
    "step_stalled": "Around this step the machine stood still for {seconds} s, where {usual_ms} ms are usual: "
    "something else had the processor. Such steps are left out of the speed, and counted in the result.",
    "checkpoint_failed": "A checkpoint could not be saved: {detail}. The training goes on.",
    "model_not_saved": "The finished model could not be written to the disk: {detail}.",
    "older_checkpoint_used": "The newest checkpoint, {path}, is damaged ({detail}); "
    "the run goes on from the one before.",
    "ended_early": "Ended early at step {step}: for {looks} looks the validation loss had not fallen far enough. The "
    "best look was at step {best_step}.",
    "best_weights_judged": "The weights of step {best_step}, where the validation loss was lowest, are judged.",
    "lstm_stands_in": "An LSTM with {parameters} parameters stands in the place of a GPT with {gpt}; its memory is "
    "{width} wide in each layer.",
    "cnn_stands_in": "A causal CNN with {parameters} parameters stands in the place of a GPT with {gpt}; it has "
    "{width} channels in each layer.",
    "lstm_compressed_in_part": "Pruning and quantization find the linear layers alone, and of an LSTM these hold "
    "{percent} % of the weights: its recurrent matrices stay as they are.",
    "lstm_in_fp32": "No processor's kernel computes an LSTM in fp16: its recurrent part is computed in fp32.",
    "compressed_cannot_write": "The compressed model writes no text: its numbers are beyond all bounds. The "
    "trained model is as it was.",
    "profiled": "Profiled: steps {first} to {last}. The profiler slowed them down, so they count for no speed.",
    "stopped_by_person": "Stopped as you asked.",
    "diverged": "The training diverged at step {step}: its numbers grew beyond all bounds. The weights are those of "
    "the last good step. Try a lower learning rate.",
    "technique_failed": "The technique {technique} failed in its phase {phase}: {error}. Switch it off and try again.",
    "out_of_memory": "The device ran out of memory. Try a smaller batch, a shorter context or a smaller model.",
    "crashed": "The training failed: {error}. The run's worker.log has the details.",
    "arm_not_tuned": "The search found no learning rate for the side {name}; it keeps its own.",
    "run_counted_once": "{name} was run more than once with seed {number}; {run} is left out.",
    "side_without_common_seed": "{name} has no seed in common with the baseline and is not compared.",
    "run_waited_for_cores": "Other programs kept it waiting for the processor, so its speed is not compared.",
    "run_throttled": "Heat or want of power slowed the machine down, so its speed is not compared.",
    "beside_comparison": "A comparison is at work on this machine. This does not wait for it: both get slower, and the "
    "comparison leaves out speeds that suffered.",
    "waits_for_comparison": "Another comparison is at work; this one begins when that is done.",
}
