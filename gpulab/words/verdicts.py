"""What a comparison found, in sentences to repeat aloud. No template holds a figure: all are the judgement's."""

_BETTER = {
    "test_bits_per_byte": "It predicts unseen text better: {value} bits per byte instead of {base} ({change}).",
    "tokens_per_s": "It trains faster: {value} instead of {base} ({change}).",
    "inference_tokens_per_s": "It writes faster: {value} instead of {base} ({change}).",
    "peak_memory_bytes": "It needs less memory: {value} at the peak instead of {base} ({change}).",
    "model_bytes": "It takes less room on the disk: {value} instead of {base} ({change}).",
    "other": "{metric} is better: {value} instead of {base} ({change}).",
    "by_a_hair": "{metric} is better by so little ({change}) that both sides are written {value}.",
}
_WORSE = {
    "test_bits_per_byte": "It predicts unseen text worse: {value} bits per byte instead of {base} ({change}).",
    "tokens_per_s": "It trains slower: {value} instead of {base} ({change}).",
    "inference_tokens_per_s": "It writes slower: {value} instead of {base} ({change}).",
    "peak_memory_bytes": "It needs more memory: {value} at the peak instead of {base} ({change}).",
    "model_bytes": "It takes more room on the disk: {value} instead of {base} ({change}).",
    "other": "{metric} is worse: {value} instead of {base} ({change}).",
    "by_a_hair": "{metric} is worse by so little ({change}) that both sides are written {value}.",
}

_CONFIDENCE = {
    "sure": "Sure at {level}, for all figures and looks together: {pairs} pairs of runs, each with the same seed and "
    "the same text. {metric}: {change}, with an interval of {interval}.",
    "sure_of_none": "Sure at {level}, for all figures and looks together: after {pairs} pairs of runs, each with the "
    "same seed and the same text, no difference lies outside of what you count as none.",
    "exact": "Sure: {metrics} cannot vary from run to run, so one pair of runs decides.",
    "partly": "What is said here is sure at {level}. Still open after {pairs} of at most {most} pairs of runs: {open}.",
    "open": "Not sure yet: after {pairs} of at most {most} pairs of runs this is still open: {open}.",
    "spent": "Not sure: all {pairs} pairs of runs are used up, and this stayed open: {open}.",
}
_FAIRNESS = {
    "": "",
    "_tuned": " Each side had its own best learning rate, {rate} here and {base_rate} there, found with equal effort.",
    "_untuned": " Both sides used the same learning rate; with its own best one, either may do better.",
    "_same_runs": " Both sides are the same trained models, so that nothing but this step lies between them.",
}

SENTENCES: dict[str, str] = {
    **{f"benefit_{key}": text for key, text in _BETTER.items()},
    **{f"benefit_{key}_more": f"{text} Also better: {{others}}." for key, text in _BETTER.items()},
    **{f"cost_{key}": text for key, text in _WORSE.items()},
    **{f"cost_{key}_more": f"{text} Also worse: {{others}}." for key, text in _WORSE.items()},
    **{f"confidence_{key}{also}": text + more for key, text in _CONFIDENCE.items() for also, more in _FAIRNESS.items()},
    "benefit_diverged": "Nothing is gained: its training diverged, and no run of it came to an end.",
    "benefit_failed": "Nothing is gained: no run of it came to an end.",
    "benefit_waiting": "Nothing can be said yet: no seed has been run on both sides.",
    "benefit_incomparable": "Nothing can be said: what was measured on the two sides cannot be compared.",
    "benefit_open": "No gain is certain yet. Still open: {open}.",
    "benefit_same": "It makes no measurable difference here, neither for better nor for worse.",
    "benefit_none": "Nothing that was compared got better.",
    "cost_no_result": "What its runs took brought no result.",
    "cost_waiting": "What it costs is not known yet.",
    "cost_incomparable": "What it costs is not known.",
    "cost_open": "No cost is certain yet. Still open: {open}.",
    "cost_none_seen": "No cost could be measured. Differences this large would have shown: {seen}.",
    "cost_none": "Nothing that was compared got worse.",
    "confidence_none": "No pair of runs could be compared, so that nothing is certain.",
    "no_difference": "Without a measurable difference, and what would have shown: {seen}.",
    "next_lower_rate": "Try it with a learning rate of {rate}: a training that diverges is most often too fast.",
    "next_lower": "Try it with a lower learning rate: a training that diverges is most often too fast.",
    "next_failure": "Open the run that failed and read why it ended; then start it again.",
    "next_wait": "Wait for the first pair of runs.",
    "next_alike": "Run both sides again on the same text, on the same device and for the same number of tokens.",
    "next_more_seeds": "Let it go on: each further seed narrows what is still open, up to {most} of them.",
    "next_raise_seeds": "Allow up to {most} seeds: what is still open needs more of them.",
    "next_accept": "Leave it open: a difference that so many seeds cannot show hardly matters. This would have shown: "
    "{seen}.",
    "next_tune": "Let each side find its own best learning rate first: what looks like a cost may be a rate that does "
    "not suit it.",
    "next_longer": "Train for {steps} steps or more: only from there on is the time that it takes at the start won "
    "back.",
    "next_doses": "Ask how far it can go: sweep {dose} and look for the last value that costs nothing.",
    "next_further": "Ask how far it can go: it cost nothing here, so sweep {dose} for more of the same.",
    "next_weigh": "Weigh the one against the other in the trade-off chart: {gain} for {loss}.",
    "next_keep": "Keep it, make it the new baseline, and try the next technique against it.",
    "next_leave": "Leave it off here. Of a larger model or a longer training this says nothing.",
    "next_leave_same": "Leave it off here: what changes nothing can only get in the way. On a larger model or in a "
    "longer training that may be different.",
    "left_out_diverged": "{side}: {count} of its runs diverged (seeds {seeds}). They are not averaged in.",
    "left_out_failed": "{side}: {count} of its runs failed (seeds {seeds}). They are not averaged in.",
    "left_out_vanished": "{side}: {count} of its runs were cut off (seeds {seeds}). They are not averaged in.",
    "left_out_stopped": "{side}: {count} of its runs were stopped before their end (seeds {seeds}). They are not "
    "averaged in.",
}
